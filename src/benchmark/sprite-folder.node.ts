/** @file Further sprites from a folder, such as 3D renders of a package of emoji, beside the prepared pictures. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bitmap } from '../data/compositing.js';
import type { PictureStore } from '../data/picture-store.node.js';
import { loadPictureDecoder, trimTransparent } from '../data/prepare-pictures.node.js';
import { SCENE_SUBJECTS } from '../data/scene-subjects.js';
import { FoleyError } from '../errors/foley-error.js';
import type { Sprite } from './picture-domains.js';

export interface SpriteFolder {
  /** What these sprites are, e.g. "3D render". */
  readonly domain: string;
  readonly folder: string;
}

export interface SpriteSet {
  readonly domain: string;
  readonly sprites: readonly Sprite[];
  readonly bitmaps: ReadonlyMap<string, Bitmap>;
}

/**
 * Rows of a table with a header line and tabs between its columns.
 *
 * @throws FoleyError `input-missing`, `input-rejected` for another header or a row of another length
 */
export async function readColumns(path: string, columns: readonly string[]): Promise<string[][]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new FoleyError('input-missing', `${path} cannot be read`, { cause });
  });
  const [head, ...rows] = text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
  if (head?.join('\t') !== columns.join('\t')) {
    throw new FoleyError(
      'input-rejected',
      `${path}: the first line must name the columns ${columns.join(', ')}`,
    );
  }
  const odd = rows.findIndex((row) => row.length !== columns.length);
  if (odd >= 0) {
    throw new FoleyError(
      'input-rejected',
      `${path}: line ${odd + 2} does not have ${columns.length} columns`,
    );
  }
  return rows;
}

/**
 * Reads the sprites that a list (columns `name` and `subject`) names: `<name>.*` or `<name>-fe0f.*` in the folder.
 *
 * @throws FoleyError `platform-missing` without the decoder; `input-missing` for a folder without any of them;
 *   `input-rejected` for a subject that is not known or a picture that cannot be read
 */
export async function readSprites({ domain, folder }: SpriteFolder, listFile: string): Promise<SpriteSet> {
  const rows = await readColumns(listFile, ['name', 'subject']);
  const files = await readdir(folder).catch((): string[] => []);
  const decode = await loadPictureDecoder();
  const sprites: Sprite[] = [];
  const bitmaps = new Map<string, Bitmap>();
  for (const [name, subject] of rows as [string, string][]) {
    if (!SCENE_SUBJECTS.some(({ id }) => id === subject)) {
      throw new FoleyError('input-rejected', `${listFile}: "${subject}" is no subject of scenes`);
    }
    const file = files.find((entry) => isPictureOf(entry, name));
    if (file === undefined) continue;
    const id = `${domain}:${name}`;
    const picture = trimTransparent(
      await decode(await readFile(join(folder, file)), { id, kind: 'sprite' }),
      id,
    );
    bitmaps.set(id, { ...picture, channels: 4 });
    sprites.push({ id, subjects: [subject], width: picture.width, height: picture.height });
  }
  if (sprites.length === 0) {
    throw new FoleyError('input-missing', `${folder} holds none of the pictures that ${listFile} names`);
  }
  return { domain, sprites, bitmaps };
}

function isPictureOf(file: string, name: string): boolean {
  return ['webp', 'png', 'svg'].some((kind) => file === `${name}.${kind}` || file === `${name}-fe0f.${kind}`);
}

/** The prepared pictures and further ones in one store. */
export function joinedStore(pictures: PictureStore, sets: readonly SpriteSet[]): PictureStore {
  return {
    index: pictures.index,
    load: async (id) => {
      for (const { bitmaps } of sets) {
        const bitmap = bitmaps.get(id);
        if (bitmap !== undefined) return bitmap;
      }
      return pictures.load(id);
    },
  };
}
