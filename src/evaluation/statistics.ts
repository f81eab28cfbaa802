/** @file Mean, median, quantiles, deviations and correlation of plain numbers. */
import { FoleyError } from '../errors/foley-error.js';

/** @throws FoleyError `usage` for no values */
export function mean(values: ArrayLike<number>): number {
  requireValues(values, 'mean');
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]!;
  return sum / values.length;
}

/** The middle value, or the mean of the two middle ones. @throws FoleyError `usage` for no values */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/**
 * Linear interpolation between order statistics, NumPy's default.
 *
 * @param share 0..1
 * @throws FoleyError `usage` for no values
 */
export function quantile(values: ArrayLike<number>, share: number): number {
  requireValues(values, 'quantile');
  return quantileOfSorted(Float64Array.from(values).sort(), share);
}

/** As `quantile`, of values that are in ascending order. */
export function quantileOfSorted(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (position - below) * (high - low);
}

/** Pearson's correlation of two equally long rows; null when either does not vary. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  if (a.length !== b.length) {
    throw new FoleyError('usage', `correlation: ${a.length} values against ${b.length}`);
  }
  if (a.length < 2) return null;
  const meanA = mean(a);
  const meanB = mean(b);
  let product = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let index = 0; index < a.length; index++) {
    const offA = a[index]! - meanA;
    const offB = b[index]! - meanB;
    product += offA * offB;
    squaresA += offA * offA;
    squaresB += offB * offB;
  }
  const scale = Math.sqrt(squaresA) * Math.sqrt(squaresB);
  return scale === 0 ? null : product / scale;
}

function requireValues(values: ArrayLike<number>, name: string): void {
  if (values.length === 0) throw new FoleyError('usage', `${name}: there are no values`);
}
