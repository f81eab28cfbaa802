/** @file Whether a sound comes from where its source is: the balance of left and right against the true pan. */

import { valueAt } from '../conditions/sampled-curve.js';
import type { TimeSpan } from '../conditions/timeline.js';
import { FoleyError } from '../errors/foley-error.js';
import { correlation } from './statistics.js';

/** The true pan: -1 is left, 1 is right, by equal power. */
export interface PanCurve {
  /** Ascending. */
  readonly timesSeconds: ArrayLike<number>;
  readonly pans: ArrayLike<number>;
}

export interface PanAgreement {
  /** Mean of |heard - true|, 0..2. A mono sound is heard in the middle, at 0. */
  readonly meanError: number;
  /** Pearson's correlation of heard and true pan; null where either does not vary. */
  readonly correlation: number | null;
}

const windowSeconds = 0.1;
/** Windows so far below the loudest are too quiet to be placed. */
const rangeDb = 40;

/**
 * Compares the pan of every tenth of a second that lies within the spans and sounds.
 * @param channels left and right, or a single one
 * @returns null where nothing sounds within the spans
 * @throws FoleyError `usage` for more than two channels, or an uneven curve
 */
export function panAgreement(
  channels: readonly Float32Array[],
  sampleRateHz: number,
  truth: PanCurve,
  within: readonly TimeSpan[],
): PanAgreement | null {
  const [left, right = left] = channels;
  if (left === undefined || right === undefined || channels.length > 2) {
    throw new FoleyError('usage', `pan: needs one or two channels, not ${channels.length}`);
  }
  if (truth.timesSeconds.length === 0 || truth.timesSeconds.length !== truth.pans.length) {
    throw new FoleyError('usage', `pan curve: ${truth.timesSeconds.length} times, ${truth.pans.length} pans`);
  }
  const size = Math.round(windowSeconds * sampleRateHz);
  const windows: { energy: number; heard: number; wanted: number }[] = [];
  for (let start = 0; start + size <= left.length; start += size) {
    const seconds = (start + size / 2) / sampleRateHz;
    if (!within.some((span) => seconds >= span.startSeconds && seconds < span.endSeconds)) continue;
    const [l, r] = [energyOf(left, start, size), energyOf(right, start, size)];
    if (l + r === 0) continue;
    windows.push({
      energy: l + r,
      // gains cos and sin of (pan + 1) pi / 4
      heard: (Math.atan2(Math.sqrt(r), Math.sqrt(l)) * 4) / Math.PI - 1,
      wanted: valueAt(truth.timesSeconds, truth.pans, seconds),
    });
  }
  const loudest = windows.reduce((most, { energy }) => Math.max(most, energy), 0);
  const placed = windows.filter(({ energy }) => energy >= loudest * 10 ** (-rangeDb / 10));
  if (placed.length === 0) return null;
  const errors = placed.reduce((sum, { heard, wanted }) => sum + Math.abs(heard - wanted), 0);
  return {
    meanError: errors / placed.length,
    correlation: correlation(
      placed.map(({ heard }) => heard),
      placed.map(({ wanted }) => wanted),
    ),
  };
}

function energyOf(samples: Float32Array, start: number, count: number): number {
  let energy = 0;
  for (let index = start; index < start + count; index++) energy += samples[index]! ** 2;
  return energy;
}
