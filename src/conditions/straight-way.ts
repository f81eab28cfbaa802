/** @file The straight way at an even speed that explains best how a thing is seen around a time. */

/** What one look at a picture says of the thing. */
export interface Look {
  readonly timeSeconds: number;
  /** Tangent of how far it is to the right of where the camera looks. */
  readonly side: number;
  /** Tangent of how far it is above the middle of the picture; null where that is not known. */
  readonly height: number | null;
  /** Natural logarithm of its depth, in its sizes. */
  readonly logDepth: number;
  /** 0..1, how much the look counts ... */
  readonly weight: number;
  /** ... and how much of that, 0..1, where the picture's left and right edge may cut it off, ... */
  readonly wholeWide: number;
  /** ... and where the upper and the lower one may. */
  readonly wholeHigh: number;
}

/** Where the thing is at a time, and how it moves. Tangents are its place by its depth. */
export interface StraightWay {
  /** In its sizes. */
  readonly depth: number;
  readonly side: number;
  /** Above the line of sight at which things far away are seen; null where no look says. */
  readonly height: number | null;
  /** That line's own tangent above the middle of the picture. */
  readonly horizon: number;
  /** How fast the depth grows, in depths a second. */
  readonly depthRate: number;
  /** How fast it moves to the right, in depths a second. */
  readonly sideRate: number;
  /** The looks that it rests on, as a number of looks at the very time. */
  readonly support: number;
}

/** Standard deviations of what looks say, and of what is likely before any look. */
const deviations = {
  side: 0.03,
  height: 0.03,
  logDepth: 0.25,
  /** Tangent of how far the horizon is from the middle of the picture. */
  horizon: 0.08,
  /** Depths a second. */
  depthRate: 1,
  sideRate: 5,
} as const;

/** Nothing seen comes nearer than this, by its depth at the time of the fit. */
const leastDepth = 0.05;

/**
 * Fits a motion in a straight line at an even speed, neither rising nor falling: at `t` seconds from the centre it is seen
 * at `(side + sideRate t) / d` to the side, `horizon + height / d` high, and `log(depth) + log(d)` deep, with
 * `d = 1 + depthRate t`. So that a thing comes nearer is told by its growing, by how its way across the picture becomes
 * steeper, and by how it leaves the horizon. All but `depthRate` is linear least squares; that one is searched for.
 *
 * @param looks ascending in time
 * @param deviationSeconds of the bell by which looks count less the further they are from the centre
 * @param leftOutSeconds looks as near to the centre as this do not count: what they say can then be compared
 * @returns null where no look is near enough
 */
export function fitStraightWay(
  looks: readonly Look[],
  centreSeconds: number,
  deviationSeconds: number,
  leftOutSeconds = -1,
): StraightWay | null {
  const used: CentredLook[] = [];
  const reachSeconds = reach * deviationSeconds;
  for (let index = firstFrom(looks, centreSeconds - reachSeconds); index < looks.length; index++) {
    const look = looks[index]!;
    const seconds = look.timeSeconds - centreSeconds;
    if (seconds > reachSeconds) break;
    if (Math.abs(seconds) <= leftOutSeconds) continue;
    const weight = look.weight * Math.exp(-0.5 * (seconds / deviationSeconds) ** 2);
    used.push({ ...look, seconds, weight });
  }
  if (used.length === 0) return null;
  let best: Solution | null = null;
  let bestStep = 0;
  const tryStep = (step: number): void => {
    const solution = solve(used, rateAt(step));
    if (solution === null || (best !== null && solution.cost >= best.cost)) return;
    best = solution;
    bestStep = step;
  };
  for (let magnitude = 0; magnitude <= rateSteps; magnitude++) {
    tryStep(magnitude);
    if (magnitude > 0) tryStep(-magnitude);
  }
  for (let width = 0.5; width > finestStep; width /= 2) {
    const middle = bestStep;
    tryStep(middle - width);
    tryStep(middle + width);
  }
  const { way } = best!; // standing still suits any looks
  return { ...way, support: used.reduce((sum, { weight }) => sum + weight, 0) };
}

/** The index of the first look that is not before a time. */
function firstFrom(looks: readonly Look[], seconds: number): number {
  let [low, high] = [0, looks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (looks[middle]!.timeSeconds < seconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Further away than so many deviations a look counts for nothing. */
const reach = 3;

interface CentredLook extends Look {
  /** From the centre. */
  readonly seconds: number;
}

interface Solution {
  readonly cost: number;
  readonly way: Omit<StraightWay, 'support'>;
}

/** Rates of -1.5 to 1.5 depths a second in steps that grow with them. */
const rateSteps = 20;
const finestStep = 1e-3;

function rateAt(step: number): number {
  return Math.sign(step) * 0.01 * (Math.exp(Math.abs(step) / 4) - 1);
}

/** The best of all else for a rate of depth; null where that would bring it behind the camera while it is seen. */
function solve(looks: readonly CentredLook[], depthRate: number): Solution | null {
  const sides = new LinePair(0, 1 / deviations.sideRate ** 2);
  const heights = new LinePair(1 / deviations.horizon ** 2, weakly);
  let [depthWeight, depthSum, heightWeight] = [0, 0, 0];
  for (const { seconds, side, height, logDepth, weight, wholeWide, wholeHigh } of looks) {
    const d = 1 + depthRate * seconds;
    if (d < leastDepth) return null;
    sides.add(1 / d, seconds / d, side, (weight * wholeWide) / deviations.side ** 2);
    if (height !== null) {
      heights.add(1, 1 / d, height, (weight * wholeHigh) / deviations.height ** 2);
      heightWeight += weight;
    }
    const counts = (weight * wholeWide * wholeHigh) / deviations.logDepth ** 2;
    depthWeight += counts;
    depthSum += counts * (logDepth - Math.log(d));
  }
  const [side, sideRate] = sides.solution();
  const [horizon, height] = heights.solution();
  const meanLogDepth = depthSum / depthWeight;
  let cost =
    (depthRate / deviations.depthRate) ** 2 +
    (sideRate / deviations.sideRate) ** 2 +
    (horizon / deviations.horizon) ** 2;
  for (const look of looks) {
    const d = 1 + depthRate * look.seconds;
    const ofSide = (look.side - (side + sideRate * look.seconds) / d) / deviations.side;
    const ofHeight = look.height === null ? 0 : (look.height - horizon - height / d) / deviations.height;
    const ofDepth = (look.logDepth - meanLogDepth - Math.log(d)) / deviations.logDepth;
    const { weight, wholeWide, wholeHigh } = look;
    cost +=
      weight * (wholeWide * ofSide ** 2 + wholeHigh * ofHeight ** 2 + wholeWide * wholeHigh * ofDepth ** 2);
  }
  const depth = Math.exp(meanLogDepth);
  return {
    cost,
    way: { depth, side, height: heightWeight > 0 ? height : null, horizon, depthRate, sideRate },
  };
}

/** Keeps equations solvable, and changes nothing that looks say. */
const weakly = 1e-6;

/** Least squares for `a x + b y = value`, each unknown with a prior at 0. */
class LinePair {
  #aa: number;
  #bb: number;
  #ab = 0;
  #av = 0;
  #bv = 0;

  /** @param priorX @param priorY one over the variance of each unknown before any look */
  constructor(priorX: number, priorY: number) {
    this.#aa = priorX + weakly;
    this.#bb = priorY;
  }

  add(a: number, b: number, value: number, weight: number): void {
    this.#aa += weight * a * a;
    this.#ab += weight * a * b;
    this.#bb += weight * b * b;
    this.#av += weight * a * value;
    this.#bv += weight * b * value;
  }

  solution(): readonly [x: number, y: number] {
    const determinant = this.#aa * this.#bb - this.#ab * this.#ab;
    return [
      (this.#bb * this.#av - this.#ab * this.#bv) / determinant,
      (this.#aa * this.#bv - this.#ab * this.#av) / determinant,
    ];
  }
}

/**
 * How badly ways at the looks explain each look from those around it, of all but what is as near as `leftOutSeconds`: the
 * squared differences in their deviations, each counted as `mostError` at most; infinite where there is nothing to compare.
 */
export function unexplained(
  looks: readonly Look[],
  deviationSeconds: number,
  leftOutSeconds: number,
  mostError: number,
): number {
  const stride = Math.max(1, Math.ceil(looks.length / mostProbes));
  let [sum, count] = [0, 0];
  for (let index = 0; index < looks.length; index += stride) {
    const look = looks[index]!;
    const way = fitStraightWay(looks, look.timeSeconds, deviationSeconds, leftOutSeconds);
    if (way === null) continue;
    const { wholeWide, wholeHigh } = look;
    const ofHeight = look.height === null ? 0 : look.height - way.horizon - (way.height ?? 0);
    const error =
      wholeWide * ((look.side - way.side) / deviations.side) ** 2 +
      wholeHigh * (ofHeight / deviations.height) ** 2 +
      wholeWide * wholeHigh * ((look.logDepth - Math.log(way.depth)) / deviations.logDepth) ** 2;
    sum += Math.min(mostError, error);
    count++;
  }
  return count === 0 ? Number.POSITIVE_INFINITY : sum / count;
}

/** More looks than this are not asked about; they are spread over all. */
const mostProbes = 40;
