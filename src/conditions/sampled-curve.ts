/** @file A curve that is known at some times, read at any other. */

/**
 * Linear between the samples, held before the first and after the last.
 * @param timesSeconds ascending, at least one
 * @param values as many
 */
export function valueAt(timesSeconds: ArrayLike<number>, values: ArrayLike<number>, seconds: number): number {
  let low = 0;
  let high = timesSeconds.length - 1;
  if (seconds <= timesSeconds[0]!) return values[0]!;
  if (seconds >= timesSeconds[high]!) return values[high]!;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (timesSeconds[middle]! <= seconds) low = middle;
    else high = middle;
  }
  const share = (seconds - timesSeconds[low]!) / (timesSeconds[high]! - timesSeconds[low]!);
  return values[low]! + share * (values[high]! - values[low]!);
}
