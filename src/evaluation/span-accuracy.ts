/** @file How well found on spans agree with the true ones: shares of time rightly on and off, and errors of the edges. */
import type { TimeSpan } from '../conditions/timeline.js';
import { mergeSpans } from '../data/sound-activity.js';
import { FoleyError } from '../errors/foley-error.js';
import { spanOverlap } from './level-contrast.js';
import { median } from './statistics.js';

export interface SpanAccuracy {
  /** Time in both over time in either; 1 where neither has any. */
  readonly intersectionOverUnion: number;
  /** Share of the true on time that was found; null where the truth is never on. */
  readonly onShare: number | null;
  /** Share of the true off time that was left off; null where the truth is always on. */
  readonly offShare: number | null;
  /** Mean of the two; null where either is. */
  readonly balancedAccuracy: number | null;
}

/** Compares spans within a clip. @throws FoleyError `usage` for a duration that is not positive */
export function spanAccuracy(
  found: readonly TimeSpan[],
  truth: readonly TimeSpan[],
  durationSeconds: number,
): SpanAccuracy {
  const overlap = spanOverlap(found, truth, durationSeconds);
  const foundSeconds = secondsWithin(found, durationSeconds);
  const trueSeconds = secondsWithin(truth, durationSeconds);
  const bothSeconds = (overlap.recall ?? 0) * trueSeconds;
  const offSeconds = durationSeconds - trueSeconds;
  // a rounding error of a span that fills the clip is no off time
  const offShare = offSeconds > 1e-6 ? 1 - (foundSeconds - bothSeconds) / offSeconds : null;
  const onShare = overlap.recall;
  return {
    intersectionOverUnion: overlap.intersectionOverUnion,
    onShare,
    offShare,
    balancedAccuracy: onShare === null || offShare === null ? null : (onShare + offShare) / 2,
  };
}

export interface EdgeErrors {
  /** Median distance in seconds of each true start inside the clip from the nearest found one; null without either. */
  readonly onsetSeconds: number | null;
  /** The same of the ends. */
  readonly offsetSeconds: number | null;
}

/**
 * How far starts and ends are off. Starts at the beginning and ends at the end of the clip are no edges: nothing
 * changes there.
 *
 * @throws FoleyError `usage` for a duration that is not positive
 */
export function edgeErrors(
  found: readonly TimeSpan[],
  truth: readonly TimeSpan[],
  durationSeconds: number,
): EdgeErrors {
  if (!(durationSeconds > 0)) {
    throw new FoleyError('usage', `edge errors: a clip does not last ${durationSeconds} s`);
  }
  const starts = (spans: readonly TimeSpan[]) =>
    spans.map(({ startSeconds }) => startSeconds).filter((seconds) => seconds > atEdgeSeconds);
  const ends = (spans: readonly TimeSpan[]) =>
    spans.map(({ endSeconds }) => endSeconds).filter((seconds) => seconds < durationSeconds - atEdgeSeconds);
  return {
    onsetSeconds: medianDistance(starts(truth), starts(found)),
    offsetSeconds: medianDistance(ends(truth), ends(found)),
  };
}

/** Nearer to the ends of the clip than half a frame at 30 a second is at the end. */
const atEdgeSeconds = 1 / 60;

function medianDistance(wanted: readonly number[], found: readonly number[]): number | null {
  if (wanted.length === 0 || found.length === 0) return null;
  return median(wanted.map((seconds) => Math.min(...found.map((other) => Math.abs(other - seconds)))));
}

function secondsWithin(spans: readonly TimeSpan[], durationSeconds: number): number {
  return mergeSpans([spans]).reduce((sum, { startSeconds, endSeconds }) => {
    const length = Math.min(durationSeconds, endSeconds) - Math.max(0, startSeconds);
    return sum + Math.max(0, length);
  }, 0);
}
