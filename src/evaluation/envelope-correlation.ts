/** @file Whether a sound swells and fades as the true gain does. */
import type { TimeSpan } from '../conditions/timeline.js';
import { FoleyError } from '../errors/foley-error.js';
import { correlation } from './statistics.js';

/** Linear amplitude factors over time; between the given times they are interpolated. */
export interface GainCurve {
  /** Ascending. */
  readonly timesSeconds: ArrayLike<number>;
  readonly gains: ArrayLike<number>;
}

export interface EnvelopeOptions {
  /** The level is measured over this long, so that the sound's own rhythm is averaged out. Default 0.25. */
  readonly windowSeconds?: number;
  /** Distance of the compared points. Default 0.05. */
  readonly hopSeconds?: number;
  /** Only points inside these spans are compared; all by default. */
  readonly within?: readonly TimeSpan[];
  /** Levels so far below the loudest count as just so quiet, on both sides. Default 40. */
  readonly rangeDb?: number;
}

export interface EnvelopeAgreement {
  /** Pearson's correlation of RMS amplitude and gain; null where either is constant. */
  readonly amplitude: number | null;
  /** The same of both in dB, which weighs quiet stretches as ears do. */
  readonly decibel: number | null;
}

/** Correlates a sound's envelope with the true gain. @throws FoleyError `usage` for an empty or uneven curve */
export function envelopeCorrelation(
  samples: Float32Array,
  sampleRateHz: number,
  truth: GainCurve,
  options: EnvelopeOptions = {},
): EnvelopeAgreement {
  const { windowSeconds = 0.25, hopSeconds = 0.05, within, rangeDb = 40 } = options;
  if (truth.timesSeconds.length === 0 || truth.timesSeconds.length !== truth.gains.length) {
    throw new FoleyError(
      'usage',
      `gain curve: ${truth.timesSeconds.length} times, ${truth.gains.length} gains`,
    );
  }
  const levels: number[] = [];
  const gains: number[] = [];
  const energy = summedSquares(samples);
  const half = (windowSeconds * sampleRateHz) / 2;
  const points = Math.floor(samples.length / sampleRateHz / hopSeconds);
  for (let point = 0; point <= points; point++) {
    const seconds = point * hopSeconds;
    if (within?.every((span) => seconds < span.startSeconds || seconds >= span.endSeconds)) continue;
    const start = Math.max(0, Math.round(seconds * sampleRateHz - half));
    const end = Math.min(samples.length, Math.round(seconds * sampleRateHz + half));
    if (end <= start) continue;
    levels.push(Math.sqrt(Math.max(0, energy[end]! - energy[start]!) / (end - start)));
    gains.push(interpolate(truth, seconds));
  }
  return {
    amplitude: correlation(levels, gains),
    decibel: correlation(decibels(levels, rangeDb), decibels(gains, rangeDb)),
  };
}

/** `[n + 1]`: the summed squares before each sample. */
function summedSquares(samples: Float32Array): Float64Array {
  const sums = new Float64Array(samples.length + 1);
  for (let index = 0; index < samples.length; index++) sums[index + 1] = sums[index]! + samples[index]! ** 2;
  return sums;
}

function decibels(amplitudes: readonly number[], rangeDb: number): number[] {
  const loudest = amplitudes.reduce((most, value) => Math.max(most, value), 0);
  if (loudest === 0) return amplitudes.map(() => 0);
  return amplitudes.map((value) => Math.max(-rangeDb, 20 * Math.log10(value / loudest)));
}

/** Linear between the points, constant beyond the ends. */
export function interpolate(curve: GainCurve, seconds: number): number {
  const { timesSeconds, gains } = curve;
  let low = 0;
  let high = timesSeconds.length - 1;
  if (seconds <= timesSeconds[0]!) return gains[0]!;
  if (seconds >= timesSeconds[high]!) return gains[high]!;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (timesSeconds[middle]! <= seconds) low = middle;
    else high = middle;
  }
  const share = (seconds - timesSeconds[low]!) / (timesSeconds[high]! - timesSeconds[low]!);
  return gains[low]! + share * (gains[high]! - gains[low]!);
}
