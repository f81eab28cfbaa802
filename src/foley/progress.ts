/** @file The stages of a job, what is told while they run, and how long each took. */

/** In the order in which they run. */
export const foleyStages = ['open', 'frames', 'text', 'denoise', 'decode', 'vocode', 'write'] as const;
export type FoleyStage = (typeof foleyStages)[number];

/** One step forward. Plain data: it crosses process borders. */
export interface FoleyProgress {
  readonly stage: FoleyStage;
  /** Units done and in all; what a unit is depends on the stage (frames, steps, windows). */
  readonly done: number;
  readonly total: number;
  /** From 0. */
  readonly take: number;
}

export type FoleyTimings = Readonly<Record<FoleyStage, number>>;

/** What accompanies a job from the outside. */
export interface JobHooks {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FoleyProgress) => void;
}

/** Sums up seconds by stage. */
export class StageClock {
  readonly #seconds = new Map<FoleyStage, number>();
  readonly #now: () => number;

  /** @param now milliseconds from a steady clock */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Runs `work` and adds its time to the stage, whether it succeeds or not. */
  async time<T>(stage: FoleyStage, work: () => Promise<T>): Promise<T> {
    const started = this.#now();
    try {
      return await work();
    } finally {
      this.#seconds.set(stage, (this.#seconds.get(stage) ?? 0) + (this.#now() - started) / 1000);
    }
  }

  /** Seconds by stage, to the millisecond; 0 for stages that did not run. */
  timings(): FoleyTimings {
    const rounded = (stage: FoleyStage): number => Math.round((this.#seconds.get(stage) ?? 0) * 1000) / 1000;
    return Object.fromEntries(foleyStages.map((stage) => [stage, rounded(stage)])) as unknown as FoleyTimings;
  }
}
