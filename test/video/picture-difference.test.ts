import { describe, expect, it } from 'vitest';
import { largestBlockDifference } from '../../src/video/picture-difference.js';
import type { RgbFrame } from '../../src/video/rgb-frame.js';

const picture = (width: number, height: number, valueAt: (x: number, y: number) => number): RgbFrame => ({
  timeSeconds: 0,
  sourceTimeSeconds: 0,
  width,
  height,
  data: Uint8Array.from({ length: 3 * width * height }, (_, at) => {
    const pixel = Math.floor(at / 3);
    return valueAt(pixel % width, Math.floor(pixel / width));
  }),
});

describe('largest difference of a block', () => {
  const grey = picture(40, 20, () => 100);

  it('is 0 for equal pictures and the step for a brighter one', () => {
    expect(
      largestBlockDifference(
        grey,
        picture(40, 20, () => 100),
      ),
    ).toBe(0);
    expect(
      largestBlockDifference(
        grey,
        picture(40, 20, () => 103),
      ),
    ).toBe(3);
  });

  it('finds a small thing that the mean of the picture would hide', () => {
    // 4 x 4 of 16 x 16 pixels in one block differ by 80; in the whole picture that is a mean of 1.6
    const withDot = picture(40, 20, (x, y) => (x < 4 && y < 4 ? 180 : 100));
    expect(largestBlockDifference(grey, withDot)).toBe((16 * 80) / 256);
    expect(largestBlockDifference(withDot, grey)).toBe(5);
  });

  it('counts the smaller blocks at the edges by their own size', () => {
    // columns 32..39 and rows 16..19 make a block of 8 x 4
    const withCorner = picture(40, 20, (x, y) => (x >= 32 && y >= 16 ? 110 : 100));
    expect(largestBlockDifference(grey, withCorner)).toBe(10);
  });

  it('may stop at what is enough, and never calls pictures of two sizes alike', () => {
    expect(
      largestBlockDifference(
        grey,
        picture(40, 20, (x) => 100 + x),
        2,
      ),
    ).toBeGreaterThan(2);
    expect(
      largestBlockDifference(
        grey,
        picture(20, 40, () => 100),
      ),
    ).toBe(Number.POSITIVE_INFINITY);
  });
});
