/** @file Bootstrap confidence intervals: how far a figure over scenes would move had other scenes been drawn. */
import { seededRandom } from '../data/seeded-random.js';
import { FoleyError } from '../errors/foley-error.js';
import { median, quantileOfSorted } from './statistics.js';

export interface Interval {
  /** The statistic of the values themselves. */
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** Default 0.95. */
  readonly confidence?: number;
  /** Default 4000: the ends of the interval are then stable to about a hundredth of its width. */
  readonly resamples?: number;
  readonly seed?: number | string;
}

/**
 * Percentile bootstrap (Efron 1979): the statistic of resamples drawn with replacement, and the range that holds the
 * central share of them. The same seed gives the same interval.
 *
 * @throws FoleyError `usage` for no values or a confidence outside 0..1
 */
export function bootstrapInterval(
  values: readonly number[],
  statistic: (values: Float64Array) => number = median,
  options: BootstrapOptions = {},
): Interval {
  const { confidence = 0.95, resamples = 4000, seed = 0 } = options;
  if (values.length === 0) throw new FoleyError('usage', 'bootstrap: there are no values');
  if (!(confidence > 0 && confidence < 1)) {
    throw new FoleyError('usage', `bootstrap: confidence must lie between 0 and 1, not ${confidence}`);
  }
  const random = seededRandom(`bootstrap/${seed}`);
  const drawn = new Float64Array(values.length);
  const statistics = Float64Array.from({ length: resamples }, () => {
    for (let index = 0; index < drawn.length; index++) {
      drawn[index] = values[Math.floor(random.next() * values.length)]!;
    }
    return statistic(drawn);
  }).sort();
  const tail = (1 - confidence) / 2;
  return {
    estimate: statistic(Float64Array.from(values)),
    low: quantileOfSorted(statistics, tail),
    high: quantileOfSorted(statistics, 1 - tail),
  };
}
