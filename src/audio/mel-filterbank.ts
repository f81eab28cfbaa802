/** @file Triangular mel filters with Slaney's scale and area normalisation: librosa.filters.mel's defaults. */
import { FoleyError } from '../errors/foley-error.js';

/** Which filters: for spectra of `fftSize / 2 + 1` bins at `sampleRateHz`. */
export interface MelFilterSpec {
  readonly sampleRateHz: number;
  readonly fftSize: number;
  readonly bands: number;
  readonly minHz: number;
  readonly maxHz: number;
}

/** One band: its non-zero weights and the bin the first belongs to. */
export interface MelFilter {
  readonly firstBin: number;
  readonly weights: Float64Array;
}

// Slaney's Auditory Toolbox scale: linear to 1 kHz, then 27 mels per factor 6.4.
const linearHzPerMel = 200 / 3;
const breakHz = 1000;
const breakMel = breakHz / linearHzPerMel;
const logStep = Math.log(6.4) / 27;

export function hzToMel(hz: number): number {
  return hz < breakHz ? hz / linearHzPerMel : breakMel + Math.log(hz / breakHz) / logStep;
}

export function melToHz(mel: number): number {
  return mel < breakMel ? mel * linearHzPerMel : breakHz * Math.exp(logStep * (mel - breakMel));
}

/**
 * The filters, lowest band first. Each triangle has area 1 over frequency in Hz.
 * A band narrower than the bin spacing can be empty (`weights` of length 0), as in librosa.
 */
export function melFilters(spec: MelFilterSpec): MelFilter[] {
  const { sampleRateHz, fftSize, bands, minHz, maxHz } = spec;
  if (!(bands >= 1 && minHz >= 0 && maxHz > minHz && maxHz <= sampleRateHz / 2)) {
    throw new FoleyError('input-rejected', `not a usable mel filterbank: ${JSON.stringify(spec)}`);
  }
  const minMel = hzToMel(minHz);
  const melStep = (hzToMel(maxHz) - minMel) / (bands + 1);
  const edgesHz = Float64Array.from({ length: bands + 2 }, (_, i) => melToHz(minMel + i * melStep));
  const binHz = sampleRateHz / fftSize;
  return Array.from({ length: bands }, (_, band) => {
    const [low, centre, high] = [edgesHz[band]!, edgesHz[band + 1]!, edgesHz[band + 2]!];
    const area = 2 / (high - low);
    const firstBin = Math.max(0, Math.floor(low / binHz) + 1);
    const lastBin = Math.min(fftSize / 2, Math.ceil(high / binHz) - 1);
    const weights = Float64Array.from({ length: Math.max(0, lastBin - firstBin + 1) }, (_, i) => {
      const hz = (firstBin + i) * binHz;
      return area * Math.min((hz - low) / (centre - low), (high - hz) / (high - centre));
    });
    return { firstBin, weights };
  });
}

/** The filters as a dense row-major matrix `[bands, fftSize / 2 + 1]`, for graphs and linear algebra. */
export function melMatrix(spec: MelFilterSpec): Float32Array {
  const bins = spec.fftSize / 2 + 1;
  const matrix = new Float32Array(spec.bands * bins);
  for (const [band, filter] of melFilters(spec).entries())
    matrix.set(filter.weights, band * bins + filter.firstBin);
  return matrix;
}
