/** @file Eigenvalues and eigenvectors of real symmetric matrices: Householder reduction, then implicit QL. */
import { FoleyError } from '../errors/foley-error.js';

export interface SymmetricEigen {
  /** Ascending, `[n]`. */
  readonly values: Float64Array;
  /** Row `k` is the unit eigenvector of value `k`, `[n, n]`. */
  readonly vectors: Float64Array;
}

const mostSweeps = 60;

/**
 * Decomposes `matrix = sum_k values[k] * v_k v_k^T`. Time grows with the cube of the size.
 *
 * Source of the method: Golub and Van Loan, Matrix Computations, 8.3 (tridiagonalisation, implicit shifts).
 *
 * @param matrix row-major `[n, n]`; only its symmetric part counts
 * @throws FoleyError `usage` when the length is not n*n or a value is not finite
 */
export function symmetricEigen(matrix: Float64Array, size: number): SymmetricEigen {
  const basis = new Float64Array(size * size);
  for (let index = 0; index < size; index++) basis[index * size + index] = 1;
  const values = decompose(matrix, size, basis);
  return sortAscending(values, basis, size);
}

/** The values alone, in ascending order: several times quicker. @throws as `symmetricEigen` */
export function symmetricEigenvalues(matrix: Float64Array, size: number): Float64Array {
  return decompose(matrix, size, null).sort();
}

/** The eigenvalues in any order; their vectors come into the rows of the basis, where there is one. */
function decompose(matrix: Float64Array, size: number, basis: Float64Array | null): Float64Array {
  if (matrix.length !== size * size || !matrix.every(Number.isFinite)) {
    throw new FoleyError('usage', `eigenvalues: needs ${size} x ${size} finite numbers`);
  }
  const work = new Float64Array(matrix.length);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      work[row * size + column] = (matrix[row * size + column]! + matrix[column * size + row]!) / 2;
    }
  }
  const { diagonal, offDiagonal } = tridiagonalise(work, size, basis);
  implicitQl(diagonal, offDiagonal, basis, size);
  return diagonal;
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** `offDiagonal[i]` joins `i` and `i + 1`; the last is 0. */
  readonly offDiagonal: Float64Array;
}

/**
 * Householder reflections from both sides, one column at a time; `a` is used up.
 * @param basis turned with it: its rows become the orthonormal vectors in which the matrix is tridiagonal
 */
function tridiagonalise(a: Float64Array, size: number, basis: Float64Array | null): Tridiagonal {
  const reflector = new Float64Array(size);
  const product = new Float64Array(size);
  const nothing = 1e-100 * a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let column = 0; column < size - 2; column++) {
    let norm = 0;
    for (let row = column + 1; row < size; row++) norm = Math.hypot(norm, a[row * size + column]!);
    if (norm <= nothing) continue; // its square would be zero: of a matrix of low rank, rounding is left of rounding
    const head = a[(column + 1) * size + column]!;
    const target = head > 0 ? -norm : norm;
    reflector.fill(0);
    for (let row = column + 1; row < size; row++) reflector[row] = a[row * size + column]!;
    reflector[column + 1] = head - target;
    let squares = 0;
    for (let row = column + 1; row < size; row++) squares += reflector[row]! ** 2;
    const scale = 2 / squares;
    reflectBothSides(a, reflector, product, scale, column, size);
    if (basis !== null) reflectRows(basis, reflector, product, scale, column + 1, size);
  }
  const diagonal = Float64Array.from({ length: size }, (_, index) => a[index * size + index]!);
  const offDiagonal = Float64Array.from({ length: size }, (_, index) =>
    index + 1 < size ? a[(index + 1) * size + index]! : 0,
  );
  return { diagonal, offDiagonal };
}

/** a <- H a H with H = 1 - scale * u u^T, for symmetric a: a - u w^T - w u^T. */
function reflectBothSides(
  a: Float64Array,
  u: Float64Array,
  w: Float64Array,
  scale: number,
  first: number,
  size: number,
): void {
  let overlap = 0;
  for (let row = first; row < size; row++) {
    let sum = 0;
    for (let column = first; column < size; column++) sum += a[row * size + column]! * u[column]!;
    w[row] = scale * sum;
    overlap += u[row]! * w[row]!;
  }
  for (let row = first; row < size; row++) w[row]! -= (scale / 2) * overlap * u[row]!;
  for (let row = first; row < size; row++) {
    const uRow = u[row]!;
    const wRow = w[row]!;
    for (let column = first; column < size; column++) {
      a[row * size + column]! -= uRow * w[column]! + wRow * u[column]!;
    }
  }
}

/** b <- H b: the rows of the basis turn with the matrix. */
function reflectRows(
  b: Float64Array,
  u: Float64Array,
  sums: Float64Array,
  scale: number,
  first: number,
  size: number,
): void {
  sums.fill(0);
  for (let row = first; row < size; row++) {
    const weight = scale * u[row]!;
    for (let column = 0; column < size; column++) sums[column]! += weight * b[row * size + column]!;
  }
  for (let row = first; row < size; row++) {
    const weight = u[row]!;
    for (let column = 0; column < size; column++) b[row * size + column]! -= weight * sums[column]!;
  }
}

/** Diagonalises in place; plane rotations act on neighbouring rows of the basis. */
function implicitQl(d: Float64Array, e: Float64Array, basis: Float64Array | null, size: number): void {
  // what is lost against the whole matrix counts as zero: of a matrix of low rank, neighbours may both be rounding
  const norm = d.reduce((most, value, index) => Math.max(most, Math.abs(value) + Math.abs(e[index]!)), 0);
  const least = Number.EPSILON * norm;
  for (let low = 0; low < size; low++) {
    for (let sweep = 0; ; sweep++) {
      let split = low;
      while (split < size - 1) {
        const scale = Math.abs(d[split]!) + Math.abs(d[split + 1]!);
        if (Math.abs(e[split]!) <= Math.max(least, Number.EPSILON * scale)) break;
        split++;
      }
      if (split === low) break;
      if (sweep === mostSweeps) throw new FoleyError('usage', 'eigenvalues: the iteration does not converge');
      const half = (d[low + 1]! - d[low]!) / (2 * e[low]!);
      const radius = Math.hypot(half, 1);
      let g = d[split]! - d[low]! + e[low]! / (half + (half < 0 ? -radius : radius));
      let sine = 1;
      let cosine = 1;
      let shift = 0;
      let index = split - 1;
      for (; index >= low; index--) {
        const f = sine * e[index]!;
        const b = cosine * e[index]!;
        const length = Math.hypot(f, g);
        e[index + 1] = length;
        if (length === 0) {
          d[index + 1]! -= shift; // the matrix splits here: start over
          e[split] = 0;
          break;
        }
        sine = f / length;
        cosine = g / length;
        g = d[index + 1]! - shift;
        const turned = (d[index]! - g) * sine + 2 * cosine * b;
        shift = sine * turned;
        d[index + 1] = g + shift;
        g = cosine * turned - b;
        if (basis !== null) rotateRows(basis, index, sine, cosine, size);
      }
      if (index >= low) continue;
      d[low]! -= shift;
      e[low] = g;
      e[split] = 0;
    }
  }
}

function rotateRows(basis: Float64Array, row: number, sine: number, cosine: number, size: number): void {
  const upper = row * size;
  const lower = upper + size;
  for (let column = 0; column < size; column++) {
    const below = basis[lower + column]!;
    const above = basis[upper + column]!;
    basis[lower + column] = sine * above + cosine * below;
    basis[upper + column] = cosine * above - sine * below;
  }
}

function sortAscending(values: Float64Array, vectors: Float64Array, size: number): SymmetricEigen {
  const order = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const sorted = new Float64Array(size * size);
  for (const [to, from] of order.entries()) {
    sorted.set(vectors.subarray(from * size, (from + 1) * size), to * size);
  }
  return { values: Float64Array.from(order, (from) => values[from]!), vectors: sorted };
}
