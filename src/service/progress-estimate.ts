/** @file From steps of a stage to a share of the whole job, and the time that is left. */
import type { FoleyProgress, FoleyStage } from '../foley/progress.js';
import type { JobProgress } from './contract.js';

/**
 * Seconds that the stages of one take of a 10 s clip took with the small model on two cores (bench/results/demo.json).
 * Only their proportions count, and only until the pace of this very job is known.
 */
const stageSeconds: Readonly<Record<FoleyStage, number>> = {
  open: 0.4,
  frames: 2.9,
  text: 0.1,
  denoise: 2.2,
  decode: 0.2,
  vocode: 0.2,
  write: 0.4,
};
const sharedStages: readonly FoleyStage[] = ['open', 'frames', 'text'];
const takeStages: readonly FoleyStage[] = ['denoise', 'decode', 'vocode', 'write'];

const sum = (stages: readonly FoleyStage[]): number =>
  stages.reduce((seconds, stage) => seconds + stageSeconds[stage], 0);

/** No estimate is told before so much is done: it would jump about. */
const leastFraction = 0.08;

/** Follows one job. The fraction never goes back. */
export class ProgressEstimate {
  readonly #takes: number;
  readonly #now: () => number;
  readonly #startedMs: number;
  #fraction = 0;

  /** @param now milliseconds of a steady clock */
  constructor(takes: number, now: () => number = () => performance.now()) {
    this.#takes = takes;
    this.#now = now;
    this.#startedMs = now();
  }

  update({ stage, done, total, take }: FoleyProgress): JobProgress {
    const within = total > 0 ? Math.min(1, done / total) : 1;
    const isShared = sharedStages.includes(stage);
    const stages = isShared ? sharedStages : takeStages;
    const before = sum(stages.slice(0, stages.indexOf(stage)));
    const seconds =
      before + within * stageSeconds[stage] + (isShared ? 0 : sum(sharedStages) + take * sum(takeStages));
    const whole = sum(sharedStages) + this.#takes * sum(takeStages);
    this.#fraction = Math.min(1, Math.max(this.#fraction, seconds / whole));
    return {
      stage,
      done,
      total,
      take,
      takes: this.#takes,
      fraction: Math.round(this.#fraction * 1000) / 1000,
      secondsLeft: this.#secondsLeft(),
    };
  }

  #secondsLeft(): number | null {
    if (this.#fraction < leastFraction) return null;
    const elapsedSeconds = (this.#now() - this.#startedMs) / 1000;
    return Math.round((elapsedSeconds * (1 - this.#fraction) * 10) / this.#fraction) / 10;
  }
}
