/** @file Onsets as librosa's `onset_detect` finds them: mel spectral flux and a peak picker. */
import { melFilters } from '../audio/mel-filterbank.js';
import { forEachSpectrum, type StftSpec } from '../audio/stft.js';
import { FoleyError } from '../errors/foley-error.js';

export interface OnsetDetectionOptions {
  /** How far a peak stands above the mean around it, of an envelope scaled to 0..1. librosa's default is 0.07. */
  readonly delta?: number;
}

const stft: StftSpec = {
  fftSize: 2048,
  hopSamples: 512,
  windowSamples: 2048,
  padSamples: 1024,
  padMode: 'zero',
};
const melBands = 128;
const smallestPower = 1e-10;
const dynamicRangeDb = 80;
const smallestNormal = 2 ** -126;

/**
 * Onset positions in samples, multiples of 512: `librosa.onset.onset_detect(y, sr, units='samples', delta)` of
 * librosa 0.11 with its defaults (128 bands, hop 512, not backtracked).
 *
 * @throws FoleyError `input-rejected` for a rate that is not positive
 */
export function detectOnsets(
  samples: Float32Array,
  sampleRateHz: number,
  options: OnsetDetectionOptions = {},
): number[] {
  const strength = onsetStrength(samples, sampleRateHz);
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const value of strength) {
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  if (!(highest > lowest)) return [];
  const scaled = strength.map((value) => (value - lowest) / (highest - lowest + smallestNormal));
  return pickPeaks(scaled, sampleRateHz, options.delta ?? 0.07).map((frame) => frame * stft.hopSamples);
}

/** Mean rise of the mel levels in dB from frame to frame, one value each 512 samples. */
export function onsetStrength(samples: Float32Array, sampleRateHz: number): Float64Array {
  if (!(sampleRateHz > 0))
    throw new FoleyError('input-rejected', `onsets: ${sampleRateHz} Hz is no sample rate`);
  const levels = melLevels(samples, sampleRateHz); // [frames][bands]
  const strength = new Float64Array(levels.length);
  // One frame for the difference, and half a window because frames are centred; librosa counts the latter twice.
  const delay = 1 + stft.fftSize / (2 * stft.hopSamples);
  for (let frame = 1; frame < levels.length && frame - 1 + delay < strength.length; frame++) {
    let rise = 0;
    for (let band = 0; band < melBands; band++) {
      rise += Math.max(0, levels[frame]![band]! - levels[frame - 1]![band]!);
    }
    strength[frame - 1 + delay] = rise / melBands;
  }
  return strength;
}

function melLevels(samples: Float32Array, sampleRateHz: number): Float64Array[] {
  const { fftSize } = stft;
  const filters = melFilters({ sampleRateHz, fftSize, bands: melBands, minHz: 0, maxHz: sampleRateHz / 2 });
  const levels: Float64Array[] = [];
  let loudest = Number.NEGATIVE_INFINITY;
  forEachSpectrum(samples, stft, (_, real, imaginary) => {
    const row = Float64Array.from(filters, ({ firstBin, weights }) => {
      let power = 0;
      for (let index = 0; index < weights.length; index++) {
        const bin = firstBin + index;
        power += weights[index]! * (real[bin]! ** 2 + imaginary[bin]! ** 2);
      }
      return 10 * Math.log10(Math.max(power, smallestPower));
    });
    for (const level of row) loudest = Math.max(loudest, level);
    levels.push(row);
  });
  return levels.map((row) => row.map((level) => Math.max(level, loudest - dynamicRangeDb)));
}

/** Local maxima that stand `delta` above the local mean, at least 30 ms apart (Böck, Krebs and Schedl, ISMIR 2012). */
function pickPeaks(envelope: Float64Array, sampleRateHz: number, delta: number): number[] {
  const frames = (seconds: number) => Math.floor((seconds * sampleRateHz) / stft.hopSamples);
  const maximumBefore = frames(0.03);
  const meanBefore = frames(0.1);
  const meanAfter = frames(0.1) + 1;
  const wait = frames(0.03);
  const peaks: number[] = [];
  let frame = 0;
  while (frame < envelope.length) {
    const value = envelope[frame]!;
    const nearby = envelope.subarray(Math.max(0, frame - maximumBefore), frame + 1);
    const around = envelope.subarray(Math.max(0, frame - meanBefore), frame + meanAfter);
    const average = around.reduce((sum, other) => sum + other, 0) / around.length;
    if (nearby.every((other) => other <= value) && value >= average + delta) {
      peaks.push(frame);
      frame += wait;
    }
    frame++;
  }
  return peaks;
}
