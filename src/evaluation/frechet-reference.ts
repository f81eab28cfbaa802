/** @file Fréchet distance of many sets from one reference: what depends on the reference alone is worked out once. */
import { FoleyError } from '../errors/foley-error.js';
import type { Embeddings } from './frechet-distance.js';
import { symmetricEigen, symmetricEigenvalues } from './symmetric-eigen.js';

/** Vectors that can be drawn again and again: each counts as often as its weight says. */
export interface FrechetReference {
  /**
   * Prepares a set. Its distance is `frechetDistance` of the normal fits, for any weights: whole numbers stand for a
   * vector that is there so often, as in a bootstrap resample.
   */
  prepare(embeddings: Embeddings): PreparedSet;
}

export interface PreparedSet {
  /** @param weights one a vector, 0 or more, summing to more than 1; all 1 unless given */
  distance(weights?: ArrayLike<number>): number;
}

/**
 * The distance is `|m1 - m2|^2 + tr C1 + tr C2 - 2 tr (C1 C2)^(1/2)`. With `C2 = F F^T`, the last trace is the sum of
 * the roots of the eigenvalues of `F^T C1 F`, the covariance of the set's vectors seen through F; or of the matrix of
 * their inner products, where there are fewer vectors than F has columns.
 *
 * @param weights of the reference's vectors; a weight w counts like w vectors. All 1 unless given.
 * @throws FoleyError `usage` for fewer than two vectors, or weights of another number
 */
export function frechetReference(reference: Embeddings, weights?: ArrayLike<number>): FrechetReference {
  const { width } = reference;
  const rows = rowCount(reference);
  const weightOf = weights ?? new Float64Array(rows).fill(1);
  if (weightOf.length !== rows) {
    throw new FoleyError('usage', `Fréchet reference: ${weightOf.length} weights for ${rows} vectors`);
  }
  const { mean, trace } = momentsOf(reference.data, width, weightOf);
  const { factor, columns } = factorOf(reference.data, width, weightOf, mean);
  return {
    prepare(set) {
      if (set.width !== width) {
        throw new FoleyError(
          'usage',
          `Fréchet distance: vectors of ${set.width} against vectors of ${width}`,
        );
      }
      const count = rowCount(set);
      const seen = product(set.data, factor, count, width, columns); // [count, columns]
      return {
        distance(given) {
          const used = given ?? new Float64Array(count).fill(1);
          if (used.length !== count) {
            throw new FoleyError('usage', `Fréchet distance: ${used.length} weights for ${count} vectors`);
          }
          const own = momentsOf(set.data, width, used);
          let apart = 0;
          for (let index = 0; index < width; index++) apart += (own.mean[index]! - mean[index]!) ** 2;
          const shared = rootTrace(seen, columns, used);
          return Math.max(0, apart + own.trace + trace - 2 * shared);
        },
      };
    },
  };
}

function rowCount({ width, data }: Embeddings): number {
  const count = data.length / width;
  if (Number.isInteger(count) && count >= 2) return count;
  throw new FoleyError(
    'usage',
    `Fréchet distance: needs two or more vectors of ${width}, not ${data.length} values`,
  );
}

/** Weighted mean, and the trace of the covariance (divided by the weights' sum less 1). */
function momentsOf(
  data: ArrayLike<number>,
  width: number,
  weights: ArrayLike<number>,
): { mean: Float64Array; trace: number; total: number } {
  const mean = new Float64Array(width);
  let total = 0;
  for (let row = 0; row < weights.length; row++) {
    const weight = weights[row]!;
    if (weight === 0) continue;
    total += weight;
    for (let column = 0; column < width; column++) mean[column]! += weight * data[row * width + column]!;
  }
  if (!(total > 1))
    throw new FoleyError('usage', `Fréchet distance: the weights add up to ${total}, not to more than 1`);
  for (let column = 0; column < width; column++) mean[column]! /= total;
  let trace = 0;
  for (let row = 0; row < weights.length; row++) {
    const weight = weights[row]!;
    if (weight === 0) continue;
    for (let column = 0; column < width; column++) {
      trace += weight * (data[row * width + column]! - mean[column]!) ** 2;
    }
  }
  return { mean, trace: trace / (total - 1), total };
}

/** F of `C = F F^T`, `[width, columns]`: the centred vectors themselves where they are few, else a root. */
function factorOf(
  data: ArrayLike<number>,
  width: number,
  weights: ArrayLike<number>,
  mean: Float64Array,
): { factor: Float64Array; columns: number } {
  const total = Array.from(weights).reduce((sum, weight) => sum + weight, 0);
  const used = Array.from(weights, (_, row) => row).filter((row) => weights[row]! > 0);
  const centred = (row: number, column: number): number =>
    Math.sqrt(weights[row]! / (total - 1)) * (data[row * width + column]! - mean[column]!);
  if (used.length < width) {
    const columns = used.length;
    const factor = new Float64Array(width * columns);
    used.forEach((row, at) => {
      for (let column = 0; column < width; column++) factor[column * columns + at] = centred(row, column);
    });
    return { factor, columns };
  }
  const covariance = new Float64Array(width * width);
  const line = new Float64Array(width);
  for (const row of used) {
    for (let column = 0; column < width; column++) line[column] = centred(row, column);
    addOuter(covariance, line, width);
  }
  mirror(covariance, width);
  const { values, vectors } = symmetricEigen(covariance, width);
  const factor = new Float64Array(width * width);
  for (let k = 0; k < width; k++) {
    const root = Math.sqrt(Math.max(0, values[k]!));
    for (let row = 0; row < width; row++) factor[row * width + k] = root * vectors[k * width + row]!;
  }
  return { factor, columns: width };
}

/** Sum of the roots of the eigenvalues of the weighted covariance of rows, `[rows, columns]`. */
function rootTrace(rows: Float64Array, columns: number, weights: ArrayLike<number>): number {
  const used = Array.from(weights, (_, row) => row).filter((row) => weights[row]! > 0);
  const { mean, total } = momentsOf(rows, columns, weights);
  const scaled = new Float64Array(used.length * columns); // their outer products add up to the covariance
  used.forEach((row, at) => {
    const scale = Math.sqrt(weights[row]! / (total - 1));
    for (let column = 0; column < columns; column++) {
      scaled[at * columns + column] = scale * (rows[row * columns + column]! - mean[column]!);
    }
  });
  const isTall = used.length >= columns;
  const size = isTall ? columns : used.length;
  const matrix = new Float64Array(size * size);
  if (isTall) {
    for (let at = 0; at < used.length; at++) {
      addOuter(matrix, scaled.subarray(at * columns, (at + 1) * columns), columns);
    }
  } else {
    for (let a = 0; a < size; a++) {
      for (let b = 0; b <= a; b++) {
        let sum = 0;
        for (let column = 0; column < columns; column++)
          sum += scaled[a * columns + column]! * scaled[b * columns + column]!;
        matrix[a * size + b] = sum;
      }
    }
  }
  mirror(matrix, size);
  return symmetricEigenvalues(matrix, size).reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
}

/** Adds the outer product of a line with itself to the lower half of a matrix. */
function addOuter(matrix: Float64Array, line: Float64Array, size: number): void {
  for (let a = 0; a < size; a++) {
    const scale = line[a]!;
    if (scale === 0) continue;
    for (let b = 0; b <= a; b++) matrix[a * size + b]! += scale * line[b]!;
  }
}

/** Copies the lower half to the upper one. */
function mirror(matrix: Float64Array, size: number): void {
  for (let a = 0; a < size; a++) for (let b = 0; b < a; b++) matrix[b * size + a] = matrix[a * size + b]!;
}

/** `[rows, inner] x [inner, columns]` */
function product(
  a: ArrayLike<number>,
  b: Float64Array,
  rows: number,
  inner: number,
  columns: number,
): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < inner; k++) {
      const weight = a[row * inner + k]!;
      if (weight === 0) continue;
      for (let column = 0; column < columns; column++)
        result[row * columns + column]! += weight * b[k * columns + column]!;
    }
  }
  return result;
}
