/** @file Whether sound keeps to its timing: level inside the on spans against outside, and overlap with them. */
import type { TimeSpan } from '../conditions/timeline.js';
import { activeSpans, type GateOptions, levelEnvelope, mergeSpans } from '../data/sound-activity.js';
import { FoleyError } from '../errors/foley-error.js';
import { median } from './statistics.js';

const hopSeconds = 0.01;

export interface LevelContrastOptions {
  /** Seconds left out on both sides of each edge: decay, and the time resolution of the latents. Default 0.1. */
  readonly guardSeconds?: number;
  /** Levels below count as this level, so that digital silence does not decide the figure. Default -80. */
  readonly floorDbfs?: number;
}

export interface LevelContrast {
  /** Median of the 10 ms levels inside the spans, in dB re full scale. */
  readonly insideDb: number;
  readonly outsideDb: number;
  readonly contrastDb: number;
}

/**
 * Median level inside the on spans minus median level outside, in dB. Null where either side is shorter than the guards
 * leave room for (a sound that lasts the whole clip has no outside).
 */
export function levelContrast(
  samples: Float32Array,
  sampleRateHz: number,
  spans: readonly TimeSpan[],
  options: LevelContrastOptions = {},
): LevelContrast | null {
  const { guardSeconds = 0.1, floorDbfs = -80 } = options;
  const { levelsDb } = levelEnvelope(samples, sampleRateHz, hopSeconds);
  const levels = levelsDb.map((level) => Math.max(level, floorDbfs));
  const merged = mergeSpans([spans]);
  const inside = levels.filter((_, frame) => {
    const [start, end] = frameBounds(frame);
    return merged.some(
      (span) => start >= span.startSeconds + guardSeconds && end <= span.endSeconds - guardSeconds,
    );
  });
  const outside = levels.filter((_, frame) => {
    const [start, end] = frameBounds(frame);
    return merged.every(
      (span) => end <= span.startSeconds - guardSeconds || start >= span.endSeconds + guardSeconds,
    );
  });
  if (inside.length === 0 || outside.length === 0) return null;
  const insideDb = median(inside);
  const outsideDb = median(outside);
  return { insideDb, outsideDb, contrastDb: insideDb - outsideDb };
}

/** Start and end of a 10 ms frame in seconds, a rounding error inwards. */
function frameBounds(frame: number): [number, number] {
  return [frame * hopSeconds + 1e-9, (frame + 1) * hopSeconds - 1e-9];
}

export interface ActivityOverlap {
  /** Seconds in both over seconds in either; 1 where neither has any. */
  readonly intersectionOverUnion: number;
  /** Share of the sounding time that lies in the spans; null for silence. */
  readonly precision: number | null;
  /** Share of the spans' time that sounds; null without spans. */
  readonly recall: number | null;
}

/** Overlap of two sets of spans within a clip. @throws FoleyError `usage` for a duration that is not positive */
export function spanOverlap(
  sounding: readonly TimeSpan[],
  expected: readonly TimeSpan[],
  durationSeconds: number,
): ActivityOverlap {
  if (!(durationSeconds > 0))
    throw new FoleyError('usage', `overlap: a clip does not last ${durationSeconds} s`);
  const clip = [{ startSeconds: 0, endSeconds: durationSeconds }];
  const a = commonSpans(mergeSpans([sounding]), clip);
  const b = commonSpans(mergeSpans([expected]), clip);
  const both = totalSeconds(commonSpans(a, b));
  const sum = totalSeconds(a) + totalSeconds(b);
  return {
    intersectionOverUnion: sum === 0 ? 1 : both / (sum - both),
    precision: a.length === 0 ? null : both / totalSeconds(a),
    recall: b.length === 0 ? null : both / totalSeconds(b),
  };
}

/**
 * Overlap of the audible stretches of a sound (a gate with hysteresis, `activeSpans`) with the on spans. Pauses inside
 * a span, as between barks, are bridged up to `minOffSeconds`, 0.5 s here unless given.
 */
export function activityOverlap(
  samples: Float32Array,
  sampleRateHz: number,
  expected: readonly TimeSpan[],
  gate: Partial<GateOptions> = {},
): ActivityOverlap {
  const sounding = activeSpans(levelEnvelope(samples, sampleRateHz, hopSeconds), {
    minOffSeconds: 0.5,
    ...gate,
  });
  return spanOverlap(sounding, expected, samples.length / sampleRateHz);
}

function totalSeconds(spans: readonly TimeSpan[]): number {
  return spans.reduce((sum, span) => sum + span.endSeconds - span.startSeconds, 0);
}

/** Stretches in both of two sorted, disjoint lists. */
export function commonSpans(a: readonly TimeSpan[], b: readonly TimeSpan[]): TimeSpan[] {
  return a.flatMap((one) =>
    b.flatMap((other) => {
      const startSeconds = Math.max(one.startSeconds, other.startSeconds);
      const endSeconds = Math.min(one.endSeconds, other.endSeconds);
      return endSeconds > startSeconds ? [{ startSeconds, endSeconds }] : [];
    }),
  );
}
