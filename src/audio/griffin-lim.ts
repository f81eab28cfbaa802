/** @file A wave from a mel without any training: Griffin-Lim, the floor that every vocoder has to beat. */
import { invertMel } from './mel-inversion.js';
import { auffusionMelSpec, type Mel, type MelSpec, melStftSpec } from './mel-spectrogram.js';
import { inverseStft, type Spectra, type StftSpec, stft } from './stft.js';
import { createWave, type Wave } from './wave.js';

export interface GriffinLimOptions {
  /** Default 32, librosa's; a 10 s clip takes a few seconds. */
  readonly iterations?: number;
  /** 0 is the original algorithm (1984), 0.99 the fast one (Perraudin, Balazs and Søndergaard 2013). Default 0.99. */
  readonly momentum?: number;
  /** Of the first phases; the same seed gives the same wave. Default 0. */
  readonly seed?: number;
}

/** A wave of `columns * hop` samples whose mel comes near to the given one. */
export function griffinLim(
  mel: Mel,
  spec: MelSpec = auffusionMelSpec,
  options: GriffinLimOptions = {},
): Wave {
  const magnitudes = invertMel(mel, spec);
  const samples = phasesByGriffinLim(magnitudes, melStftSpec(spec), mel.columns * spec.hopSamples, options);
  return createWave(spec.sampleRateHz, [Float32Array.from(samples)]);
}

/**
 * Finds a signal whose spectra have the given magnitudes.
 * @param magnitudes `[frames, fftSize / 2 + 1]`
 * @param sampleCount length of the result; it must give as many frames as there are magnitudes
 */
export function phasesByGriffinLim(
  magnitudes: Float64Array,
  spec: StftSpec,
  sampleCount: number,
  options: GriffinLimOptions = {},
): Float64Array {
  const { iterations = 32, momentum = 0.99, seed = 0 } = options;
  const bins = spec.fftSize / 2 + 1;
  const frames = magnitudes.length / bins;
  const estimate: Spectra = {
    frames,
    bins,
    real: new Float64Array(magnitudes.length),
    imaginary: new Float64Array(magnitudes.length),
  };
  const random = randomFractions(seed);
  for (let i = 0; i < magnitudes.length; i++) {
    const phase = 2 * Math.PI * random();
    estimate.real[i] = magnitudes[i]! * Math.cos(phase);
    estimate.imaginary[i] = magnitudes[i]! * Math.sin(phase);
  }
  const pull = momentum / (1 + momentum);
  let previous: Spectra | null = null;
  for (let iteration = 0; iteration < iterations; iteration++) {
    const rebuilt = stft(inverseStft(estimate, spec, sampleCount), spec);
    for (let i = 0; i < magnitudes.length; i++) {
      const re = rebuilt.real[i]! - (previous === null ? 0 : pull * previous.real[i]!);
      const im = rebuilt.imaginary[i]! - (previous === null ? 0 : pull * previous.imaginary[i]!);
      const factor = magnitudes[i]! / (Math.sqrt(re * re + im * im) + 1e-16); // Math.hypot is ten times slower
      estimate.real[i] = re * factor;
      estimate.imaginary[i] = im * factor;
    }
    previous = rebuilt;
  }
  return inverseStft(estimate, spec, sampleCount);
}

/** Uniform numbers in 0..1 (mulberry32): only the starting phases, where any spread will do. */
function randomFractions(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
