/** @file How well a score tells two kinds of things apart: the area under the ROC curve, and the best place to cut. */
import { FoleyError } from '../errors/foley-error.js';

/**
 * Probability that a thing of the wanted kind scores higher than one of the other kind, ties counted half (the
 * Mann-Whitney statistic); null where one of the kinds has no members.
 *
 * @throws FoleyError `usage` when there is not one flag for each score
 */
export function rocArea(scores: ArrayLike<number>, isWanted: ArrayLike<boolean>): number | null {
  const ordered = orderedScores(scores, isWanted);
  let wanted = 0;
  let others = 0;
  let pairs = 0;
  for (let first = 0; first < ordered.length; ) {
    let end = first;
    let wantedHere = 0;
    while (end < ordered.length && ordered[end]!.score === ordered[first]!.score) {
      if (ordered[end]!.isWanted) wantedHere++;
      end++;
    }
    const othersHere = end - first - wantedHere;
    pairs += wantedHere * (others + othersHere / 2);
    wanted += wantedHere;
    others += othersHere;
    first = end;
  }
  return wanted === 0 || others === 0 ? null : pairs / (wanted * others);
}

export interface BestCut {
  /** Scores of at least this count as wanted. */
  readonly threshold: number;
  /** Mean of the shares of both kinds that fall on their own side. */
  readonly balancedAccuracy: number;
}

/**
 * The cut with the largest balanced accuracy, half way between the two scores it lies between; of equals the lowest.
 * Null where one of the kinds has no members.
 *
 * @throws FoleyError `usage` when there is not one flag for each score
 */
export function bestCut(scores: ArrayLike<number>, isWanted: ArrayLike<boolean>): BestCut | null {
  const ordered = orderedScores(scores, isWanted);
  const wanted = ordered.filter((entry) => entry.isWanted).length;
  const others = ordered.length - wanted;
  if (wanted === 0 || others === 0) return null;
  // below every score: all wanted ones are right and all others wrong
  let best: BestCut = { threshold: ordered[0]!.score, balancedAccuracy: 0.5 };
  let [wantedBelow, othersBelow] = [0, 0];
  for (let index = 0; index + 1 < ordered.length; index++) {
    if (ordered[index]!.isWanted) wantedBelow++;
    else othersBelow++;
    const [here, next] = [ordered[index]!.score, ordered[index + 1]!.score];
    if (here === next) continue;
    const balancedAccuracy = ((wanted - wantedBelow) / wanted + othersBelow / others) / 2;
    if (balancedAccuracy > best.balancedAccuracy) best = { threshold: (here + next) / 2, balancedAccuracy };
  }
  return best;
}

function orderedScores(scores: ArrayLike<number>, isWanted: ArrayLike<boolean>) {
  if (scores.length !== isWanted.length) {
    throw new FoleyError('usage', `ROC: ${scores.length} scores against ${isWanted.length} flags`);
  }
  return Array.from({ length: scores.length }, (_, index) => ({
    score: scores[index]!,
    isWanted: isWanted[index]!,
  })).sort((a, b) => a.score - b.score);
}
