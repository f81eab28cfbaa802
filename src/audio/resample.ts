/** @file Sample-rate conversion between any two whole rates: polyphase windowed-sinc with a Kaiser window. */
import { FoleyError } from '../errors/foley-error.js';
import { createWave, type Wave } from './wave.js';
import { kaiser, sinc } from './windowed-sinc.js';

/**
 * The middle of the low-pass slope, as a share of the lower rate's half. With 64 crossings and beta 9.6 the slope runs
 * from 0.9 to 1.0 of it: flat below (within 0.001 dB), more than 90 dB down above, so nothing audible folds back.
 */
const cutoffShare = 0.95;
/** Half length of the filter in samples of the lower rate. */
const halfWidthSamples = 64;
/** Kaiser's formula for 96 dB: 0.1102 (96 - 8.7). */
const kaiserBeta = 9.6;
/** Filters of more coefficients are evaluated as they are needed instead of kept (odd rates such as 44,101 Hz). */
const largestTable = 1 << 22;

/** Converts waves between two fixed rates; keep one where many waves are converted, as its filter is made once. */
export interface Resampler {
  readonly fromHz: number;
  readonly toHz: number;
  /** `ceil(samples * to / from)` samples; beyond its ends a signal counts as silent. */
  resample(samples: Float32Array): Float32Array;
}

/** @throws FoleyError `input-rejected` unless both rates are positive whole numbers. */
export function createResampler(fromHz: number, toHz: number): Resampler {
  for (const rate of [fromHz, toHz]) {
    if (!Number.isInteger(rate) || rate <= 0)
      throw new FoleyError('input-rejected', `cannot resample to or from ${rate} Hz`);
  }
  if (fromHz === toHz) return { fromHz, toHz, resample: (samples) => samples };
  const divisor = greatestCommonDivisor(fromHz, toHz);
  const filter = planFilter(fromHz / divisor, toHz / divisor);
  return { fromHz, toHz, resample: (samples) => convert(samples, filter) };
}

/** The wave at another rate. At its own rate it is returned as it is. */
export function resample(wave: Wave, toHz: number): Wave {
  if (wave.sampleRateHz === toHz) return wave;
  const resampler = createResampler(wave.sampleRateHz, toHz);
  return createWave(
    toHz,
    wave.channels.map((channel) => resampler.resample(channel)),
  );
}

/** Output sample m lies at input time `m * down / up`; its fraction, one of `up` phases, chooses the coefficients. */
interface Filter {
  readonly up: number;
  readonly down: number;
  /** Input samples on each side of the output time. */
  readonly reach: number;
  /** The `2 * reach` coefficients of a phase, for input samples `floor(t) - reach + 1` to `floor(t) + reach`. */
  coefficients(phase: number): Float64Array;
}

function planFilter(down: number, up: number): Filter {
  const stretch = Math.max(1, down / up);
  const halfWidth = halfWidthSamples * stretch; // in input samples
  const reach = Math.ceil(halfWidth);
  const cutoff = cutoffShare / stretch; // of half the input rate
  const evaluate = (phase: number, into: Float64Array): Float64Array => {
    let sum = 0;
    for (let k = 0; k < into.length; k++) {
      const time = phase / up + reach - 1 - k;
      into[k] = sinc(cutoff * time) * kaiser(time / halfWidth, kaiserBeta);
      sum += into[k]!;
    }
    for (let k = 0; k < into.length; k++) into[k]! /= sum; // every phase passes a constant unchanged
    return into;
  };
  const taps = 2 * reach;
  if (up * taps > largestTable) {
    const scratch = new Float64Array(taps);
    return { up, down, reach, coefficients: (phase) => evaluate(phase, scratch) };
  }
  const phases = Array.from({ length: up }, (_, phase) => evaluate(phase, new Float64Array(taps)));
  return { up, down, reach, coefficients: (phase) => phases[phase]! };
}

function convert(samples: Float32Array, filter: Filter): Float32Array {
  const { up, down, reach } = filter;
  const padded = new Float64Array(samples.length + 2 * reach);
  padded.set(samples, reach);
  const out = new Float32Array(Math.ceil((samples.length * up) / down));
  let whole = 0; // input time of the output sample: whole + phase / up
  let phase = 0;
  const wholeStep = Math.floor(down / up);
  const phaseStep = down % up;
  for (let m = 0; m < out.length; m++) {
    const coefficients = filter.coefficients(phase);
    const first = whole + 1; // of padded: input sample whole - reach + 1
    let sum = 0;
    for (let k = 0; k < coefficients.length; k++) sum += coefficients[k]! * padded[first + k]!;
    out[m] = sum;
    whole += wholeStep;
    phase += phaseStep;
    if (phase >= up) {
      phase -= up;
      whole++;
    }
  }
  return out;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
