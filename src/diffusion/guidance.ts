/** @file Classifier-free guidance over text and vision: which conditions to evaluate, and how to combine the results. */
import { FoleyError } from '../errors/foley-error.js';

/**
 * What the network is told in one evaluation: nothing (the negative prompt and blank frames), the frames alone (with
 * the negative prompt), or the text and the frames.
 */
export type ConditionSet = 'none' | 'vision' | 'text+vision';

/** Where a step stands in its run. */
export interface StepPosition {
  /** From 0. */
  readonly index: number;
  /** Steps of the run in all. */
  readonly count: number;
}

/** A stretch of a run, in shares of its steps: 0 is the noise, 1 the clean sample. */
export interface StepInterval {
  readonly from: number;
  readonly until: number;
}

/** Whether the middle of a step lies in an interval; 0 to 1 holds every step, equal ends hold none. */
export function isWithin({ index, count }: StepPosition, { from, until }: StepInterval): boolean {
  const middle = (index + 0.5) / count;
  return middle >= from && middle < until;
}

interface GuidanceShaping {
  /** 0..1: how far the guided prediction's spread is pulled back to the conditioned one's (arXiv 2305.08891). */
  readonly rescale?: number;
  /** Where guidance acts (arXiv 2404.07724); outside, the full condition alone. All steps unless given. */
  readonly interval?: StepInterval;
}

/** One factor for text and vision together, as in FoleyCrafter: `none + scale * (both - none)`. */
export interface JointGuidance extends GuidanceShaping {
  readonly mode: 'joint';
  readonly scale: number;
}

/**
 * A factor each: `none + visionScale * (vision - none) + textScale * (both - vision)`. A vision scale of 1 takes the frames
 * as they are and costs no more than a joint scale.
 */
export interface SeparateGuidance extends GuidanceShaping {
  readonly mode: 'separate';
  readonly textScale: number;
  readonly visionScale: number;
}

export type Guidance = JointGuidance | SeparateGuidance;

/** A condition set with its factor; the factors of a combination add up to 1. */
export interface GuidanceTerm {
  readonly conditionSet: ConditionSet;
  readonly factor: number;
}

/**
 * The evaluations that guidance needs at a step. Terms with factor 0 are left out: scale 1 is one evaluation
 * of the full condition, equal separate factors are two, as with joint guidance.
 *
 * @throws FoleyError `usage` for a factor that is not a finite number, or a rescale outside 0..1
 */
export function guidanceTerms(guidance: Guidance, step: StepPosition): readonly GuidanceTerm[] {
  const { interval } = guidance;
  checkGuidance(guidance);
  if (interval !== undefined && !isWithin(step, interval))
    return [{ conditionSet: 'text+vision', factor: 1 }];
  const textScale = guidance.mode === 'joint' ? guidance.scale : guidance.textScale;
  const visionScale = guidance.mode === 'joint' ? guidance.scale : guidance.visionScale;
  const terms: readonly GuidanceTerm[] = [
    { conditionSet: 'none', factor: 1 - visionScale },
    { conditionSet: 'vision', factor: visionScale - textScale },
    { conditionSet: 'text+vision', factor: textScale },
  ];
  return terms.filter((term) => term.factor !== 0);
}

/** A term with the network's prediction for it. */
export interface GuidedPrediction extends GuidanceTerm {
  readonly prediction: Float32Array;
}

/**
 * The weighted sum of the predictions; with `rescale`, each item of the batch is then scaled towards the standard
 * deviation of its most conditioned prediction (the last one).
 *
 * @param itemSize values of one item of the batch; the default is one item
 * @throws FoleyError `usage` when there is nothing to combine or the lengths do not fit
 */
export function combinePredictions(
  predictions: readonly GuidedPrediction[],
  rescale = 0,
  itemSize?: number,
): Float32Array {
  const conditioned = predictions.at(-1)?.prediction;
  if (conditioned === undefined) throw new FoleyError('usage', 'guidance: there is no prediction to combine');
  if (predictions.some((term) => term.prediction.length !== conditioned.length)) {
    throw new FoleyError('usage', 'guidance: the predictions differ in length');
  }
  if (predictions.length === 1 && predictions[0]!.factor === 1) return conditioned;
  const combined = new Float32Array(conditioned.length);
  for (let at = 0; at < combined.length; at++) {
    let sum = 0;
    for (const { factor, prediction } of predictions) sum += factor * prediction[at]!;
    combined[at] = sum;
  }
  if (rescale > 0) rescaleItems(combined, conditioned, rescale, itemSize ?? combined.length);
  return combined;
}

function rescaleItems(guided: Float32Array, reference: Float32Array, share: number, itemSize: number): void {
  if (!Number.isInteger(itemSize) || itemSize < 1 || guided.length % itemSize !== 0) {
    throw new FoleyError('usage', `guidance: items of ${itemSize} values do not divide ${guided.length}`);
  }
  for (let start = 0; start < guided.length; start += itemSize) {
    const item = guided.subarray(start, start + itemSize);
    const spread = standardDeviation(item);
    if (spread === 0) continue; // a constant prediction has no spread to restore
    const target = standardDeviation(reference.subarray(start, start + itemSize)) / spread;
    const scale = share * target + (1 - share);
    for (let at = 0; at < itemSize; at++) item[at] = item[at]! * scale;
  }
}

function standardDeviation(values: Float32Array): number {
  let mean = 0;
  for (const value of values) mean += value;
  mean /= values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / values.length);
}

function checkGuidance(guidance: Guidance): void {
  const factors = guidance.mode === 'joint' ? [guidance.scale] : [guidance.textScale, guidance.visionScale];
  for (const factor of factors) {
    if (!Number.isFinite(factor))
      throw new FoleyError('usage', `guidance must be a finite number, not ${factor}`);
  }
  const { rescale = 0 } = guidance;
  if (!(rescale >= 0 && rescale <= 1)) {
    throw new FoleyError('usage', `guidance rescale must lie between 0 and 1, not ${rescale}`);
  }
}
