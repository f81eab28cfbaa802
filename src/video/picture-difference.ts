/** @file How much two pictures differ where they differ most: the measure by which frames count as the same. */
import type { RgbFrame } from './rgb-frame.js';

const blockPixels = 16;

/**
 * The largest mean absolute difference over blocks of 16 x 16 pixels and all colours, 0..255. Blocks, since a small
 * thing that moves hardly changes the mean of a whole picture.
 * @param enough where the search may end: a result above it is not necessarily the largest
 * @returns infinity for pictures of different sizes
 */
export function largestBlockDifference(a: RgbFrame, b: RgbFrame, enough = Number.POSITIVE_INFINITY): number {
  const { width, height } = a;
  if (width !== b.width || height !== b.height) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let top = 0; top < height; top += blockPixels) {
    for (let left = 0; left < width; left += blockPixels) {
      const rows = Math.min(blockPixels, height - top);
      const columns = Math.min(blockPixels, width - left);
      let sum = 0;
      for (let row = top; row < top + rows; row++) {
        const start = 3 * (row * width + left);
        for (let at = start; at < start + 3 * columns; at++) sum += Math.abs(a.data[at]! - b.data[at]!);
      }
      largest = Math.max(largest, sum / (3 * rows * columns));
      if (largest > enough) return largest;
    }
  }
  return largest;
}
