/** @file Short-time Fourier transform and its inverse, as torch.stft and torch.istft define them. */
import { FoleyError } from '../errors/foley-error.js';
import { RealFft } from './fft.js';

/** How a signal is cut into frames and transformed. */
export interface StftSpec {
  readonly fftSize: number;
  readonly hopSamples: number;
  /** At most `fftSize`; a shorter window sits in the middle of the frame, zeros around it. */
  readonly windowSamples: number;
  /** Samples added on both sides before framing. `fftSize / 2` is what libraries call centred. */
  readonly padSamples: number;
  /** What is added: the mirrored signal (edge not repeated) or zeros. */
  readonly padMode: 'reflect' | 'zero';
}

/** Complex spectra, frame after frame. */
export interface Spectra {
  readonly frames: number;
  readonly bins: number;
  /** `[frames, bins]` */
  readonly real: Float64Array;
  /** `[frames, bins]` */
  readonly imaginary: Float64Array;
}

/** Periodic Hann window: 0.5 - 0.5 cos(2 pi n / N), which sums to a constant at hops of N/2, N/4, ... */
export function hannWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
}

/** The window of a spec inside a frame of `fftSize`, `[fftSize]`. */
export function frameWindow(spec: StftSpec): Float64Array {
  checkSpec(spec);
  const window = new Float64Array(spec.fftSize);
  window.set(hannWindow(spec.windowSamples), (spec.fftSize - spec.windowSamples) >> 1);
  return window;
}

/** Frames that `sampleCount` samples give; 0 when they do not fill one. */
export function frameCount(sampleCount: number, spec: StftSpec): number {
  const spare = sampleCount + 2 * spec.padSamples - spec.fftSize;
  return spare < 0 ? 0 : Math.floor(spare / spec.hopSamples) + 1;
}

/**
 * Calls `visit` with the spectrum of each frame in turn. The arrays are reused from call to call.
 * @returns the number of frames
 * @throws FoleyError `input-rejected` when a signal is too short to be mirrored by `padSamples`.
 */
export function forEachSpectrum(
  samples: Float32Array | Float64Array,
  spec: StftSpec,
  visit: (frame: number, real: Float64Array, imaginary: Float64Array) => void,
): number {
  const window = frameWindow(spec);
  const fft = new RealFft(spec.fftSize);
  const padded = padSignal(samples, spec);
  const frames = frameCount(samples.length, spec);
  const frame = new Float64Array(spec.fftSize);
  const real = new Float64Array(fft.bins);
  const imaginary = new Float64Array(fft.bins);
  for (let index = 0; index < frames; index++) {
    const start = index * spec.hopSamples;
    for (let i = 0; i < frame.length; i++) frame[i] = window[i]! * padded[start + i]!;
    fft.forward(frame, real, imaginary);
    visit(index, real, imaginary);
  }
  return frames;
}

/** All spectra of a signal at once. */
export function stft(samples: Float32Array | Float64Array, spec: StftSpec): Spectra {
  const frames = frameCount(samples.length, spec);
  const bins = spec.fftSize / 2 + 1;
  const spectra: Spectra = {
    frames,
    bins,
    real: new Float64Array(frames * bins),
    imaginary: new Float64Array(frames * bins),
  };
  forEachSpectrum(samples, spec, (frame, real, imaginary) => {
    spectra.real.set(real, frame * bins);
    spectra.imaginary.set(imaginary, frame * bins);
  });
  return spectra;
}

/**
 * The signal whose spectra are nearest to the given ones: windowed overlap-add divided by the summed squared window,
 * without the padding.
 * @param sampleCount length of the result; samples no window reaches are 0
 */
export function inverseStft(spectra: Spectra, spec: StftSpec, sampleCount: number): Float64Array {
  const window = frameWindow(spec);
  const fft = new RealFft(spec.fftSize);
  if (spectra.bins !== fft.bins) {
    throw new FoleyError(
      'input-rejected',
      `spectra of ${spectra.bins} bins do not fit an FFT of ${spec.fftSize}`,
    );
  }
  const paddedLength = Math.max(
    sampleCount + 2 * spec.padSamples,
    (spectra.frames - 1) * spec.hopSamples + spec.fftSize,
  );
  const sum = new Float64Array(paddedLength);
  const weight = new Float64Array(paddedLength);
  const frame = new Float64Array(spec.fftSize);
  for (let index = 0; index < spectra.frames; index++) {
    const row = index * spectra.bins;
    fft.inverse(
      spectra.real.subarray(row, row + spectra.bins),
      spectra.imaginary.subarray(row, row + spectra.bins),
      frame,
    );
    const start = index * spec.hopSamples;
    for (let i = 0; i < frame.length; i++) {
      sum[start + i]! += frame[i]! * window[i]!;
      weight[start + i]! += window[i]! * window[i]!;
    }
  }
  const samples = new Float64Array(sampleCount);
  for (let i = 0; i < sampleCount; i++) {
    const total = weight[i + spec.padSamples]!;
    samples[i] = total > 1e-11 ? sum[i + spec.padSamples]! / total : 0; // torch.istft's own threshold
  }
  return samples;
}

/** The signal with `padSamples` on both sides. */
function padSignal(samples: Float32Array | Float64Array, spec: StftSpec): Float64Array {
  const { padSamples, padMode } = spec;
  const length = samples.length;
  if (padMode === 'reflect' && length > 0 && length <= padSamples) {
    throw new FoleyError(
      'input-rejected',
      `a signal of ${length} samples is too short to be mirrored by ${padSamples}`,
      { hint: `Pad it with silence to at least ${padSamples + 1} samples.` },
    );
  }
  const padded = new Float64Array(length + 2 * padSamples);
  padded.set(samples, padSamples);
  if (padMode === 'reflect' && length > 0) {
    for (let i = 1; i <= padSamples; i++) {
      padded[padSamples - i] = samples[i]!;
      padded[padSamples + length - 1 + i] = samples[length - 1 - i]!;
    }
  }
  return padded;
}

function checkSpec(spec: StftSpec): void {
  const isValid =
    Number.isInteger(spec.hopSamples) &&
    spec.hopSamples > 0 &&
    Number.isInteger(spec.windowSamples) &&
    spec.windowSamples > 0 &&
    spec.windowSamples <= spec.fftSize &&
    Number.isInteger(spec.padSamples) &&
    spec.padSamples >= 0;
  if (!isValid) throw new FoleyError('input-rejected', `not a usable STFT: ${JSON.stringify(spec)}`);
}
