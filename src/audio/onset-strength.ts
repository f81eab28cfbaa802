/** @file Onsets by spectral flux: librosa.onset.onset_strength and onset_detect, with librosa's defaults. */
import { melFilters } from './mel-filterbank.js';
import { forEachSpectrum, type StftSpec } from './stft.js';

const fftSize = 2048;
const hopSamples = 512;
const bands = 128;
/** librosa.power_to_db: `amin` and `top_db`. */
const smallestPower = 1e-10;
const dynamicRangeDb = 80;

/** How much the sound rises at each hop. */
export interface OnsetStrength {
  /** Value `i` stands for time `i * hopSeconds`. */
  readonly hopSeconds: number;
  readonly values: Float64Array;
}

export interface OnsetOptions {
  /** How far a peak must stand above its surroundings, of the largest; default 0.07 (librosa), 0.3 in CondFoleyGen's metric. */
  readonly delta?: number;
}

/** An onset and its strength, 1 for the strongest. */
export interface Onset {
  readonly timeSeconds: number;
  readonly strength: number;
}

/**
 * Mean rise of the decibel mel from one hop (512 samples) to the next, over 128 bands up to half the rate. librosa
 * works at 22,050 Hz by default; resample first to compare with it.
 */
export function onsetStrength(samples: Float32Array, sampleRateHz: number): OnsetStrength {
  const spec: StftSpec = {
    fftSize,
    hopSamples,
    windowSamples: fftSize,
    padSamples: fftSize / 2,
    padMode: 'zero',
  };
  const filters = melFilters({ sampleRateHz, fftSize, bands, minHz: 0, maxHz: sampleRateHz / 2 });
  const columns: Float64Array[] = [];
  let loudestDb = Number.NEGATIVE_INFINITY;
  forEachSpectrum(samples, spec, (_, real, imaginary) => {
    const column = Float64Array.from(filters, ({ firstBin, weights }) => {
      let power = 0;
      for (let i = 0; i < weights.length; i++) {
        const bin = firstBin + i;
        power += weights[i]! * (real[bin]! * real[bin]! + imaginary[bin]! * imaginary[bin]!);
      }
      return 10 * Math.log10(Math.max(smallestPower, power));
    });
    for (const level of column) if (level > loudestDb) loudestDb = level;
    columns.push(column);
  });
  const floorDb = loudestDb - dynamicRangeDb;
  const values = new Float64Array(columns.length);
  const delay = 1 + fftSize / 2 / hopSamples; // the difference itself, and librosa's shift against centred frames
  for (let column = 1; column + delay - 1 < columns.length; column++) {
    let rise = 0;
    for (let band = 0; band < bands; band++) {
      const now = Math.max(floorDb, columns[column]![band]!);
      const before = Math.max(floorDb, columns[column - 1]![band]!);
      rise += Math.max(0, now - before);
    }
    values[column + delay - 1] = rise / bands;
  }
  return { hopSeconds: hopSamples / sampleRateHz, values };
}

/** The peaks of the onset strength, in order of time; none in silence or a steady sound of one level. */
export function detectOnsets(
  samples: Float32Array,
  sampleRateHz: number,
  options: OnsetOptions = {},
): Onset[] {
  const { hopSeconds, values } = onsetStrength(samples, sampleRateHz);
  const smallest = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const largest = values.reduce((most, value) => Math.max(most, value), 0) - smallest;
  if (!(largest > 0)) return [];
  const strengths = values.map((value) => (value - smallest) / largest);
  const hops = (seconds: number) => Math.floor((seconds * sampleRateHz) / hopSamples);
  return pickPeaks(strengths, {
    peakBefore: hops(0.03),
    peakAfter: 1,
    meanBefore: hops(0.1),
    meanAfter: hops(0.1) + 1,
    delta: options.delta ?? 0.07,
    wait: hops(0.03),
  }).map((frame) => ({ timeSeconds: frame * hopSeconds, strength: strengths[frame]! }));
}

/** All in frames but `delta`. The `after` values count the frame itself, as in librosa. */
export interface PeakPicking {
  readonly peakBefore: number;
  readonly peakAfter: number;
  readonly meanBefore: number;
  readonly meanAfter: number;
  readonly delta: number;
  readonly wait: number;
}

/** librosa.util.peak_pick: frames that are the largest around and exceed the mean around by `delta`. */
export function pickPeaks(values: Float64Array, picking: PeakPicking): number[] {
  const peaks: number[] = [];
  for (let frame = 0; frame < values.length; frame++) {
    const value = values[frame]!;
    let largest = Number.NEGATIVE_INFINITY;
    for (
      let i = Math.max(0, frame - picking.peakBefore);
      i < Math.min(frame + picking.peakAfter, values.length);
      i++
    ) {
      largest = Math.max(largest, values[i]!);
    }
    if (value !== largest) continue;
    const start = Math.max(0, frame - picking.meanBefore);
    const end = Math.min(frame + picking.meanAfter, values.length);
    let sum = 0;
    for (let i = start; i < end; i++) sum += values[i]!;
    if (value < sum / (end - start) + picking.delta) continue;
    peaks.push(frame);
    frame += picking.wait;
  }
  return peaks;
}
