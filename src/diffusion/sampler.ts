/** @file What every sampler offers: the steps it visits, and the move from one noise level to the next. */
import { FoleyError } from '../errors/foley-error.js';
import type { NoiseSchedule } from './noise-schedule.js';
import type { PredictionType } from './prediction.js';

/**
 * One run of a diffusion sampler over one array of latents (any shape, flat). Samplers keep the history that multistep
 * methods need, so a new run takes a new sampler.
 */
export interface Sampler {
  /** The training step of each model evaluation, from noisy to clean. */
  readonly timesteps: readonly number[];
  /**
   * Moves latents from `timesteps[index]` to the next noise level; the last move ends at the clean sample. The first
   * call may use any index (to begin from a partly noisy sample); then indices rise by one.
   *
   * @param prediction the network's (guided) prediction for `latents` at `timesteps[index]`
   * @returns new latents; the arguments are kept unchanged, and `prediction` may be retained
   * @throws FoleyError `usage` when an index is out of turn or the lengths differ
   */
  step(prediction: Float32Array, index: number, latents: Float32Array): Float32Array;
}

/** What all samplers need to know. */
export interface SamplerContext {
  readonly schedule: NoiseSchedule;
  readonly prediction: PredictionType;
  /** Number of steps asked for; PNDM evaluates the network once more. */
  readonly steps: number;
}

/** Holds a sampler's caller to the order of calls. */
export class StepOrder {
  #expected: number | null = null;

  constructor(readonly stepCount: number) {}

  /** Accepts `index`, or throws. */
  accept(index: number, prediction: Float32Array, latents: Float32Array): void {
    const inRange = Number.isInteger(index) && index >= 0 && index < this.stepCount;
    if (!inRange || (this.#expected !== null && index !== this.#expected)) {
      const wanted = this.#expected ?? `0 to ${this.stepCount - 1}`;
      throw new FoleyError('usage', `sampler: step ${index} is out of turn, expected ${wanted}`, {
        hint: 'Make a new sampler for every run.',
      });
    }
    if (prediction.length !== latents.length) {
      throw new FoleyError(
        'usage',
        `sampler: the prediction has ${prediction.length} values, the latents ${latents.length}`,
      );
    }
    this.#expected = index + 1;
  }
}
