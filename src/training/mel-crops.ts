/** @file Mel images as networks read them: the encoder upside down in -1..1, the vocoder as logarithms. */
import { loudestLogMel } from '../audio/mel-image.js';
import { silentLogMel } from '../audio/mel-spectrogram.js';

/** A 0..1 image upside down and scaled to -1..1: what the encoder reads. */
export function imageForEncoder(image: Float32Array, bands: number, columns: number): Float32Array {
  const turned = new Float32Array(image.length);
  for (let band = 0; band < bands; band++) {
    const row = (bands - 1 - band) * columns;
    for (let c = 0; c < columns; c++) turned[row + c] = 2 * image[band * columns + c]! - 1;
  }
  return turned;
}

/** What a decoder made, as a 0..1 image with the lowest band first. */
export function imageOfEncoder(decoded: Float32Array, bands: number, columns: number): Float32Array {
  const image = new Float32Array(bands * columns);
  for (let band = 0; band < bands; band++) {
    const row = (bands - 1 - band) * columns;
    for (let c = 0; c < columns; c++) {
      image[band * columns + c] = Math.min(1, Math.max(0, decoded[row + c]! / 2 + 0.5));
    }
  }
  return image;
}

/** A 0..1 image as log-mel: what the vocoder reads. */
export function imageForVocoder(image: Float32Array): Float32Array {
  const mel = new Float32Array(image.length);
  const range = loudestLogMel - silentLogMel;
  for (let i = 0; i < image.length; i++) mel[i] = image[i]! * range + silentLogMel;
  return mel;
}
