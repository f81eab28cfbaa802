import type { Bitmap } from '../../src/data/compositing.js';
import { type PictureIndex, wantedPictures } from '../../src/data/picture-index.js';

/** An index with every picture of the tables, as if all had been prepared. */
export const fakePictureIndex: PictureIndex = {
  format: 'smooth-foley.pictures/1',
  pictures: wantedPictures().map((wanted) => ({
    ...wanted,
    file: 'none.png',
    width: 60,
    height: 40,
    package: 'none',
    version: '1',
    licence: wanted.id.startsWith('tux:') ? 'GPL-2.0-or-later' : 'CC0-1.0',
    pathInPackage: 'none',
  })),
};

/** One colour everywhere. */
export function plain(width: number, height: number, colour: readonly number[]): Bitmap {
  const channels = colour.length as 3 | 4;
  const data = Uint8Array.from(
    { length: width * height * channels },
    (_, index) => colour[index % channels]!,
  );
  return { width, height, channels, data };
}
