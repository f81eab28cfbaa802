/** @file What a classifier's outputs say about generated sound: divergence from the reference, and inception score. */
import { FoleyError } from '../errors/foley-error.js';
import { NumpyRandomState } from './numpy-random.js';
import { mean } from './statistics.js';

/** Logits (or log-probabilities) of one clip. */
export type Logits = ArrayLike<number>;

/** Natural logarithms of the softmax. */
export function logSoftmaxOf(logits: Logits): Float64Array {
  const values = Float64Array.from(logits);
  const largest = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const total = values.reduce((sum, value) => sum + Math.exp(value - largest), 0);
  const shift = largest + Math.log(total);
  return values.map((value) => value - shift);
}

/**
 * Mean KL divergence of the generated clip's class distribution from the reference clip's, KL(reference || generated).
 *
 * With epsilon 0 this is av-benchmark's KL (`metrics/kl.py`); SpecVQGAN's MKL adds 1e-6 to the generated probability.
 *
 * @throws FoleyError `usage` for no pairs or rows of unequal length
 */
export function meanKlDivergence(
  reference: readonly Logits[],
  generated: readonly Logits[],
  options: { readonly epsilon?: number } = {},
): number {
  const { epsilon = 0 } = options;
  if (reference.length !== generated.length || reference.length === 0) {
    throw new FoleyError('usage', `KL: ${reference.length} references against ${generated.length} clips`);
  }
  return mean(
    reference.map((logits, index) => {
      const real = logSoftmaxOf(logits);
      const made = logSoftmaxOf(generated[index]!);
      if (real.length !== made.length) {
        throw new FoleyError('usage', `KL: ${real.length} classes against ${made.length} in clip ${index}`);
      }
      return real.reduce((sum, logReal, at) => {
        const logMade = epsilon === 0 ? made[at]! : Math.log(Math.exp(made[at]!) + epsilon);
        return sum + Math.exp(logReal) * (logReal - logMade);
      }, 0);
    }),
  );
}

export interface InceptionScore {
  readonly mean: number;
  /** Over the splits, divided by their number. */
  readonly deviation: number;
}

/**
 * `exp(mean KL(p(class | clip) || p(class)))` within each of `splits` runs of clips (Salimans et al. 2016). av-benchmark
 * and SpecVQGAN shuffle first and use ten splits; here the order is the caller's.
 *
 * @throws FoleyError `usage` when there are fewer clips than splits
 */
export function inceptionScore(clips: readonly Logits[], splits = 10): InceptionScore {
  if (!Number.isInteger(splits) || splits < 1 || clips.length < splits) {
    throw new FoleyError('usage', `inception score: ${clips.length} clips do not make ${splits} splits`);
  }
  const scores = Array.from({ length: splits }, (_, split) => {
    const start = Math.floor((split * clips.length) / splits);
    const end = Math.floor(((split + 1) * clips.length) / splits);
    const logs = clips.slice(start, end).map(logSoftmaxOf);
    const marginal = logs[0]!.map((_, at) => Math.log(mean(logs.map((clip) => Math.exp(clip[at]!)))));
    return Math.exp(
      mean(logs.map((clip) => clip.reduce((sum, log, at) => sum + Math.exp(log) * (log - marginal[at]!), 0))),
    );
  });
  const average = mean(scores);
  return { mean: average, deviation: Math.sqrt(mean(scores.map((score) => (score - average) ** 2))) };
}

/**
 * The inception score as SpecVQGAN, audioldm_eval and av-benchmark publish it: clips shuffled by NumPy's seed 2020, ten
 * splits, logits of Cnn14 or unbiased ones of Melception. It depends on the order in which the clips are given (theirs
 * is that of the file names).
 *
 * @throws FoleyError `usage` when there are fewer clips than splits
 */
export function shuffledInceptionScore(
  clips: readonly Logits[],
  { splits = 10, seed = 2020 }: { readonly splits?: number; readonly seed?: number } = {},
): InceptionScore {
  const order = new NumpyRandomState(seed).permutation(clips.length);
  return inceptionScore(
    order.map((index) => clips[index]!),
    splits,
  );
}
