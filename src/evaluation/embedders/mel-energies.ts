/** @file What published front ends have in common: energies in mel bands, and stretches of equal length. */
import type { MelFilter } from '../../audio/mel-filterbank.js';
import { forEachSpectrum, frameCount, type StftSpec } from '../../audio/stft.js';

export interface MelEnergySpec {
  readonly stft: StftSpec;
  /** 1 sums magnitudes, 2 their squares. */
  readonly power: 1 | 2;
  readonly filters: readonly MelFilter[];
}

/** Band energies, time after time. */
export interface MelEnergies {
  readonly frames: number;
  readonly bands: number;
  /** `[frames, bands]` */
  readonly data: Float64Array;
}

/** Weighted sums of the spectra's magnitudes, before any logarithm. */
export function melEnergies(samples: Float32Array, { stft, power, filters }: MelEnergySpec): MelEnergies {
  const frames = frameCount(samples.length, stft);
  const bands = filters.length;
  const data = new Float64Array(frames * bands);
  const spectrum = new Float64Array(stft.fftSize / 2 + 1);
  forEachSpectrum(samples, stft, (frame, real, imaginary) => {
    for (let bin = 0; bin < spectrum.length; bin++) {
      const squared = real[bin]! ** 2 + imaginary[bin]! ** 2;
      spectrum[bin] = power === 2 ? squared : Math.sqrt(squared);
    }
    for (let band = 0; band < bands; band++) {
      const { firstBin, weights } = filters[band]!;
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i]! * spectrum[firstBin + i]!;
      data[frame * bands + band] = sum;
    }
  });
  return { frames, bands, data };
}

/** librosa's `power_to_db` without a floor below the loudest: 10 log10 of what is at least 1e-10. */
export function decibels(energies: Float64Array): Float32Array {
  return Float32Array.from(energies, (energy) => 10 * Math.log10(Math.max(1e-10, energy)));
}

/** `[frames, bands]` to `[bands, frames]`. */
export function bandsFirst({ frames, bands }: MelEnergies, data: ArrayLike<number>): Float32Array {
  const turned = new Float32Array(data.length);
  for (let frame = 0; frame < frames; frame++)
    for (let band = 0; band < bands; band++) turned[band * frames + frame] = data[frame * bands + band]!;
  return turned;
}

/** At least `length` samples, silence at the end. */
export function padTo(samples: Float32Array, length: number): Float32Array {
  if (samples.length >= length) return samples;
  const longer = new Float32Array(length);
  longer.set(samples);
  return longer;
}

/**
 * Stretches of exactly `length` samples, evenly over the sound: as many as come nearest to its length. One that is
 * shorter is padded with silence.
 */
export function evenStretches(samples: Float32Array, length: number): Float32Array[] {
  const count = Math.max(1, Math.round(samples.length / length));
  const last = Math.max(0, samples.length - length);
  return Array.from({ length: count }, (_, i) => {
    const start = count === 1 ? 0 : Math.round((i * last) / (count - 1));
    return padTo(samples.subarray(start, start + length), length);
  });
}
