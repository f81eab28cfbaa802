/** @file Reads prepared pictures: the index, and the pixels of single pictures, each decoded once. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { FoleyError } from '../errors/foley-error.js';
import type { Bitmap } from './compositing.js';
import { type PictureIndex, pictureIndex } from './picture-index.js';

export interface PictureStore {
  readonly index: PictureIndex;
  /** @throws FoleyError `input-missing` for an id that the index does not have or a file that is gone */
  load(id: string): Promise<Bitmap>;
}

/** Opens a folder that `preparePictures` wrote. @throws FoleyError `input-missing`, `input-rejected` */
export async function openPictures(folder: string): Promise<PictureStore> {
  const path = join(folder, 'index.json');
  const index = parseIndex(await readOrThrow(path), path);
  const loaded = new Map<string, Promise<Bitmap>>();
  const read = async (id: string): Promise<Bitmap> => {
    const picture = index.pictures.find((candidate) => candidate.id === id);
    if (picture === undefined) throw new FoleyError('input-missing', `${path}: no picture "${id}"`);
    const png = decode(await readOrThrow(join(folder, picture.file)));
    const channels = picture.kind === 'sprite' ? 4 : 3;
    if (png.channels !== channels || png.depth !== 8) {
      throw new FoleyError('input-rejected', `${picture.file}: expected ${channels} channels of 8 bits`);
    }
    return { width: png.width, height: png.height, channels, data: new Uint8Array(png.data) };
  };
  return {
    index,
    load(id) {
      let bitmap = loaded.get(id);
      if (bitmap === undefined) {
        bitmap = read(id);
        loaded.set(id, bitmap);
      }
      return bitmap;
    },
  };
}

function parseIndex(bytes: Uint8Array, path: string): PictureIndex {
  try {
    return pictureIndex.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    throw new FoleyError('input-rejected', `${path}: not an index of prepared pictures`, { cause });
  }
}

async function readOrThrow(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new FoleyError('input-missing', `${path} cannot be read`, {
      hint: 'Prepare the pictures first: smooth-foley data pictures',
      cause,
    });
  }
}
