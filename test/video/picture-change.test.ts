import { expect, it } from 'vitest';
import { pictureChange } from '../../src/video/picture-change.js';
import type { RgbFrame } from '../../src/video/rgb-frame.js';

function plain(red: number, green: number, blue: number, width = 8): RgbFrame {
  const data = Uint8Array.from({ length: 3 * width * 6 }, (_, i) => [red, green, blue][i % 3]!);
  return { timeSeconds: 0, sourceTimeSeconds: 0, width, height: 6, data };
}

it('is the difference of luma, whichever picture comes first', () => {
  expect(pictureChange(plain(10, 10, 10), plain(10, 10, 10))).toBe(0);
  expect(pictureChange(plain(0, 0, 0), plain(255, 255, 255))).toBeCloseTo(255, 6);
  expect(pictureChange(plain(100, 0, 0), plain(0, 0, 0))).toBeCloseTo(30, 0);
  expect(pictureChange(plain(0, 0, 0), plain(100, 0, 0))).toBeCloseTo(30, 0);
});

it('grows with the part of the picture that changes', () => {
  const half = plain(0, 0, 0);
  half.data.fill(255, 0, half.data.length / 2);
  const change = pictureChange(plain(0, 0, 0), half);
  expect(change).toBeGreaterThan(100);
  expect(change).toBeLessThan(200);
});

it('is complete between pictures of different sizes', () => {
  expect(pictureChange(plain(0, 0, 0), plain(0, 0, 0, 10))).toBe(255);
});
