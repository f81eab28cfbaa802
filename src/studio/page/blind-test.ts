/** @file Comparing two takes by ear: A, B and an X that is one of them, with the names hidden if wanted. */

export type Side = 'a' | 'b';
export type Heard = Side | 'x';

/** One answer to "which of the two is X?". */
export interface Trial {
  readonly truth: Side;
  readonly answer: Side;
}

export interface BlindTest {
  /** Which takes stand behind A and B. In a blind test the order was drawn. */
  readonly a: string;
  readonly b: string;
  readonly isBlind: boolean;
  /** What X is at the moment. */
  readonly x: Side;
  readonly heard: Heard;
  readonly trials: readonly Trial[];
  /** The take that was liked better, once somebody has said so. */
  readonly preferred: string | null;
}

/** Draws a side. The page gives crypto's randomness, tests give theirs. */
export type Draw = () => boolean;

/** Begins a comparison. Blind: which take is A and which is B is drawn. */
export function startTest(first: string, second: string, isBlind: boolean, draw: Draw): BlindTest {
  const isSwapped = isBlind && draw();
  return {
    a: isSwapped ? second : first,
    b: isSwapped ? first : second,
    isBlind,
    x: draw() ? 'a' : 'b',
    heard: 'a',
    trials: [],
    preferred: null,
  };
}

export function hear(test: BlindTest, heard: Heard): BlindTest {
  return { ...test, heard };
}

/** The take that sounds now. */
export function heardTake(test: BlindTest): string {
  return test[test.heard === 'x' ? test.x : test.heard];
}

/** Says which of the two X is; a new X is drawn. */
export function answer(test: BlindTest, side: Side, draw: Draw): BlindTest {
  return {
    ...test,
    trials: [...test.trials, { truth: test.x, answer: side }],
    x: draw() ? 'a' : 'b',
  };
}

/** Says which is better. That ends the blindness: names are shown from here on. */
export function prefer(test: BlindTest, side: Side): BlindTest {
  return { ...test, preferred: test[side], isBlind: false };
}

/** Shows the names without a choice. */
export function reveal(test: BlindTest): BlindTest {
  return { ...test, isBlind: false };
}

export interface Score {
  readonly right: number;
  readonly total: number;
  /** How often a coin would be right at least so often. */
  readonly chance: number;
}

export function scoreOf({ trials }: BlindTest): Score {
  const right = trials.filter((trial) => trial.truth === trial.answer).length;
  return { right, total: trials.length, chance: chanceOfAtLeast(right, trials.length) };
}

/** Upper tail of the binomial distribution with p = 1/2. */
export function chanceOfAtLeast(right: number, total: number): number {
  let term = 0.5 ** total; // of exactly `total` right, times (total choose k)
  let sum = 0;
  for (let k = total; k >= right; k--) {
    sum += term;
    term = (term * k) / (total - k + 1);
  }
  return Math.min(1, sum);
}
