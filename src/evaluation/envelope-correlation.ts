/** @file Whether a sound swells and fades as the true gain does. */
import { valueAt } from '../conditions/sampled-curve.js';
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
    gains.push(valueAt(truth.timesSeconds, truth.gains, seconds));
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
