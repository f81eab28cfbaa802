/** @file Kernel distance (KID): how far two sets of embeddings are apart under a polynomial kernel, without assuming normality. */
import { FoleyError } from '../errors/foley-error.js';
import type { Embeddings } from './frechet-distance.js';
import { NumpyRandomState } from './numpy-random.js';
import { mean } from './statistics.js';

export interface KernelDistanceOptions {
  /** Default 100. */
  readonly subsets?: number;
  /** Vectors in a subset, of each set; default 1000, and never more than the smaller set has. */
  readonly subsetSize?: number;
  /** Default 2020. */
  readonly seed?: number;
}

export interface KernelDistance {
  readonly mean: number;
  /** Over the subsets, divided by their number; 0 where a subset is the whole set. */
  readonly deviation: number;
  readonly subsetSize: number;
}

/**
 * Unbiased squared maximum mean discrepancy under `(x · y / width + 1)^3`, the mean over random subsets (Binkowski et al.
 * 2018), with the subsets that SpecVQGAN and av-benchmark draw.
 *
 * @param a drawn first
 * @throws FoleyError `usage` for sets of different widths or of fewer than two vectors
 */
export function kernelDistance(
  a: Embeddings,
  b: Embeddings,
  { subsets = 100, subsetSize = 1000, seed = 2020 }: KernelDistanceOptions = {},
): KernelDistance {
  const [countA, countB] = [a.data.length / a.width, b.data.length / b.width];
  const size = Math.min(subsetSize, countA, countB);
  if (a.width !== b.width || !(size >= 2)) {
    throw new FoleyError(
      'usage',
      `kernel distance: ${countA} vectors of ${a.width} against ${countB} of ${b.width}`,
    );
  }
  const kernels = { aa: kernelMatrix(a, a), bb: kernelMatrix(b, b), ab: kernelMatrix(a, b) };
  const random = new NumpyRandomState(seed);
  const distances = Array.from({ length: subsets }, () => {
    const rows = random.chooseWithoutReplacement(countA, size);
    const columns = random.chooseWithoutReplacement(countB, size);
    const within = (kernel: Float64Array, count: number, chosen: readonly number[]) =>
      sumOf(kernel, count, chosen, chosen) - chosen.reduce((sum, i) => sum + kernel[i * count + i]!, 0);
    const inside = within(kernels.aa, countA, rows) + within(kernels.bb, countB, columns);
    return inside / (size * (size - 1)) - (2 * sumOf(kernels.ab, countB, rows, columns)) / size ** 2;
  });
  const average = mean(distances);
  return {
    mean: average,
    deviation: Math.sqrt(mean(distances.map((distance) => (distance - average) ** 2))),
    subsetSize: size,
  };
}

/** `[count of a, count of b]` */
function kernelMatrix(a: Embeddings, b: Embeddings): Float64Array {
  const { width } = a;
  const [rows, columns] = [a.data.length / width, b.data.length / width];
  const matrix = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let product = 0;
      for (let k = 0; k < width; k++) product += a.data[row * width + k]! * b.data[column * width + k]!;
      matrix[row * columns + column] = (product / width + 1) ** 3;
    }
  }
  return matrix;
}

function sumOf(
  kernel: Float64Array,
  count: number,
  rows: readonly number[],
  columns: readonly number[],
): number {
  let sum = 0;
  for (const row of rows) for (const column of columns) sum += kernel[row * count + column]!;
  return sum;
}
