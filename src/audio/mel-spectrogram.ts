/** @file Log-mel spectrograms with Auffusion's conventions (converter.py of happylittlecat2333/Auffusion). */
import { FoleyError } from '../errors/foley-error.js';
import { type MelFilterSpec, melFilters } from './mel-filterbank.js';
import { forEachSpectrum, frameCount, type StftSpec } from './stft.js';

/** How a wave becomes a mel: the filters, and the frames they see. */
export interface MelSpec extends MelFilterSpec {
  readonly hopSamples: number;
  readonly windowSamples: number;
}

/** Auffusion's mel: column `c` begins at `c * 160` samples of 16 kHz, 10 ms apart. */
export const auffusionMelSpec: MelSpec = {
  sampleRateHz: 16_000,
  fftSize: 2048,
  hopSamples: 160,
  windowSamples: 1024,
  bands: 256,
  minHz: 0,
  maxHz: 8000,
};

/** Natural logarithm of mel magnitudes, floored at 1e-5. */
export interface Mel {
  readonly bands: number;
  readonly columns: number;
  /** `[bands, columns]`, lowest band first. */
  readonly data: Float32Array;
}

/** Keeps the square root of a silent bin away from 0 (converter.py line 80). */
const powerEpsilon = 1e-9;
/** Mel magnitudes below this count as silence (converter.py line 83). */
export const melMagnitudeFloor = 1e-5;
/** The log-mel of silence, about -11.51. */
export const silentLogMel = Math.log(melMagnitudeFloor);

/** The frames of a mel: no centring, `(fftSize - hop) / 2` mirrored samples on both sides, so N samples give N / hop columns. */
export function melStftSpec(spec: MelSpec): StftSpec {
  return {
    fftSize: spec.fftSize,
    hopSamples: spec.hopSamples,
    windowSamples: spec.windowSamples,
    padSamples: (spec.fftSize - spec.hopSamples) >> 1,
    padMode: 'reflect',
  };
}

/** Columns of the mel of `sampleCount` samples: `floor(sampleCount / hop)`. */
export function melColumns(sampleCount: number, spec: MelSpec = auffusionMelSpec): number {
  return frameCount(sampleCount, melStftSpec(spec));
}

/**
 * Log-mel of samples at `spec.sampleRateHz`. Auffusion scales to a peak of 0.95 beforehand (`normalisePeak`).
 * @throws FoleyError `input-rejected` for fewer than 945 samples (with Auffusion's spec): they cannot be mirrored.
 */
export function melSpectrogram(samples: Float32Array, spec: MelSpec = auffusionMelSpec): Mel {
  const stftSpec = melStftSpec(spec);
  const columns = melColumns(samples.length, spec);
  if (columns === 0) {
    throw new FoleyError('input-rejected', `${samples.length} samples do not fill one mel column`);
  }
  const filters = melFilters(spec);
  const magnitude = new Float64Array(spec.fftSize / 2 + 1);
  const data = new Float32Array(spec.bands * columns);
  forEachSpectrum(samples, stftSpec, (column, real, imaginary) => {
    for (let bin = 0; bin < magnitude.length; bin++) {
      const re = real[bin]!;
      const im = imaginary[bin]!;
      magnitude[bin] = Math.sqrt(re * re + im * im + powerEpsilon);
    }
    for (let band = 0; band < filters.length; band++) {
      const { firstBin, weights } = filters[band]!;
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i]! * magnitude[firstBin + i]!;
      data[band * columns + column] = Math.log(Math.max(sum, melMagnitudeFloor));
    }
  });
  return { bands: spec.bands, columns, data };
}
