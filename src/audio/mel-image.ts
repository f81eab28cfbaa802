/** @file Log-mel to picture and back: values in 0..1, the published vertical flip, and widths. */
import { FoleyError } from '../errors/foley-error.js';
import { type Mel, silentLogMel } from './mel-spectrogram.js';

/** A mel scaled to 0..1, one channel. Silence is exactly 0. */
export interface MelImage {
  readonly bands: number;
  readonly columns: number;
  /** `[bands, columns]` */
  readonly data: Float32Array;
}

/** The log-mel that becomes 1: a magnitude of 200. A wave within -1..1 stays well below it. */
export const loudestLogMel = Math.log(200);

const range = loudestLogMel - silentLogMel;

/** (x - ln 1e-5) / (ln 200 - ln 1e-5). Lowest band first, as in the mel; not clamped. */
export function melToImage(mel: Mel): MelImage {
  return {
    bands: mel.bands,
    columns: mel.columns,
    data: mel.data.map((value) => (value - silentLogMel) / range),
  };
}

/** The inverse of `melToImage`. */
export function imageToMel(image: MelImage): Mel {
  return {
    bands: image.bands,
    columns: image.columns,
    data: image.data.map((value) => value * range + silentLogMel),
  };
}

/** Upside down: the published models see the highest band in the first row. Its own inverse. */
export function flipBands(image: MelImage): MelImage {
  const { bands, columns } = image;
  const data = new Float32Array(image.data.length);
  for (let band = 0; band < bands; band++) {
    data.set(image.data.subarray(band * columns, (band + 1) * columns), (bands - 1 - band) * columns);
  }
  return { bands, columns, data };
}

/** Exactly `columns` columns: cut at the end, or padded there with 0, which is silence (Auffusion utils.py 16-28). */
export function fitColumns(image: MelImage, columns: number): MelImage {
  return cutColumns(image, 0, columns);
}

/** Columns `start` to `start + columns`; what lies beyond the image is silence. */
export function cutColumns(image: MelImage, start: number, columns: number): MelImage {
  if (!Number.isInteger(start) || start < 0 || !Number.isInteger(columns) || columns < 0) {
    throw new FoleyError('input-rejected', `cannot take ${columns} mel columns from column ${start}`);
  }
  const data = new Float32Array(image.bands * columns);
  for (let band = 0; band < image.bands; band++) {
    const row = band * image.columns;
    const end = Math.min(start + columns, image.columns);
    if (end > start) data.set(image.data.subarray(row + start, row + end), band * columns);
  }
  return { bands: image.bands, columns, data };
}
