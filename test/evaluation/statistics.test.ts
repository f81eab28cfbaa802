import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bootstrapInterval,
  correlation,
  mean,
  median,
  pairedPermutationTest,
  quantile,
} from '../../src/evaluation/index.js';
import { golden, lcgNoise } from './golden-metrics.js';

const { a, b } = golden.statistics;

describe('statistics', () => {
  it('have the quantiles and the correlation of numpy', () => {
    [0, 0.1, 0.5, 0.77, 1].forEach((share, at) => {
      expect(quantile(a, share)).toBeCloseTo(golden.statistics.quantiles[at]!, 11);
    });
    expect(median(a)).toBe(quantile(a, 0.5));
    expect(correlation(a, b)).toBeCloseTo(golden.statistics.correlation, 11);
  });

  it('give no correlation where nothing varies', () => {
    expect(correlation([1, 1, 1], [1, 2, 3])).toBeNull();
    expect(correlation([1], [2])).toBeNull();
    expect(() => mean([])).toThrow(/no values/);
  });
});

describe('bootstrapInterval', () => {
  it('agrees with scipy for the mean', () => {
    const [low, high] = golden.statistics.meanInterval;
    const found = bootstrapInterval(a, mean, { confidence: 0.9, resamples: 50_000 });
    // Both are Monte Carlo: ends of 90 % intervals of 50,000 resamples vary by about 0.5 % of the width.
    expect(Math.abs(found.low - low)).toBeLessThan(0.02 * (high - low));
    expect(Math.abs(found.high - high)).toBeLessThan(0.02 * (high - low));
    expect(found.estimate).toBe(mean(a));
  });

  it('repeats itself for a seed, and brackets the median', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 1, maxLength: 30 }),
        (values) => {
          const first = bootstrapInterval(values, median, { resamples: 300, seed: 5 });
          const second = bootstrapInterval(values, median, { resamples: 300, seed: 5 });
          expect(second).toEqual(first);
          expect(first.low).toBeLessThanOrEqual(first.estimate);
          expect(first.high).toBeGreaterThanOrEqual(first.estimate);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('refuses no values and impossible confidence', () => {
    expect(() => bootstrapInterval([])).toThrow(/no values/);
    expect(() => bootstrapInterval([1], median, { confidence: 1 })).toThrow(/confidence/);
  });
});

describe('pairedPermutationTest', () => {
  it('has the exact p value of scipy', () => {
    const result = pairedPermutationTest(a, b);
    expect(result.isExact).toBe(true);
    expect(result.pValue).toBeCloseTo(golden.statistics.pValue, 12);
  });

  it('comes near it when it draws sign patterns', () => {
    const result = pairedPermutationTest(a, b, { permutations: 2000, seed: 1 });
    expect(result.isExact).toBe(false);
    // Four standard deviations of a share estimated from 2000 draws.
    const deviation = Math.sqrt((golden.statistics.pValue * (1 - golden.statistics.pValue)) / 2000);
    expect(Math.abs(result.pValue - golden.statistics.pValue)).toBeLessThan(4 * deviation + 1 / 2000);
  });

  it('is sure of a constant gain, and of nothing for equal systems', () => {
    const base = [...lcgNoise(40, 3)];
    const better = base.map((value) => value + 1);
    // Nothing drawn is as far from 0 as what was seen, which counts as one of the 10,001 patterns.
    expect(pairedPermutationTest(better, base).pValue).toBeCloseTo(1 / 10_001, 12);
    expect(pairedPermutationTest(base, base).pValue).toBe(1);
    expect(() => pairedPermutationTest(base, [])).toThrow(/40 values against 0/);
  });
});
