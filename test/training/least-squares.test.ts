import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/data/seeded-random.js';
import { LeastSquares } from '../../src/training/least-squares.js';

const [inputs, outputs] = [4, 3];

/** Pairs of a linear map, and the map, `[inputs, outputs]`. */
function linearPairs(seed: number, count: number) {
  const random = seededRandom(`least-squares/${seed}`);
  const draw = (length: number) => Float32Array.from({ length }, () => random.normal());
  const map = draw(inputs * outputs);
  const pairs = Array.from({ length: count }, () => {
    const input = draw(inputs);
    const output = Float32Array.from({ length: outputs }, (_, j) =>
      input.reduce((sum, x, i) => sum + x * map[i * outputs + j]!, 0),
    );
    return { input, output };
  });
  return { map, pairs };
}

describe('LeastSquares', () => {
  it('finds the map that made the pairs, whatever they weigh', () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.array(fc.double({ min: 0.1, max: 9, noNaN: true }), { minLength: 12 }),
        (seed, weights) => {
          const { map, pairs } = linearPairs(seed, 12);
          const fit = new LeastSquares(inputs, outputs);
          pairs.forEach(({ input, output }, at) => {
            fit.add(input, output, weights[at]);
          });
          // inputs are float32, and a drawn set may be nearly flat
          fit.solve(0).forEach((value, at) => {
            expect(value).toBeCloseTo(map[at]!, 3);
          });
        },
      ),
      { numRuns: 50 },
    );
  });

  it('takes a weight of two as the pair twice, and no output as zeros', () => {
    const { pairs } = linearPairs(1, 6);
    const [weighted, twice] = [new LeastSquares(inputs, outputs), new LeastSquares(inputs, outputs)];
    for (const { input, output } of pairs) {
      weighted.add(input, output, 2);
      twice.add(input, output);
      twice.add(input, output);
    }
    weighted.add(pairs[0]!.input, null);
    twice.add(pairs[0]!.input, new Float32Array(outputs));
    const wanted = twice.solve(0.1);
    weighted.solve(0.1).forEach((value, at) => {
      expect(value).toBeCloseTo(wanted[at]!, 12); // sums in another order
    });
    expect(weighted.meanSquare).toBeCloseTo(twice.meanSquare, 9);
  });

  it('shrinks with the ridge, and keeps what was added for another', () => {
    const { pairs } = linearPairs(2, 8);
    const fit = new LeastSquares(inputs, outputs);
    for (const { input, output } of pairs) fit.add(input, output);
    const length = (values: Float64Array) => Math.hypot(...values);
    const [free, held] = [fit.solve(0), fit.solve(fit.meanSquare)];
    expect(length(held)).toBeLessThan(0.8 * length(free));
    expect([...fit.solve(0)]).toEqual([...free]);
  });

  it('refuses inputs that leave the coefficients open', () => {
    const fit = new LeastSquares(inputs, outputs);
    fit.add(Float32Array.of(1, 2, 0, 0), new Float32Array(outputs));
    expect(() => fit.solve(0)).toThrow(/too few different inputs/);
  });
});
