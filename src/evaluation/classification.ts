/** @file How often a classifier names the right class: top-k accuracy and the confusion table. */
import { FoleyError } from '../errors/foley-error.js';
import type { Logits } from './class-distributions.js';

/** Class indices from most to least likely; of equals, the lower index first. */
export function rankClasses(logits: Logits): number[] {
  return Array.from(logits, (_, index) => index).sort((a, b) => logits[b]! - logits[a]! || a - b);
}

/**
 * The share of clips whose true class is among the `k` most likely.
 *
 * @param classes index of the true class of each clip
 * @throws FoleyError `usage` for no clips, or lists of unequal length
 */
export function topKAccuracy(clips: readonly Logits[], classes: readonly number[], k = 1): number {
  checkPairs(clips, classes);
  const hits = clips.filter((logits, index) => rankClasses(logits).slice(0, k).includes(classes[index]!));
  return hits.length / clips.length;
}

export interface ConfusionTable {
  readonly classIds: readonly string[];
  /** `counts[truth][named]` */
  readonly counts: readonly (readonly number[])[];
  /** Share of each class's clips that were named right; null for a class without clips. */
  readonly recall: readonly (number | null)[];
  /** Share of right ones among the clips that were given this name; null where it was never given. */
  readonly precision: readonly (number | null)[];
  readonly accuracy: number;
  /** Mean recall of the classes that have clips. */
  readonly balancedAccuracy: number;
}

/** Counts of what each class was taken for. @throws FoleyError `usage` for indices outside the list of classes */
export function confusionTable(
  clips: readonly Logits[],
  classes: readonly number[],
  classIds: readonly string[],
): ConfusionTable {
  checkPairs(clips, classes);
  const counts = classIds.map(() => new Array<number>(classIds.length).fill(0));
  let hits = 0;
  for (const [index, logits] of clips.entries()) {
    const truth = classes[index]!;
    const row = counts[truth];
    if (row === undefined || logits.length !== classIds.length) {
      throw new FoleyError('usage', `confusion table: clip ${index} is not of ${classIds.length} classes`);
    }
    const named = rankClasses(logits)[0]!;
    row[named]! += 1;
    if (named === truth) hits++;
  }
  const share = (part: number, whole: number) => (whole === 0 ? null : part / whole);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const recall = counts.map((row, at) => share(row[at]!, sum(row)));
  const present = recall.filter((value) => value !== null);
  return {
    classIds,
    counts,
    recall,
    precision: counts.map((row, at) => share(row[at]!, sum(counts.map((other) => other[at]!)))),
    accuracy: hits / clips.length,
    balancedAccuracy: sum(present) / present.length,
  };
}

function checkPairs(clips: readonly Logits[], classes: readonly number[]): void {
  if (clips.length === classes.length && clips.length > 0) return;
  throw new FoleyError('usage', `accuracy: ${clips.length} clips against ${classes.length} classes`);
}
