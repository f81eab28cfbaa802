/** @file Fréchet distance between two sets of embeddings, each seen as a normal distribution (FAD, FID and their kin). */
import { FoleyError } from '../errors/foley-error.js';
import { symmetricEigen } from './symmetric-eigen.js';

/** Vectors of one width, row by row. */
export interface Embeddings {
  readonly width: number;
  /** `[count, width]` */
  readonly data: Float32Array | Float64Array;
}

export interface NormalFit {
  readonly width: number;
  readonly mean: Float64Array; // [width]
  readonly covariance: Float64Array; // [width, width], divided by count - 1
}

/** Mean and covariance of embeddings. @throws FoleyError `usage` for fewer than two vectors */
export function fitNormal(embeddings: Embeddings): NormalFit {
  const { width, data } = embeddings;
  const count = data.length / width;
  if (!Number.isInteger(count) || count < 2) {
    throw new FoleyError(
      'usage',
      `Fréchet distance: needs two or more vectors of ${width}, not ${data.length} values`,
    );
  }
  const mean = new Float64Array(width);
  for (let index = 0; index < data.length; index++) mean[index % width]! += data[index]! / count;
  const covariance = new Float64Array(width * width);
  const centred = new Float64Array(width);
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < width; column++)
      centred[column] = data[row * width + column]! - mean[column]!;
    for (let a = 0; a < width; a++) {
      const weight = centred[a]! / (count - 1);
      for (let b = 0; b < width; b++) covariance[a * width + b]! += weight * centred[b]!;
    }
  }
  return { width, mean, covariance };
}

/**
 * `|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))` (Dowson and Landau 1982).
 *
 * The trace of the root is taken from the eigenvalues of `C1^(1/2) C2 C1^(1/2)`, which is symmetric, so that singular
 * covariances (fewer vectors than dimensions) need neither an added diagonal nor complex numbers.
 */
export function frechetDistance(a: NormalFit, b: NormalFit): number {
  if (a.width !== b.width) {
    throw new FoleyError('usage', `Fréchet distance: vectors of ${a.width} against vectors of ${b.width}`);
  }
  const { width } = a;
  const root = symmetricRoot(a.covariance, width);
  const inner = multiply(multiply(root, b.covariance, width), root, width);
  let distance = 0;
  for (const value of symmetricEigen(inner, width).values) distance -= 2 * Math.sqrt(Math.max(0, value));
  for (let index = 0; index < width; index++) {
    distance += (a.mean[index]! - b.mean[index]!) ** 2;
    distance += a.covariance[index * width + index]! + b.covariance[index * width + index]!;
  }
  return Math.max(0, distance);
}

/** `frechetDistance` of two sets of embeddings. */
export function frechetDistanceOf(a: Embeddings, b: Embeddings): number {
  return frechetDistance(fitNormal(a), fitNormal(b));
}

/** The symmetric matrix whose square is `matrix`; eigenvalues that rounding made negative count as 0. */
function symmetricRoot(matrix: Float64Array, size: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, size);
  const root = new Float64Array(size * size);
  for (let k = 0; k < size; k++) {
    const scale = Math.sqrt(Math.max(0, values[k]!));
    if (scale === 0) continue;
    for (let row = 0; row < size; row++) {
      const weight = scale * vectors[k * size + row]!;
      for (let column = 0; column < size; column++) {
        root[row * size + column]! += weight * vectors[k * size + column]!;
      }
    }
  }
  return root;
}

function multiply(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const product = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let inner = 0; inner < size; inner++) {
      const weight = a[row * size + inner]!;
      for (let column = 0; column < size; column++) {
        product[row * size + column]! += weight * b[inner * size + column]!;
      }
    }
  }
  return product;
}
