import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  confusionTable,
  fitNormal,
  frechetDistance,
  frechetDistanceOf,
  inceptionScore,
  meanKlDivergence,
  rankClasses,
  symmetricEigen,
  topKAccuracy,
} from '../../src/evaluation/index.js';
import { golden, lcgNoise } from './golden-metrics.js';

/** Rows of running sums of noise, times a scale, plus an offset. */
function walks(count: number, width: number, seed: number, scale: number, offset: number): Float64Array {
  const data = lcgNoise(count * width, seed);
  for (let at = 0; at < data.length; at++) if (at % width !== 0) data[at]! += data[at - 1]!;
  return data.map((value) => value * scale + offset);
}

describe('frechetDistance', () => {
  it.each(golden.frechet)('equals scipy, $counts vectors of $width', ({ counts, width, distance }) => {
    const a = { width, data: walks(counts[0], width, 1, 1, 0) };
    const b = { width, data: walks(counts[1], width, 2, 1.3, 0.2) };
    // Doubles on both sides; where the covariances are singular, roots of rounding errors of 1e-15 add up to 1e-7.
    expect(Math.abs(frechetDistanceOf(a, b) / distance - 1)).toBeLessThan(1e-6);
    expect(Math.abs(frechetDistanceOf(b, a) / distance - 1)).toBeLessThan(1e-6);
  });

  it('is the squared shift for a moved copy, and 0 for the same set', () => {
    const data = walks(60, 8, 4, 1, 0);
    const fit = fitNormal({ width: 8, data });
    const moved = fitNormal({ width: 8, data: data.map((value, at) => value + (at % 8 === 3 ? 2.5 : 0)) });
    expect(frechetDistance(fit, fit)).toBeCloseTo(0, 6);
    expect(frechetDistance(fit, moved)).toBeCloseTo(6.25, 6);
  });

  it('refuses widths that differ, and single vectors', () => {
    const fit = fitNormal({ width: 2, data: Float32Array.of(1, 2, 3, 5) });
    const other = fitNormal({ width: 1, data: Float32Array.of(1, 2, 3) });
    expect(() => frechetDistance(fit, other)).toThrow(/vectors of 2 against vectors of 1/);
    expect(() => fitNormal({ width: 3, data: new Float32Array(3) })).toThrow(/two or more/);
  });
});

describe('symmetricEigen', () => {
  it('has the eigenvalues of numpy', () => {
    const { values } = symmetricEigen(Float64Array.from(golden.eigen.matrix), 9);
    for (const [at, value] of golden.eigen.values.entries()) {
      expect(values[at]).toBeCloseTo(value, 9); // inputs have 12 decimals
    }
  });

  it('puts the matrix together again, from orthonormal vectors', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 1e6 }), (size, seed) => {
        const noise = lcgNoise(size * size, seed);
        const isSparse = seed % 3 === 0; // repeated and zero eigenvalues too
        const entry = (row: number, column: number) => {
          const value = noise[Math.min(row, column) * size + Math.max(row, column)]!;
          return isSparse ? Math.round(value) : value;
        };
        const matrix = Float64Array.from({ length: size * size }, (_, at) =>
          entry(Math.floor(at / size), at % size),
        );
        const { values, vectors } = symmetricEigen(matrix, size);
        for (let row = 0; row < size; row++) {
          for (let column = 0; column < size; column++) {
            let rebuilt = 0;
            let product = 0;
            for (let k = 0; k < size; k++) {
              rebuilt += values[k]! * vectors[k * size + row]! * vectors[k * size + column]!;
              product += vectors[row * size + k]! * vectors[column * size + k]!;
            }
            expect(Math.abs(rebuilt - matrix[row * size + column]!)).toBeLessThan(1e-12 * size);
            expect(Math.abs(product - (row === column ? 1 : 0))).toBeLessThan(1e-12 * size);
          }
        }
      }),
    );
  });

  it('refuses numbers that are not finite', () => {
    expect(() => symmetricEigen(Float64Array.of(1, Number.NaN, 0, 1), 2)).toThrow(/finite/);
  });
});

describe('class distributions', () => {
  const { real, fake, truth } = golden.classes;

  it('have the divergences and inception scores of numpy', () => {
    expect(meanKlDivergence(real, fake)).toBeCloseTo(golden.classes.kl, 9);
    expect(meanKlDivergence(real, fake, { epsilon: 1e-6 })).toBeCloseTo(golden.classes.klEpsilon, 9);
    for (const [splits, expected] of [
      [1, golden.classes.inception1],
      [4, golden.classes.inception4],
    ] as const) {
      const score = inceptionScore(fake, splits);
      expect(score.mean).toBeCloseTo(expected[0], 9);
      expect(score.deviation).toBeCloseTo(expected[1], 9);
    }
  });

  it('are the same for logits moved by a constant, even far', () => {
    const moved = fake.map((row) => row.map((value) => value + 5000));
    expect(meanKlDivergence(real, moved)).toBeCloseTo(golden.classes.kl, 9);
  });

  it('have the accuracies and confusions of scikit-learn', () => {
    expect(topKAccuracy(fake, truth)).toBeCloseTo(golden.classes.top1, 12);
    expect(topKAccuracy(fake, truth, 3)).toBeCloseTo(golden.classes.top3, 12);
    const table = confusionTable(fake, truth, ['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    expect(table.counts).toEqual(golden.classes.confusion);
    expect(table.accuracy).toBeCloseTo(golden.classes.top1, 12);
    const present = golden.classes.confusion.filter((row) => row.some((count) => count > 0));
    expect(table.recall.filter((value) => value !== null)).toHaveLength(present.length);
  });

  it('rank the lower index first among equals', () => {
    expect(rankClasses([1, 3, 3, 2])).toEqual([1, 2, 3, 0]);
  });

  it('refuse lists that do not fit', () => {
    expect(() => meanKlDivergence(real, fake.slice(1))).toThrow(/20 references against 19/);
    expect(() => inceptionScore(fake, 21)).toThrow(/21 splits/);
    expect(() => topKAccuracy([], [])).toThrow(/0 clips/);
    expect(() => confusionTable(fake, truth, ['a'])).toThrow(/confusion/);
  });
});
