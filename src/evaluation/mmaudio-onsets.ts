/** @file The onset metrics of MMAudio: accuracy, average precision and F1 within 0.3 s, over 8 s. */
import { detectOnsets } from '../audio/onset-strength.js';
import {
  averagePrecision,
  condFoleyGenSampleRateHz,
  confidenceAt,
  type JudgedOnset,
  suppressNeighbours,
} from './cond-foley-gen.js';

// eval_onsets.py of hkchengrex/MMAudio, itself a change of CondFoleyGen's predict_onset.py. The numbers of the two are
// not comparable: one is within 0.3 s, the other within 0.1 s.

const sampleRateHz = condFoleyGenSampleRateHz;
const durationSeconds = 8;
/** Both the detector's threshold and the tolerance in seconds. */
const delta = 0.3;

export interface MmaudioOnsetScore {
  /** Found true onsets over true onsets; 0 without true onsets. */
  readonly accuracy: number;
  /** Null when neither side has an onset (the published script stops with an error there). */
  readonly averagePrecision: number | null;
  /** Of onsets whose confidence is above 0. */
  readonly f1: number;
}

/**
 * Scores one clip as MMAudio does, quirks included: the sound is scaled from its lowest to its highest sample, with its
 * sign; of several candidates the one is taken that stands where the loudest onset would stand had none been used up;
 * once all found onsets are used up, the remaining true ones count as misses in the accuracy alone.
 *
 * One difference, as in `condFoleyGenScore`: near the start of the clip the confidence window is cut off at sample 0.
 *
 * @param referenceSeconds true onsets, ascending; those from 8 s on are left out
 * @param generated the generated sound at 22,050 Hz; what is behind 8 s is left out
 */
export function mmaudioOnsetScore(
  referenceSeconds: readonly number[],
  generated: Float32Array,
): MmaudioOnsetScore {
  const sound = generated.subarray(0, durationSeconds * sampleRateHz);
  const reference = referenceSeconds.filter((time) => time < durationSeconds);
  const found = detectOnsets(sound, sampleRateHz, { delta }).map(({ timeSeconds }) =>
    Math.round(timeSeconds * sampleRateHz),
  );
  const levels = scaledLevels(sound);
  const onsets = suppressNeighbours(found, levels);
  const free = [...onsets];
  const judged: JudgedOnset[] = [];
  let hits = 0;
  for (const time of reference) {
    const near = free.flatMap((onset, index) =>
      Math.abs(onset - time * sampleRateHz) < delta * sampleRateHz ? [index] : [],
    );
    if (near.length === 0) {
      judged.push({ isTrue: true, confidence: 0 });
      continue;
    }
    const levelOf = (index: number) => levels[onsets[index]!]!; // sic: places of the shorter list in the longer one
    const chosen = near.reduce((best, index) => (levelOf(index) >= levelOf(best) ? index : best));
    hits++;
    judged.push({ isTrue: true, confidence: confidenceAt(levels, free[chosen]!) });
    free.splice(chosen, 1);
    if (free.length === 0) break;
  }
  for (const onset of free) judged.push({ isTrue: false, confidence: confidenceAt(levels, onset) });
  return {
    accuracy: reference.length === 0 ? 0 : hits / reference.length,
    averagePrecision: averagePrecision(judged),
    f1: f1Of(judged),
  };
}

/** 0 for the lowest sample, all but 1 for the highest. */
function scaledLevels(samples: Float32Array): Float64Array {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const sample of samples) {
    lowest = Math.min(lowest, sample);
    highest = Math.max(highest, sample);
  }
  return Float64Array.from(samples, (sample) => (sample - lowest) / (highest - lowest + 1e-6));
}

function f1Of(judged: readonly JudgedOnset[]): number {
  const count = (isTrue: boolean, isFound: boolean) =>
    judged.filter((onset) => onset.isTrue === isTrue && onset.confidence > 0 === isFound).length;
  const hits = count(true, true);
  const total = 2 * hits + count(true, false) + count(false, true);
  return total === 0 ? 0 : (2 * hits) / total;
}
