/** @file Eigenvalues where rounding is all that is left: matrices of low rank. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRandom } from '../../src/data/seeded-random.js';
import { symmetricEigenvalues } from '../../src/evaluation/symmetric-eigen.js';

/** Inner products of `size` vectors of which only `rank` differ, of very different lengths. */
function gram(size: number, rank: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  const vectors = Array.from({ length: rank }, () => {
    const length = 10 ** random.uniform(-6, 3);
    return Array.from({ length: 12 }, () => length * random.normal());
  });
  const drawn = Array.from({ length: size }, () => vectors[random.integer(0, rank - 1)]!);
  return Float64Array.from({ length: size * size }, (_, at) => {
    const [a, b] = [drawn[Math.floor(at / size)]!, drawn[at % size]!];
    return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  });
}

it('adds up to the trace, however few of the vectors differ', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 40 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer(),
      (size, rank, seed) => {
        const matrix = gram(size, rank, seed);
        let trace = 0;
        for (let i = 0; i < size; i++) trace += matrix[i * size + i]!;
        const sum = symmetricEigenvalues(matrix, size).reduce((total, value) => total + value, 0);
        // each of at most 40 values is exact to a few units in the last place of the largest
        expect(Math.abs(sum - trace)).toBeLessThan(1e-12 * trace);
      },
    ),
  );
});
