/** @file Paired permutation test: whether two systems differ on the same scenes by more than chance. */
import { seededRandom } from '../data/seeded-random.js';
import { FoleyError } from '../errors/foley-error.js';
import { mean } from './statistics.js';

export interface PermutationOptions {
  /** Random sign patterns, where not all can be tried. Default 10,000. */
  readonly permutations?: number;
  readonly seed?: number | string;
}

export interface PermutationResult {
  /** Mean of `a - b`. */
  readonly meanDifference: number;
  /** Two-sided: the share of sign patterns with a mean at least as far from 0. */
  readonly pValue: number;
  /** Whether every sign pattern was tried. */
  readonly isExact: boolean;
}

/**
 * Fisher's test on paired differences: were the systems alike, each difference could as well have the other sign. All
 * sign patterns are tried where there are no more than `permutations`; else that many are drawn, and the one observed
 * is counted with them, so that the p value is never 0.
 *
 * @throws FoleyError `usage` for no pairs or rows of unequal length
 */
export function pairedPermutationTest(
  a: readonly number[],
  b: readonly number[],
  options: PermutationOptions = {},
): PermutationResult {
  const { permutations = 10_000, seed = 0 } = options;
  if (a.length !== b.length || a.length === 0) {
    throw new FoleyError('usage', `permutation test: ${a.length} values against ${b.length}`);
  }
  const differences = a.map((value, index) => value - b[index]!);
  const meanDifference = mean(differences);
  const total = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  const threshold = total * (1 - 1e-12); // sums in another order differ in the last digits
  const isExact = differences.length <= 30 && 2 ** differences.length <= permutations;
  const patterns = isExact ? 2 ** differences.length : permutations;
  const random = seededRandom(`permutation/${seed}`);
  let extreme = 0;
  for (let pattern = 0; pattern < patterns; pattern++) {
    let sum = 0;
    for (let index = 0; index < differences.length; index++) {
      const isFlipped = isExact ? ((pattern >>> index) & 1) === 1 : random.next() < 0.5;
      sum += isFlipped ? -differences[index]! : differences[index]!;
    }
    if (Math.abs(sum) >= threshold) extreme++;
  }
  const pValue = isExact ? extreme / patterns : (extreme + 1) / (patterns + 1);
  return { meanDifference, pValue, isExact };
}
