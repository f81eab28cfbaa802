/** @file How far a sound is from another: magnitudes of several STFTs, linear and logarithmic, and a mel. */

import { melMatrix } from '../audio/mel-filterbank.js';
import type { MelSpec } from '../audio/mel-spectrogram.js';
import {
  add,
  concat,
  constant,
  div,
  log,
  matmul,
  mul,
  reshape,
  slice,
  split,
  sqrt,
  square,
  sub,
  sum,
  tensor,
  type Value,
} from '../graph/index.js';
import { hannWindow } from '../models/stft.js';
import { meanAbsolute } from './image-loss.js';

/** One STFT of the loss; the hop must divide the window. */
export interface Resolution {
  readonly windowSamples: number;
  readonly hopSamples: number;
}

/** Auraloss's and Vocos' usual spread: sharp in time, balanced, sharp in frequency. */
export const defaultResolutions: readonly Resolution[] = [
  { windowSamples: 512, hopSamples: 128 },
  { windowSamples: 1024, hopSamples: 256 },
  { windowSamples: 2048, hopSamples: 512 },
];

/** The terms, all scalars. */
export interface SpectralLoss {
  /** Mean absolute difference of log magnitudes, over all resolutions. */
  readonly logarithmic: Value;
  /** Spectral convergence (Arik et al. 2018): length of the difference over length of the wanted spectrum. */
  readonly linear: Value;
  /** Mean absolute difference of log-mels. */
  readonly mel: Value;
}

/** Keeps the logarithm of silence finite: about -100 dB below a full-scale sine with these windows. */
const powerFloor = 1e-5;
const melFloor = 1e-3;

/**
 * Compares waves `[B, samples]`; `samples` must be a multiple of every hop.
 * @param mel the bands of the mel term; its window with a hop of a quarter
 */
export function spectralLoss(
  made: Value,
  wanted: Value,
  mel: MelSpec,
  resolutions: readonly Resolution[] = defaultResolutions,
): SpectralLoss {
  const logarithmic: Value[] = [];
  const linear: Value[] = [];
  for (const resolution of resolutions) {
    const basis = fourierBasis(resolution.windowSamples, resolution.windowSamples);
    const a = magnitudes(made, basis, resolution);
    const b = magnitudes(wanted, basis, resolution);
    logarithmic.push(meanAbsolute(log(a), log(b)));
    linear.push(sqrt(div(sumOfAll(square(sub(a, b))), add(sumOfAll(square(b)), 1e-3))));
  }
  const share = 1 / resolutions.length;
  return {
    logarithmic: mul(total(logarithmic), share),
    linear: mul(total(linear), share),
    mel: meanAbsolute(logMel(made, mel), logMel(wanted, mel)),
  };
}

/** `[B, samples]` -> log-mel `[B, frames, bands]` with a hop of a quarter of the window. */
function logMel(wave: Value, spec: MelSpec): Value {
  const { windowSamples, fftSize, bands } = spec;
  const resolution = { windowSamples, hopSamples: windowSamples / 4 };
  const spectrum = magnitudes(wave, fourierBasis(windowSamples, fftSize), resolution); // [B, frames, bins]
  const filters = constant(tensor([bands, fftSize / 2 + 1], melMatrix(spec)));
  return log(add(matmul(spectrum, filters, { transposeB: true }), melFloor));
}

/** `[B, samples]` -> `[B, frames, bins]`; frames lie wholly inside the wave. */
function magnitudes(wave: Value, basis: Value, { windowSamples, hopSamples }: Resolution): Value {
  const [batch, samples] = wave.shape as [number, number];
  const blocks = reshape(wave, [batch, samples / hopSamples, hopSamples]);
  const overlap = windowSamples / hopSamples;
  const frames = samples / hopSamples - overlap + 1;
  const parts = Array.from({ length: overlap }, (_, k) => slice(blocks, 1, k, k + frames));
  const framed = concat(parts, 2); // [B, frames, window]
  const spectrum = matmul(framed, basis); // [B, frames, 2 * bins]
  const bins = basis.shape[1]! / 2;
  const [real, imaginary] = split(spectrum, 2, [bins, bins]);
  return sqrt(add(add(square(real!), square(imaginary!)), powerFloor));
}

/** Windowed cosines, then sines, of an FFT of `fftSize` on `windowSamples` samples: `[windowSamples, 2 * bins]`. */
function fourierBasis(windowSamples: number, fftSize: number): Value {
  const bins = fftSize / 2 + 1;
  const window = hannWindow(windowSamples);
  const data = new Float32Array(windowSamples * 2 * bins);
  for (let n = 0; n < windowSamples; n++) {
    for (let bin = 0; bin < bins; bin++) {
      const angle = (2 * Math.PI * ((bin * n) % fftSize)) / fftSize;
      data[n * 2 * bins + bin] = window[n]! * Math.cos(angle);
      data[n * 2 * bins + bins + bin] = window[n]! * Math.sin(angle);
    }
  }
  return constant(tensor([windowSamples, 2 * bins], data));
}

function sumOfAll(x: Value): Value {
  return sum(x, [...x.shape.keys()]);
}

function total(values: readonly Value[]): Value {
  return values.reduce((left, right) => add(left, right));
}
