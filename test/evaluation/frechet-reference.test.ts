import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/data/seeded-random.js';
import { type Embeddings, frechetDistanceOf } from '../../src/evaluation/frechet-distance.js';
import { frechetReference } from '../../src/evaluation/frechet-reference.js';
import { symmetricEigen, symmetricEigenvalues } from '../../src/evaluation/symmetric-eigen.js';

function cloud(seed: string, count: number, width: number, shift = 0): Embeddings {
  const random = seededRandom(seed);
  const data = Float64Array.from(
    { length: count * width },
    (_, index) => shift + random.normal() * (1 + (index % width)),
  );
  return { width, data };
}

/** Rows written out as often as their weight says. */
function repeated({ width, data }: Embeddings, weights: readonly number[]): Embeddings {
  const rows = weights.flatMap((weight, row) =>
    Array.from({ length: weight }, () => [...data.slice(row * width, (row + 1) * width)]),
  );
  return { width, data: Float64Array.from(rows.flat()) };
}

describe('frechetReference', () => {
  // the four combinations of more and fewer vectors than dimensions take different ways
  it.each([
    [30, 40, 6],
    [30, 5, 6],
    [5, 40, 6],
    [4, 5, 9],
  ])('gives the Fréchet distance for %i vectors against %i, of width %i', (count, of, width) => {
    const set = cloud('set', count, width, 0.5);
    const reference = cloud('reference', of, width);
    const expected = frechetDistanceOf(set, reference);
    // roots of eigenvalues that ought to be 0 are off by the root of the rounding, 1e-8 of the largest
    expect(frechetReference(reference).prepare(set).distance()).toBeCloseTo(expected, 5);
  });

  it('counts a weight like repeated vectors, on both sides', () => {
    const set = cloud('set', 8, 4);
    const reference = cloud('reference', 9, 4, 1);
    const setWeights = [2, 0, 1, 1, 3, 0, 1, 1];
    const referenceWeights = [1, 2, 1, 0, 1, 1, 4, 1, 1];
    const expected = frechetDistanceOf(repeated(set, setWeights), repeated(reference, referenceWeights));
    const found = frechetReference(reference, referenceWeights).prepare(set).distance(setWeights);
    expect(found).toBeCloseTo(expected, 5);
  });

  it('is 0 for the reference itself', () => {
    const set = cloud('set', 20, 5);
    expect(frechetReference(set).prepare(set).distance()).toBeLessThan(1e-6);
  });

  it('refuses vectors of another width and weights of another number', () => {
    const reference = frechetReference(cloud('a', 5, 3));
    expect(() => reference.prepare(cloud('b', 5, 4))).toThrow(/vectors of 4 against vectors of 3/);
    expect(() => reference.prepare(cloud('b', 5, 3)).distance([1, 1])).toThrow(/2 weights for 5/);
    expect(() => frechetReference(cloud('a', 1, 3))).toThrow(/two or more/);
  });
});

describe('symmetricEigenvalues', () => {
  it('are those of the whole decomposition', () => {
    const { data } = cloud('matrix', 7, 7);
    const matrix = Float64Array.from(data, (value, at) => value + data[(at % 7) * 7 + Math.floor(at / 7)]!);
    const values = symmetricEigenvalues(matrix, 7);
    symmetricEigen(matrix, 7).values.forEach((value, k) => {
      expect(values[k]).toBeCloseTo(value, 9); // the same operations, in the same order
    });
  });
});
