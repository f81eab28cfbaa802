/** @file The onset metrics of CondFoleyGen: onset-count accuracy, detection accuracy and average precision. */
import { FoleyError } from '../errors/foley-error.js';

/** What CondFoleyGen's `predict_onset.py` fixes. */
export const condFoleyGenSampleRateHz = 22_050;
/** Peak threshold of the detector (`detectOnsets`) on both sides. */
export const condFoleyGenDelta = 0.3;

const confidenceSamples = Math.trunc(0.05 * condFoleyGenSampleRateHz);
const suppressionSamples = 0.05 * condFoleyGenSampleRateHz;

export interface CondFoleyGenScore {
  /** Whether both sides have equally many onsets; its mean over clips is the published "#onset acc". */
  readonly hasEqualCount: boolean;
  /** Found true onsets over true onsets; 0 without true onsets. */
  readonly detectionAccuracy: number;
  /** Null when neither side has an onset (the published script stops with an error there). */
  readonly averagePrecision: number | null;
}

/**
 * Scores one clip as CondFoleyGen does (predict_onset.py at 88b7367), quirks included: confidence is the largest
 * |sample| within 50 ms, suppression skips the neighbour of a removed onset because it edits the list it walks, and true
 * onsets are taken in order, each getting the loudest free candidate. (The script leaves the remaining true onsets out
 * of the average precision once the candidates have run out. That has no effect: without false onsets it is 1.)
 *
 * One difference: near the start of the clip the confidence window is cut off at sample 0, where the script would fail.
 *
 * @param reference true onsets in samples at 22,050 Hz, ascending
 * @param found onsets of the generated sound in samples, ascending
 * @param generated the generated sound at 22,050 Hz
 * @throws FoleyError `usage` for an onset outside the sound
 */
export function condFoleyGenScore(
  reference: readonly number[],
  found: readonly number[],
  generated: Float32Array,
  toleranceSeconds = 0.1,
): CondFoleyGenScore {
  const levels = normalisedLevels(generated);
  const outside = found.find((onset) => !(Number.isInteger(onset) && onset >= 0 && onset < levels.length));
  if (outside !== undefined) throw new FoleyError('usage', `onset ${outside} lies outside the sound`);
  const free = suppressNeighbours(found, levels);
  const judged: JudgedOnset[] = [];
  let hits = 0;
  for (const onset of reference) {
    const candidates = free.filter(
      (other) => Math.abs(other - onset) < toleranceSeconds * condFoleyGenSampleRateHz,
    );
    if (candidates.length === 0) {
      judged.push({ isTrue: true, confidence: 0 });
      continue;
    }
    const loudest = candidates.reduce((best, other) => (levels[other]! >= levels[best]! ? other : best));
    hits++;
    judged.push({ isTrue: true, confidence: confidenceAt(levels, loudest) });
    free.splice(free.indexOf(loudest), 1);
  }
  for (const onset of free) judged.push({ isTrue: false, confidence: confidenceAt(levels, onset) });
  return {
    hasEqualCount: reference.length === found.length,
    detectionAccuracy: reference.length === 0 ? 0 : hits / reference.length,
    averagePrecision: averagePrecision(judged),
  };
}

/** |sample| scaled so that the quietest is 0 and the loudest 1. */
function normalisedLevels(samples: Float32Array): Float64Array {
  const levels = Float64Array.from(samples, Math.abs);
  let lowest = Number.POSITIVE_INFINITY;
  let highest = 0;
  for (const level of levels) {
    lowest = Math.min(lowest, level);
    highest = Math.max(highest, level);
  }
  const range = highest - lowest;
  return levels.map((level) => (range === 0 ? 0 : (level - lowest) / range));
}

/** The largest level within 50 ms of an onset. */
export function confidenceAt(levels: Float64Array, onset: number): number {
  const around = levels.subarray(Math.max(0, onset - confidenceSamples), onset + confidenceSamples);
  return around.reduce((most, level) => Math.max(most, level), 0);
}

/** From the most confident down, an onset removes those within 50 ms of it (all but the one after each removed). */
export function suppressNeighbours(found: readonly number[], levels: Float64Array): number[] {
  const remaining = [...found];
  const kept: number[] = [];
  const byConfidence = found
    .map((onset, index) => ({ onset, index, confidence: confidenceAt(levels, onset) }))
    .sort((a, b) => b.confidence - a.confidence || b.index - a.index);
  for (const { onset } of byConfidence) {
    const at = remaining.indexOf(onset);
    if (at < 0) continue;
    kept.push(onset);
    remaining.splice(at, 1);
    for (let index = 0; index < remaining.length; index++) {
      if (Math.abs(remaining[index]! - onset) < suppressionSamples) remaining.splice(index, 1);
    }
  }
  return kept.sort((a, b) => a - b);
}

export interface JudgedOnset {
  readonly isTrue: boolean;
  readonly confidence: number;
}

/**
 * Area under the precision-recall steps, as scikit-learn's `average_precision_score`: equal confidences form one step.
 * 0 without true onsets, null without any.
 */
export function averagePrecision(judged: readonly JudgedOnset[]): number | null {
  if (judged.length === 0) return null;
  const positives = judged.filter((onset) => onset.isTrue).length;
  if (positives === 0) return 0;
  const sorted = [...judged].sort((a, b) => b.confidence - a.confidence);
  let area = 0;
  let hits = 0;
  let hitsBefore = 0;
  for (const [index, onset] of sorted.entries()) {
    if (onset.isTrue) hits++;
    if (sorted[index + 1]?.confidence === onset.confidence) continue;
    area += ((hits - hitsBefore) / positives) * (hits / (index + 1));
    hitsBefore = hits;
  }
  return area;
}
