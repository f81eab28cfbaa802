/** @file Onsets in samples, as the published onset metrics count them. */
import { detectOnsets as detectOnsetTimes, type OnsetOptions } from '../audio/onset-strength.js';

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
