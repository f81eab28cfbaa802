/** @file Mel images that are varied while the tagger is trained. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/data/seeded-random.js';
import { changeLevel, varyMel } from '../../src/training/mel-augmentation.js';

const bands = 64;
const columns = 100;
const grey = (value: number) => new Float32Array(bands * columns).fill(value);
const varied = (image: Float32Array, seed: string | number) => {
  const copy = image.slice();
  varyMel(copy, bands, seededRandom(seed));
  return copy;
};

describe('varyMel', () => {
  it('depends on the seed alone', () => {
    expect(varied(grey(0.5), 1)).toEqual(varied(grey(0.5), 1));
    expect(varied(grey(0.5), 1)).not.toEqual(varied(grey(0.5), 2));
  });

  it('leaves silence silent, and what sounds within 0..1', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0, max: 1, noNaN: true }), (seed, value) => {
        const image = grey(value);
        image.fill(0, 0, 300);
        const result = varied(image, seed);
        expect(result.subarray(0, 300).every((one) => one === 0)).toBe(true);
        expect(result.every((one) => one >= 0 && one <= 1)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('changes each band by one gain, of 67 dB at most, and hides one stripe each way of 15 % at most', () => {
    for (let seed = 0; seed < 50; seed++) {
      const result = varied(grey(0.5), seed);
      const rows = Array.from({ length: bands }, (_, band) =>
        Array.from(result.subarray(band * columns, (band + 1) * columns)),
      );
      const hiddenColumns = rows[0]!.map((_, column) => rows.every((row) => row[column] === 0));
      expect(hiddenColumns.filter(Boolean).length).toBeLessThanOrEqual(0.15 * columns);
      const hiddenBands = rows.filter((row) => row.every((value) => value === 0));
      expect(hiddenBands.length).toBeLessThanOrEqual(0.15 * bands);
      for (const row of rows) {
        const shown = new Set(row.filter((_, column) => !hiddenColumns[column]));
        expect(shown.size).toBe(1);
        const [value] = shown as unknown as [number];
        // level 8, slope 5, wave 4 and treble 40 dB, of 16.8 nats of 8.7 dB
        if (value !== 0) expect(Math.abs(value - 0.5) * 16.8 * 8.69).toBeLessThanOrEqual(67);
      }
    }
  });
});

describe('changeLevel', () => {
  it('moves what sounds by the gain, down to silence and no further, and leaves silence alone', () => {
    const image = Float32Array.of(0, 0.25, 0.5);
    changeLevel(image, -0.375);
    expect([...image]).toEqual([0, 0, 0.125]);
    changeLevel(image, 0.25);
    expect([...image]).toEqual([0, 0, 0.375]);
  });
});
