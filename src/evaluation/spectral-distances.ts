/** @file Distances between two sounds of equal length: log-spectral, mel, and multi-resolution STFT. */
import { auffusionMelSpec, type MelSpec, melSpectrogram } from '../audio/mel-spectrogram.js';
import { type StftSpec, stft } from '../audio/stft.js';
import { FoleyError } from '../errors/foley-error.js';
import { mean } from './statistics.js';

/** How finely the log-spectral distance looks. */
export const logSpectralStft: StftSpec = {
  fftSize: 2048,
  hopSamples: 512,
  windowSamples: 2048,
  padSamples: 1024,
  padMode: 'reflect',
};

/**
 * Log-spectral distance in dB: the root mean square, over frequency, of the difference of power levels, averaged over
 * frames (Gray and Markel 1976). Powers below `floor` count as `floor`.
 */
export function logSpectralDistance(
  a: Float32Array,
  b: Float32Array,
  spec = logSpectralStft,
  floor = 1e-8,
): number {
  const first = powerLevels(a, b, spec, floor);
  const frames = first.length / (spec.fftSize / 2 + 1);
  const bins = first.length / frames;
  return mean(
    Float64Array.from({ length: frames }, (_, frame) => {
      const row = first.subarray(frame * bins, (frame + 1) * bins);
      return Math.sqrt(row.reduce((sum, difference) => sum + difference ** 2, 0) / bins);
    }),
  );
}

/** Differences of power levels in dB, `[frames, bins]`. */
function powerLevels(a: Float32Array, b: Float32Array, spec: StftSpec, floor: number): Float64Array {
  const [left, right] = magnitudePair(a, b, spec, floor);
  return left.map((magnitude, index) => 20 * Math.log10(magnitude / right[index]!));
}

/** Mean absolute difference of natural log-mel values. */
export function melDistance(a: Float32Array, b: Float32Array, spec: MelSpec = auffusionMelSpec): number {
  checkLengths(a, b);
  const left = melSpectrogram(a, spec).data;
  const right = melSpectrogram(b, spec).data;
  return mean(left.map((value, index) => Math.abs(value - right[index]!)));
}

export interface StftDistance {
  /** Frobenius norm of the magnitudes' difference over that of the reference. */
  readonly spectralConvergence: number;
  /** Mean absolute difference of natural log magnitudes. */
  readonly logMagnitude: number;
  /** Their sum, the usual figure. */
  readonly total: number;
}

/** FFT, hop and window sizes of Parallel WaveGAN (Yamamoto et al. 2020, arXiv 1910.11480). */
export const multiResolutionSpecs: readonly StftSpec[] = [
  { fftSize: 1024, hopSamples: 120, windowSamples: 600, padSamples: 512, padMode: 'reflect' },
  { fftSize: 2048, hopSamples: 240, windowSamples: 1200, padSamples: 1024, padMode: 'reflect' },
  { fftSize: 512, hopSamples: 50, windowSamples: 240, padSamples: 256, padMode: 'reflect' },
];

/** Parallel WaveGAN's STFT distance, averaged over resolutions. Powers below 1e-7 count as 1e-7. */
export function multiResolutionStftDistance(
  sound: Float32Array,
  reference: Float32Array,
  specs = multiResolutionSpecs,
): StftDistance {
  const parts = specs.map((spec) => {
    const [made, real] = magnitudePair(sound, reference, spec, 1e-7);
    let difference = 0;
    let norm = 0;
    let logs = 0;
    for (let index = 0; index < real.length; index++) {
      difference += (real[index]! - made[index]!) ** 2;
      norm += real[index]! ** 2;
      logs += Math.abs(Math.log(real[index]! / made[index]!));
    }
    return { convergence: Math.sqrt(difference / norm), logs: logs / real.length };
  });
  const spectralConvergence = mean(parts.map((part) => part.convergence));
  const logMagnitude = mean(parts.map((part) => part.logs));
  return { spectralConvergence, logMagnitude, total: spectralConvergence + logMagnitude };
}

/** Magnitudes of both sounds, at least the root of `powerFloor`, `[frames, bins]` each. */
function magnitudePair(
  a: Float32Array,
  b: Float32Array,
  spec: StftSpec,
  powerFloor: number,
): [Float64Array, Float64Array] {
  checkLengths(a, b);
  const magnitudes = (samples: Float32Array) => {
    const { real, imaginary } = stft(samples, spec);
    return real.map((value, index) => Math.sqrt(Math.max(value ** 2 + imaginary[index]! ** 2, powerFloor)));
  };
  return [magnitudes(a), magnitudes(b)];
}

function checkLengths(a: Float32Array, b: Float32Array): void {
  if (a.length === b.length) return;
  throw new FoleyError('usage', `spectral distance: ${a.length} samples against ${b.length}`, {
    hint: 'Cut or pad both sounds to the same length first.',
  });
}
