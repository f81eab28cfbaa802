/** @file Onsets in samples, as the published onset metrics count them. */

import { detectOnsets as detectOnsetTimes, type OnsetOptions } from '../audio/onset-strength.js';
import { createResampler } from '../audio/resample.js';

/**
 * Onset positions in samples, multiples of 512: `librosa.onset.onset_detect(y, sr, units='samples', delta)` of librosa
 * 0.11 with its defaults (not backtracked).
 *
 * @param options `delta` is librosa's 0.07 unless given; CondFoleyGen's metric takes `condFoleyGenDelta`
 */
export function detectOnsets(
  samples: Float32Array,
  sampleRateHz: number,
  options: OnsetOptions = {},
): number[] {
  return detectOnsetTimes(samples, sampleRateHz, options).map(({ timeSeconds }) =>
    Math.round(timeSeconds * sampleRateHz),
  );
}

/**
 * librosa's own rate, at which its settings are what they say. They are whole frames of 512 samples: at 16 kHz the 30 ms
 * that it waits after an onset, and looks around for a higher peak, are none, and most onsets are found twice.
 */
export const librosaSampleRateHz = 22_050;

/** Onsets in seconds, found at librosa's own rate, whatever the sound's rate is. */
export function onsetSeconds(
  samples: Float32Array,
  sampleRateHz: number,
  options: OnsetOptions = {},
): number[] {
  const resampled = createResampler(sampleRateHz, librosaSampleRateHz).resample(samples);
  return detectOnsetTimes(resampled, librosaSampleRateHz, options).map(({ timeSeconds }) => timeSeconds);
}
