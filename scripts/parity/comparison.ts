/** @file How far our numbers are from the reference's, and whether that is near enough. */

/** What two implementations of one network may differ by: float32 sums taken in another order. */
export const limits = { error: 2e-3, correlation: 0.99999 } as const;

export interface Comparison {
  /** Which output. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Largest difference over the root mean square of the reference. */
  readonly error: number;
  /** Pearson's. */
  readonly correlation: number;
}

/** Compares two arrays of equal length. @throws RangeError when they are not, or hold no numbers */
export function compare(
  name: string,
  shape: readonly number[],
  ours: ArrayLike<number>,
  reference: ArrayLike<number>,
): Comparison {
  const count = reference.length;
  if (ours.length !== count || count === 0) {
    throw new RangeError(`${name}: ${ours.length} values stand against ${count}`);
  }
  let largest = 0;
  let sumOurs = 0;
  let sumReference = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const difference = Math.abs(ours[i]! - reference[i]!);
    if (!(difference < Number.POSITIVE_INFINITY)) throw new RangeError(`${name}: value ${i} is no number`);
    largest = Math.max(largest, difference);
    sumOurs += ours[i]!;
    sumReference += reference[i]!;
    squares += reference[i]! * reference[i]!;
  }
  let covariance = 0;
  let varianceOurs = 0;
  let varianceReference = 0;
  for (let i = 0; i < count; i++) {
    const a = ours[i]! - sumOurs / count;
    const b = reference[i]! - sumReference / count;
    covariance += a * b;
    varianceOurs += a * a;
    varianceReference += b * b;
  }
  return {
    name,
    shape,
    error: largest / Math.sqrt(squares / count),
    correlation: covariance / Math.sqrt(varianceOurs * varianceReference),
  };
}

export function passes(
  { error, correlation }: Comparison,
  { error: most, correlation: least }: { readonly error: number; readonly correlation: number } = limits,
): boolean {
  return error < most && correlation > least;
}
