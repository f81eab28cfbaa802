import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueAt } from '../../src/conditions/sampled-curve.js';

describe('a sampled curve', () => {
  it('is linear between its samples, and held beyond them', () => {
    const read = (seconds: number): number => valueAt([1, 2, 4], [10, 20, 0], seconds);
    expect([0, 1, 1.5, 2, 3, 4, 9].map(read)).toEqual([10, 10, 15, 20, 10, 0, 0]);
    expect(valueAt([3], [7], -1)).toBe(7);
  });
  it('stays between its lowest and highest value', () => {
    const finite = fc.double({ min: -1e3, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 20 }), finite, (values, seconds) => {
        const times = values.map((_, index) => index / 3);
        const value = valueAt(times, values, seconds);
        expect(value).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
        expect(value).toBeLessThanOrEqual(Math.max(...values) + 1e-9);
      }),
    );
  });
});
