/**
 * @file The short-time Fourier transform and its inverse as graphs over constant bases, so that both run on the
 * engine and carry gradients (vocoder head, spectral losses).
 */

import { FoleyError } from '../errors/foley-error.js';
import {
  add,
  concat,
  constant,
  conv1d,
  div,
  matmul,
  pad,
  reshape,
  slice,
  split,
  sqrt,
  square,
  type Tensor,
  tensor,
  type Value,
} from '../graph/index.js';

/** The periodic Hann window of `torch.hann_window(length)`. */
export function hannWindow(length: number): Float32Array {
  return Float32Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
}

/** A window placed in the middle of `fftSize` samples, as `torch.stft` does with a shorter `win_length`. */
function centredWindow(window: Float32Array, fftSize: number): Float32Array {
  if (window.length > fftSize) {
    throw new FoleyError(
      'usage',
      `the window has ${window.length} samples, more than the transform's ${fftSize}`,
    );
  }
  const centred = new Float32Array(fftSize);
  centred.set(window, Math.floor((fftSize - window.length) / 2));
  return centred;
}

/** Rows of window times cosine, then of window times minus sine: `[2 * bins, 1, fftSize]`. */
function analysisBasis(fftSize: number, window: Float32Array): Tensor {
  const bins = fftSize / 2 + 1;
  const weights = centredWindow(window, fftSize);
  const basis = new Float32Array(2 * bins * fftSize);
  for (let bin = 0; bin < bins; bin++) {
    for (let n = 0; n < fftSize; n++) {
      const angle = (2 * Math.PI * ((bin * n) % fftSize)) / fftSize;
      basis[bin * fftSize + n] = weights[n]! * Math.cos(angle);
      basis[(bins + bin) * fftSize + n] = -weights[n]! * Math.sin(angle);
    }
  }
  return tensor([2 * bins, 1, fftSize], basis);
}

/**
 * Rows that turn real and imaginary parts into one windowed frame, zero-padded to a whole number of hops:
 * `[2 * bins, paddedSize]`. Bins 0 and N/2 count once, the others twice (their mirror images are left out).
 */
function synthesisBasis(fftSize: number, window: Float32Array, paddedSize: number): Tensor {
  const bins = fftSize / 2 + 1;
  const weights = centredWindow(window, fftSize);
  const basis = new Float32Array(2 * bins * paddedSize);
  for (let bin = 0; bin < bins; bin++) {
    const share = (bin === 0 || bin === fftSize / 2 ? 1 : 2) / fftSize;
    for (let n = 0; n < fftSize; n++) {
      const angle = (2 * Math.PI * ((bin * n) % fftSize)) / fftSize;
      basis[bin * paddedSize + n] = share * weights[n]! * Math.cos(angle);
      basis[(bins + bin) * paddedSize + n] = -share * weights[n]! * Math.sin(angle);
    }
  }
  return tensor([2 * bins, paddedSize], basis);
}

/** Sum of the squared windows of all frames over the kept samples. */
function windowEnvelope(frames: number, fftSize: number, hopSamples: number, window: Float32Array): Tensor {
  const weights = centredWindow(window, fftSize);
  const sum = new Float64Array((frames - 1) * hopSamples + fftSize);
  for (let frame = 0; frame < frames; frame++) {
    for (let n = 0; n < fftSize; n++) sum[frame * hopSamples + n]! += weights[n]! ** 2;
  }
  const cut = (fftSize - hopSamples) / 2;
  return tensor([1, frames * hopSamples], Float32Array.from(sum.subarray(cut, cut + frames * hopSamples)));
}

/**
 * Magnitudes of the frames of a signal; frames lie wholly inside it (pad the signal first to centre them).
 * @param x `[B, samples]`.
 * @param window at most `fftSize` samples, placed in the middle.
 * @returns `[B, fftSize / 2 + 1, 1 + floor((samples - fftSize) / hopSamples)]`, sqrt(re^2 + im^2 + 1e-9) (Auffusion's floor, so the gradient is finite).
 */
export function stftMagnitude(x: Value, fftSize: number, hopSamples: number, window: Float32Array): Value {
  const bins = fftSize / 2 + 1;
  const signal = reshape(x, [x.shape[0]!, 1, x.shape[1]!]); // [B, 1, samples]
  const parts = conv1d(signal, constant(analysisBasis(fftSize, window)), null, { stride: hopSamples });
  const [real, imaginary] = split(parts, 1, [bins, bins]); // [B, bins, frames] each
  return sqrt(add(add(square(real!), square(imaginary!)), 1e-9));
}

/**
 * Frames back to samples: inverse transform, window, overlap-add, division by the summed squared windows. Half of
 * what overhangs is cut on either side, so that F frames give exactly F * hop samples and frame c is centred on
 * sample c * hop + hop / 2: the place Auffusion's uncentred mel column c describes.
 * @param real `[B, frames, bins]`, `imaginary` alike.
 * @returns `[B, frames * hopSamples]`.
 */
export function inverseStft(
  real: Value,
  imaginary: Value,
  fftSize: number,
  hopSamples: number,
  window: Float32Array,
): Value {
  const [batch, frames] = real.shape as [number, number, number];
  const overlap = Math.ceil(fftSize / hopSamples);
  const basis = constant(synthesisBasis(fftSize, window, overlap * hopSamples));
  const pieces = matmul(concat([real, imaginary], 2), basis); // [B, frames, overlap * hop]
  const total = (frames + overlap - 1) * hopSamples;
  // The k-th hop of every frame, laid end to end and shifted by k hops; the sum is the overlap-add.
  let sum: Value | null = null;
  for (let k = 0; k < overlap; k++) {
    const hops = slice(pieces, 2, k * hopSamples, (k + 1) * hopSamples); // [B, frames, hop]
    const shifted = pad(
      reshape(hops, [batch, frames * hopSamples]),
      [
        [0, 0],
        [k * hopSamples, total - (k + frames) * hopSamples],
      ],
      { mode: 'constant' },
    );
    sum = sum === null ? shifted : add(sum, shifted);
  }
  const cut = (fftSize - hopSamples) / 2;
  const kept = slice(sum!, 1, cut, cut + frames * hopSamples);
  return div(kept, constant(windowEnvelope(frames, fftSize, hopSamples, window)));
}
