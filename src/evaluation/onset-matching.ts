/** @file Precision, recall and F1 of onset times against the true ones. */
import { FoleyError } from '../errors/foley-error.js';

export interface OnsetScore {
  /** Pairs of a true and a found onset within the tolerance, each onset in one pair at most. */
  readonly hits: number;
  readonly referenceCount: number;
  readonly foundCount: number;
  /** Share of found onsets that are true ones; null when none was found. */
  readonly precision: number | null;
  /** Share of true onsets that were found; null when there are none. */
  readonly recall: number | null;
  /** `2 hits / (true + found)`; null when there are neither. */
  readonly f1: number | null;
}

/** Absorbs the rounding of times such as 0.3 - 0.2. */
const timeSlackSeconds = 1e-9;

/**
 * Pairs onsets so that as many as possible match. Walking both lists in order and pairing the earliest that fit is
 * optimal, because every onset has the same tolerance.
 *
 * @param toleranceSeconds largest distance of a pair, included
 * @throws FoleyError `usage` for a negative tolerance
 */
export function matchOnsets(
  referenceSeconds: readonly number[],
  foundSeconds: readonly number[],
  toleranceSeconds = 0.1,
): OnsetScore {
  if (!(toleranceSeconds >= 0)) {
    throw new FoleyError('usage', `onset tolerance must be 0 or more, not ${toleranceSeconds}`);
  }
  const reference = [...referenceSeconds].sort((a, b) => a - b);
  const found = [...foundSeconds].sort((a, b) => a - b);
  let hits = 0;
  for (let r = 0, f = 0; r < reference.length && f < found.length; ) {
    const distance = found[f]! - reference[r]!;
    if (Math.abs(distance) <= toleranceSeconds + timeSlackSeconds) {
      hits++;
      r++;
      f++;
    } else if (distance < 0) f++;
    else r++;
  }
  const share = (whole: number) => (whole === 0 ? null : hits / whole);
  const total = reference.length + found.length;
  return {
    hits,
    referenceCount: reference.length,
    foundCount: found.length,
    precision: share(found.length),
    recall: share(reference.length),
    f1: total === 0 ? null : (2 * hits) / total,
  };
}
