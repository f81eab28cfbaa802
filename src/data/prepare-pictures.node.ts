/** @file Collects the pictures of scenes from unpacked Debian packages into one folder of PNG files with an index. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { z } from 'zod';
import { FoleyError } from '../errors/foley-error.js';
import { writeFileAtomic } from '../files/atomic-file.node.js';
import {
  folderOf,
  type PictureIndex,
  type PreparedPicture,
  pathInPackage,
  type WantedPicture,
  wantedPictures,
} from './picture-index.js';
import { type QtResource, readQtResource } from './qt-resource.node.js';

export const preparePicturesOptions = z.strictObject({
  /** Folder with one sub-folder for each package, as `dpkg -x` leaves it. */
  packagesFolder: z.string().min(1),
  outFolder: z.string().min(1),
});
export type PreparePicturesOptions = z.infer<typeof preparePicturesOptions>;

/** Longest side of a stored sprite, and width and height of a stored background, in pixels. */
const spritePixels = 400;
const backgroundPixels = { width: 640, height: 480 };

/** RGBA pixels, 8 bits, rows top-down. */
interface Rgba {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * Writes the pictures and `index.json`. Pictures whose package is not there are left out and returned as missing, since
 * each package can be had or not.
 * @throws FoleyError `platform-missing` without the decoder, `input-rejected` for a picture that cannot be read
 */
export async function preparePictures(
  options: PreparePicturesOptions,
  onProgress?: (done: number, total: number) => void,
): Promise<{ readonly index: PictureIndex; readonly missing: readonly string[] }> {
  const { packagesFolder, outFolder } = preparePicturesOptions.parse(options);
  const decode = await loadPictureDecoder();
  await mkdir(outFolder, { recursive: true });
  const resources = new Map<string, readonly QtResource[]>();
  const wanted = wantedPictures();
  const pictures: PreparedPicture[] = [];
  const missing: string[] = [];
  for (const [index, want] of wanted.entries()) {
    const bytes = await readPicture(want.id, packagesFolder, resources);
    if (bytes === null) missing.push(want.id);
    else pictures.push(await storePicture(want, await decode(bytes, want), outFolder));
    onProgress?.(index + 1, wanted.length);
  }
  const index: PictureIndex = { format: 'smooth-foley.pictures/1', pictures };
  await writeFileAtomic(join(outFolder, 'index.json'), Buffer.from(`${JSON.stringify(index, null, 1)}\n`));
  return { index, missing };
}

async function storePicture(want: WantedPicture, decoded: Rgba, outFolder: string): Promise<PreparedPicture> {
  const picture = want.kind === 'sprite' ? trimTransparent(decoded, want.id) : decoded;
  const file = `${want.id.replace(/\.\w+$/, '').replaceAll(/[^A-Za-z0-9-]+/g, '_')}.png`;
  const channels = want.kind === 'sprite' ? 4 : 3;
  const png = encode({
    ...picture,
    data: channels === 4 ? picture.data : withoutAlpha(picture.data),
    channels,
    depth: 8,
  });
  await writeFileAtomic(join(outFolder, file), png);
  const { package: name, version, licence } = folderOf(want.id);
  return {
    ...want,
    file,
    width: picture.width,
    height: picture.height,
    package: name,
    version,
    licence,
    pathInPackage: pathInPackage(want.id),
  };
}

/** The bytes of a picture, from the package's folder or from its resource file; null where the package is not there. */
async function readPicture(
  id: string,
  packagesFolder: string,
  resources: Map<string, readonly QtResource[]>,
): Promise<Uint8Array | null> {
  const folder = folderOf(id);
  const root = join(packagesFolder, folder.package);
  if (folder.resourceFile === null) return readOrNull(join(root, pathInPackage(id)));
  const resourcePath = join(root, folder.resourceFile);
  let files = resources.get(resourcePath);
  if (files === undefined) {
    const bytes = await readOrNull(resourcePath);
    files = bytes === null ? [] : readQtResource(bytes, resourcePath);
    resources.set(resourcePath, files);
  }
  return files.find((file) => file.path === pathInPackage(id))?.read() ?? null;
}

async function readOrNull(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new FoleyError('input-rejected', `${path} cannot be read`, { cause: thrown });
  }
}

/** Brings a picture to the size of its kind. @throws FoleyError `input-rejected` */
export type PictureDecoder = (bytes: Uint8Array, want: Pick<WantedPicture, 'id' | 'kind'>) => Promise<Rgba>;

/**
 * PNG, JPEG, WebP, GIF and SVG through sharp, which only people who prepare pictures need.
 *
 * @throws FoleyError `platform-missing` without it
 */
export async function loadPictureDecoder(): Promise<PictureDecoder> {
  let sharp: typeof import('sharp')['default'];
  try {
    sharp = (await import('sharp')).default;
  } catch (cause) {
    throw new FoleyError('platform-missing', 'preparing pictures needs the package sharp', {
      hint: 'Install it with: npm install --no-save sharp@0.35.5',
      cause,
    });
  }
  return async (bytes, want) => {
    try {
      const size =
        want.kind === 'sprite'
          ? ({ width: spritePixels, height: spritePixels, fit: 'inside' } as const)
          : ({ ...backgroundPixels, fit: 'cover' } as const);
      const { data, info } = await sharp(bytes, { density: 150 })
        .resize({ ...size, withoutEnlargement: want.kind === 'sprite' })
        .ensureAlpha()
        .toColourspace('srgb')
        .raw()
        .toBuffer({ resolveWithObject: true });
      return { width: info.width, height: info.height, data: new Uint8Array(data) };
    } catch (cause) {
      throw new FoleyError('input-rejected', `picture "${want.id}" cannot be decoded`, { cause });
    }
  };
}

/** Cuts away fully transparent borders. @throws FoleyError `input-rejected` for a picture without any visible pixel */
export function trimTransparent(picture: Rgba, name: string): Rgba {
  let [left, top, right, bottom] = [picture.width, picture.height, -1, -1];
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++) {
      if (picture.data[4 * (y * picture.width + x) + 3]! < 16) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  if (right < 0) throw new FoleyError('input-rejected', `picture "${name}" is empty`);
  const width = right - left + 1;
  const height = bottom - top + 1;
  const data = new Uint8Array(4 * width * height);
  for (let y = 0; y < height; y++) {
    const start = 4 * ((top + y) * picture.width + left);
    data.set(picture.data.subarray(start, start + 4 * width), 4 * y * width);
  }
  return { width, height, data };
}

function withoutAlpha(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let pixel = 0; pixel < rgba.length / 4; pixel++) {
    rgb[3 * pixel] = rgba[4 * pixel]!;
    rgb[3 * pixel + 1] = rgba[4 * pixel + 1]!;
    rgb[3 * pixel + 2] = rgba[4 * pixel + 2]!;
  }
  return rgb;
}
