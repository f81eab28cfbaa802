import { describe, expect, it } from 'vitest';
import { float32Log, float32SinCos, fusedMultiplyAdd } from '../../src/diffusion/float32-arithmetic.js';

const unit = 2 ** -23; // spacing of float32 just above 1

describe('fusedMultiplyAdd', () => {
  // The product is 2^-24 - 2^-70: in a double the sum lies exactly halfway between two floats, in truth it does not.
  const a = 1 + unit;
  const b = (1 - unit) * 2 ** -24;

  it.each([
    [a, b, 1 + unit, 1 + unit], // just below halfway: down, where half-to-even would go up
    [-a, b, 1 + unit, 1 + unit], // just above halfway: up, where half-to-even would go down
    [-a, b, -1 - unit, -1 - unit],
    [a, b, -1 - unit, -1 - unit],
  ])('rounds %s * %s + %s once', (x, y, z, expected) => {
    expect(fusedMultiplyAdd(x, y, z)).toBe(expected);
    expect(Math.fround(x * y + z)).not.toBe(expected);
  });

  it('keeps true halves even', () => {
    expect(fusedMultiplyAdd(1, 2 ** -24, 1)).toBe(1);
    expect(fusedMultiplyAdd(1, 2 ** -24, 1 + unit)).toBe(1 + 2 * unit);
  });
});

describe('float32Log and float32SinCos', () => {
  it('are within a few units in the last place of the true values', () => {
    for (let step = 1; step <= 4096; step++) {
      const share = Math.fround(step / 4096);
      // Cephes: relative error below 2^-23 for the logarithm; absolute error of about 1e-7 for sine and cosine.
      expect(Math.abs(float32Log(share) - Math.log(share))).toBeLessThanOrEqual(
        2 ** -22 * -Math.log(share) + 1e-12,
      );
      const angle = Math.fround(share * 2 * Math.PI);
      const { sin, cos } = float32SinCos(angle);
      expect(Math.abs(sin - Math.sin(angle))).toBeLessThan(2e-7);
      expect(Math.abs(cos - Math.cos(angle))).toBeLessThan(2e-7);
    }
  });
});
