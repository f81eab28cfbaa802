/** @file The level of a sound over time: RMS in decibels, hop by hop. */
import { FoleyError } from '../errors/foley-error.js';

export interface EnvelopeOptions {
  /** Time between values; default 0.01, one mel column. */
  readonly hopSeconds?: number;
  /** Samples each value sees, around its time; default 0.04. */
  readonly windowSeconds?: number;
  /** Lowest value; default -100 dB. */
  readonly floorDb?: number;
}

/** Level of full scale is 0 dB, so a full-scale sine is at -3.01 dB. Value `i` stands for time `i * hopSeconds`. */
export interface Envelope {
  readonly hopSeconds: number;
  readonly levelsDb: Float32Array;
}

/** RMS level around each hop; windows are cut at the signal's ends, not padded. `ceil(samples / hop)` values. */
export function rmsEnvelope(
  samples: Float32Array,
  sampleRateHz: number,
  options: EnvelopeOptions = {},
): Envelope {
  const { hopSeconds = 0.01, windowSeconds = 0.04, floorDb = -100 } = options;
  if (!(hopSeconds > 0 && windowSeconds > 0)) {
    throw new FoleyError(
      'input-rejected',
      `an envelope needs positive times, got ${hopSeconds} s and ${windowSeconds} s`,
    );
  }
  const sumOfSquares = new Float64Array(samples.length + 1); // up to each sample
  for (let i = 0; i < samples.length; i++) sumOfSquares[i + 1] = sumOfSquares[i]! + samples[i]! * samples[i]!;
  const hop = hopSeconds * sampleRateHz;
  const half = (windowSeconds * sampleRateHz) / 2;
  const floorPower = 10 ** (floorDb / 10);
  const levelsDb = Float32Array.from({ length: Math.ceil(samples.length / hop) }, (_, index) => {
    const start = Math.max(0, Math.round(index * hop - half));
    const end = Math.min(samples.length, Math.max(start + 1, Math.round(index * hop + half)));
    const power = Math.max(0, sumOfSquares[end]! - sumOfSquares[start]!) / Math.max(1, end - start);
    return 10 * Math.log10(Math.max(power, floorPower));
  });
  return { hopSeconds, levelsDb };
}
