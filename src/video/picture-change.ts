/** @file How much one picture changes into the next, as a whole. */
import type { RgbFrame } from './rgb-frame.js';

/** Every so many-th pixel in both directions is looked at: what moves is larger. */
const stridePixels = 2;

/**
 * Mean absolute difference of luma, 0..255.
 * @returns 255 for pictures of different sizes: nothing of the one is in the other
 */
export function pictureChange(a: RgbFrame, b: RgbFrame): number {
  const { width, height } = a;
  if (width !== b.width || height !== b.height) return 255;
  let sum = 0;
  let count = 0;
  for (let row = 0; row < height; row += stridePixels) {
    for (let column = 0; column < width; column += stridePixels) {
      const at = 3 * (row * width + column);
      // Rec. 601 weights, in 256ths
      const luma =
        77 * (a.data[at]! - b.data[at]!) +
        150 * (a.data[at + 1]! - b.data[at + 1]!) +
        29 * (a.data[at + 2]! - b.data[at + 2]!);
      sum += Math.abs(luma);
      count++;
    }
  }
  return sum / (256 * count);
}
