/** @file Resizing against Pillow, bit for bit, and CLIP's preprocessing against transformers' recipe. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clipPreprocessing,
  preprocessImage,
  type RgbImage,
  resizeBicubic,
} from '../../src/models/image-preprocessing.js';
import { hashedUniform } from './hashed-weights.js';

type Size = readonly [width: number, height: number];
// python reference/encoders/images_golden.py test/golden/encoders
const golden = JSON.parse(
  readFileSync(new URL('../golden/encoders/images.json', import.meta.url), 'utf8'),
) as {
  readonly resize: readonly { readonly from: Size; readonly to: Size; readonly sha256: string }[];
  readonly clip: readonly {
    readonly from: Size;
    readonly mean: number;
    readonly values: readonly number[];
  }[];
};

/** The reference script's picture: hashed bytes, every third row black and white. */
function picture([width, height]: Size): RgbImage {
  const data = Uint8Array.from(hashedUniform(`${width}x${height}`, width * height * 3), (u) =>
    Math.floor(u * 256),
  );
  for (let y = 0; y < height; y += 3) {
    for (let i = 3 * y * width; i < 3 * (y + 1) * width; i++) data[i] = data[i]! < 128 ? 0 : 255;
  }
  return { width, height, data };
}

describe('resizeBicubic equals Pillow', () => {
  test.each(golden.resize)('$from to $to', ({ from, to: [width, height], sha256 }) => {
    const resized = resizeBicubic(picture(from), width, height);
    expect([resized.width, resized.height]).toEqual([width, height]);
    expect(createHash('sha256').update(resized.data).digest('hex')).toBe(sha256);
  });

  test('keeps a plain picture plain', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, side, side, fc.nat(255), (width, height, toWidth, toHeight, level) => {
        const plain = { width, height, data: new Uint8Array(3 * width * height).fill(level) };
        expect(new Set(resizeBicubic(plain, toWidth, toHeight).data)).toEqual(new Set([level]));
      }),
    );
  });
});

describe('preprocessImage', () => {
  test.each(golden.clip)('crops $from as CLIP does', ({ from, mean, values }) => {
    const into = new Float32Array(3 * 16 * 16);
    preprocessImage(picture(from), { ...clipPreprocessing, imageSize: 16 }, into);
    // float32 against float64: the values are below 3, half an ulp is 1.2e-7, and the two roundings add up
    expect(Math.abs(into.reduce((sum, value) => sum + value, 0) / into.length - mean)).toBeLessThan(1e-6);
    const sampled = into.filter((_, i) => i % 37 === 0);
    expect(Math.max(...sampled.map((value, i) => Math.abs(value - values[i]!)))).toBeLessThan(1e-6);
  });

  test('stretches the whole picture into view', () => {
    const wide = { width: 4, height: 2, data: new Uint8Array(24) };
    wide.data.fill(255, 9, 12); // the right end of the upper row
    wide.data.fill(255, 21, 24);
    const into = new Float32Array(12);
    const preprocessing = { imageSize: 2, mean: [0, 0, 0], deviation: [1, 1, 1] } as const;
    preprocessImage(wide, { ...preprocessing, fit: 'stretch' }, into);
    expect(into[1]).toBeGreaterThan(0.3);
    preprocessImage(wide, { ...preprocessing, fit: 'crop' }, into);
    expect(into[1]).toBe(0);
  });

  test('refuses a picture whose bytes do not fit its size', () => {
    const broken = { width: 2, height: 2, data: new Uint8Array(11) };
    expect(() => preprocessImage(broken, clipPreprocessing, new Float32Array(3 * 224 * 224))).toThrow(
      /2 x 2 has 11 bytes/,
    );
  });
});
