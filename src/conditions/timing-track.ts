/** @file From a similarity curve to the stretches of time in which the label sounds. */
import { z } from 'zod';
import { FoleyError } from '../errors/foley-error.js';
import type { TimeSpan } from './timeline.js';

/** How a curve is cut into on and off. The threshold is the paper's; the rest are ours, with recorded defaults. */
export const timingSettings = z.strictObject({
  /** The curve must rise to this to switch on. */
  threshold: z.number().min(0).max(1).default(0.5),
  /** It must fall below `threshold - hysteresis` to switch off. */
  hysteresis: z.number().min(0).max(1).default(0.1),
  /** Shorter sounds are dropped. */
  minimumOnSeconds: z.number().min(0).max(60).default(0.1),
  /** Shorter pauses between two sounds are filled. */
  minimumOffSeconds: z.number().min(0).max(60).default(0.15),
  /** Width of the moving average that is taken first; 0 leaves the curve as it is. */
  smoothingSeconds: z.number().min(0).max(10).default(0.3),
});
export type TimingSettings = z.infer<typeof timingSettings>;
export const defaultTimingSettings: TimingSettings = timingSettings.parse({});

/**
 * The on spans of a curve. Sample i holds from its time to the next one's; the last one to `durationSeconds`.
 * Smooths, switches with hysteresis, fills short pauses, then drops short sounds (a sound that fills the whole clip
 * stays, however short the clip). @returns sorted, disjoint spans within 0..durationSeconds
 */
export function timingTrack(
  timesSeconds: Float64Array,
  similarity: Float32Array,
  settings: TimingSettings,
  durationSeconds: number,
): TimeSpan[] {
  if (timesSeconds.length !== similarity.length) {
    throw new FoleyError(
      'usage',
      `${timesSeconds.length} times do not fit ${similarity.length} similarities`,
    );
  }
  const smooth = smoothCurve(timesSeconds, similarity, settings.smoothingSeconds);
  const raw = switchedSpans(timesSeconds, smooth, settings, durationSeconds);
  return tidySpans(raw, settings, durationSeconds);
}

/** Mean over the samples within half a `widthSeconds` of each sample. @returns [T] */
export function smoothCurve(
  timesSeconds: Float64Array,
  curve: Float32Array,
  widthSeconds: number,
): Float32Array {
  if (widthSeconds === 0) return curve;
  const reachSeconds = widthSeconds / 2 + timeSlackSeconds;
  let first = 0;
  let end = 0;
  let sum = 0;
  return curve.map((_, index) => {
    const centre = timesSeconds[index]!;
    while (end < curve.length && timesSeconds[end]! <= centre + reachSeconds) sum += curve[end++]!;
    while (timesSeconds[first]! < centre - reachSeconds) sum -= curve[first++]!;
    return sum / (end - first);
  });
}

/** Fills pauses shorter than the minimum and drops sounds shorter than theirs; clips to the clip. */
export function tidySpans(
  spans: readonly TimeSpan[],
  settings: Pick<TimingSettings, 'minimumOnSeconds' | 'minimumOffSeconds'>,
  durationSeconds: number,
): TimeSpan[] {
  const filled: { startSeconds: number; endSeconds: number }[] = [];
  for (const span of spans) {
    const startSeconds = Math.max(0, span.startSeconds);
    const endSeconds = Math.min(durationSeconds, span.endSeconds);
    if (!(endSeconds > startSeconds)) continue;
    const last = filled.at(-1);
    // touching spans are one sound even when no minimum is asked for
    if (last && startSeconds - last.endSeconds < Math.max(settings.minimumOffSeconds, timeSlackSeconds)) {
      last.endSeconds = Math.max(last.endSeconds, endSeconds);
    } else {
      filled.push({ startSeconds, endSeconds });
    }
  }
  return filled.filter((span) => {
    const lengthSeconds = span.endSeconds - span.startSeconds;
    const fillsClip = span.startSeconds === 0 && span.endSeconds === durationSeconds;
    return fillsClip || lengthSeconds + timeSlackSeconds >= settings.minimumOnSeconds;
  });
}

/** Whether `seconds` lies in one of the (sorted) spans. */
export function isOnAt(spans: readonly TimeSpan[], seconds: number): boolean {
  return spans.some((span) => seconds >= span.startSeconds && seconds < span.endSeconds);
}

function switchedSpans(
  timesSeconds: Float64Array,
  curve: Float32Array,
  settings: TimingSettings,
  durationSeconds: number,
): TimeSpan[] {
  const offBelow = settings.threshold - settings.hysteresis;
  const spans: TimeSpan[] = [];
  let startSeconds: number | null = null;
  curve.forEach((value, index) => {
    // the first picture stands for the time before it, too
    const timeSeconds = index === 0 ? 0 : timesSeconds[index]!;
    if (startSeconds === null && value >= settings.threshold) startSeconds = timeSeconds;
    else if (startSeconds !== null && value < offBelow) {
      spans.push({ startSeconds, endSeconds: timeSeconds });
      startSeconds = null;
    }
  });
  if (startSeconds !== null) spans.push({ startSeconds, endSeconds: durationSeconds });
  return spans;
}

/** A nanosecond: absorbs the rounding of sums of times. */
const timeSlackSeconds = 1e-9;
