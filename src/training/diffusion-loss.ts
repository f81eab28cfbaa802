/** @file The diffusion loss: how well the noise in noisy latents, or their velocity, is predicted, weighted by the step. */

import type { SeededRandom } from '../data/seeded-random.js';
import {
  createNoiseSchedule,
  minSnrWeight,
  type NoiseSchedule,
  signalToNoise,
} from '../diffusion/noise-schedule.js';
import { add, input, mean, mul, square, sub, sum, type Tensor, tensor, type Value } from '../graph/index.js';
import type { ModelConfig } from '../models/model-config.js';

/** Graph inputs of a batch of noisy latents. */
export interface NoisyLatents {
  /** `[B, C, H, W]`, noise added. */
  readonly noisy: Value;
  /** `[B, C, H, W]`: the noise that was added, or the velocity. */
  readonly target: Value;
  /** `[B]`, 0..999. */
  readonly timestep: Value;
  /** `[B]`, see {@link lossWeight}. */
  readonly weight: Value;
}

export function noisyLatentInputs(batch: number, shape: readonly number[]): NoisyLatents {
  return {
    noisy: input('noisy', [batch, ...shape]),
    target: input('target', [batch, ...shape]),
    timestep: input('timestep', [batch]),
    weight: input('weight', [batch]),
  };
}

export function asInputs({ noisy, target, timestep, weight }: NoisyLatents): Value[] {
  return [noisy, target, timestep, weight];
}

/**
 * The same latents with a target that is in part what a frozen network predicts which is told more: the mean of the true
 * targets is left what it is where that network is right, and their spread shrinks.
 *
 * @param known `[B, C, H, W]`
 * @param share `[B, 1, 1, 1]`: 0 leaves the true target
 */
export function taughtBy(noisy: NoisyLatents, known: Value, share: Value): NoisyLatents {
  const { target } = noisy;
  return { ...noisy, target: add(target, mul(share, sub(known, target))) };
}

/** Weighted mean square error of a prediction; `plain` is the same without weights, for the log. */
export function noisePredictionLoss(
  predicted: Value,
  { target, weight }: NoisyLatents,
): { readonly loss: Value; readonly plain: Value } {
  const perItem = mean(square(sub(predicted, target)), [1, 2, 3]); // [B]
  const batch = perItem.shape[0]!;
  return { loss: mul(sum(mul(perItem, weight), [0]), 1 / batch), plain: mean(perItem, [0]) };
}

/** Largest signal-to-noise ratio that counts in full (Hang et al. 2023). */
const gamma = 5;

/**
 * Weight of a step. For noise prediction the published min-SNR weight. For velocity the squared error is left as it is
 * where there is more noise than signal, because that is where text and timing decide what will be heard; cleaner
 * steps are held back as with min-SNR.
 */
export function lossWeight(schedule: NoiseSchedule, step: number, prediction: 'epsilon' | 'v'): number {
  if (prediction === 'epsilon') return minSnrWeight(schedule, step, 'epsilon', gamma);
  return Math.min(1, (gamma + 1) / (signalToNoise(schedule, step) + 1));
}

/** What a model's `config.json` says about its diffusion. */
export type DiffusionConfig = ModelConfig['diffusion'];

/** Draws steps and noise for a batch of clean latents. */
export class NoiseDraw {
  private readonly schedule: NoiseSchedule;

  constructor(private readonly config: DiffusionConfig) {
    this.schedule = createNoiseSchedule(config);
  }

  /**
   * Steps are stratified over the batch: each is equally likely, and batches differ less.
   * @param clean one Float32Array for each item, scaled to a deviation of about one
   * @param shape of one item, `[C, H, W]`
   */
  feeds(
    clean: readonly Float32Array[],
    shape: readonly number[],
    random: SeededRandom,
  ): Record<string, Tensor> {
    const batch = clean.length;
    const size = clean[0]!.length;
    const noisy = new Float32Array(batch * size);
    const target = new Float32Array(batch * size);
    const timestep = new Float32Array(batch);
    const weight = new Float32Array(batch);
    const isVelocity = this.config.prediction === 'v';
    for (const [item, latents] of clean.entries()) {
      const step = Math.floor(((item + random.next()) / batch) * this.schedule.trainSteps);
      const alpha = this.schedule.alphasCumprod[step]!;
      const [signal, level] = [Math.sqrt(alpha), Math.sqrt(1 - alpha)];
      for (let i = 0; i < size; i++) {
        const drawn = random.normal();
        target[item * size + i] = isVelocity ? signal * drawn - level * latents[i]! : drawn;
        noisy[item * size + i] = signal * latents[i]! + level * drawn;
      }
      timestep[item] = step;
      weight[item] = lossWeight(this.schedule, step, this.config.prediction);
    }
    return {
      noisy: tensor([batch, ...shape], noisy),
      target: tensor([batch, ...shape], target),
      timestep: tensor([batch], timestep),
      weight: tensor([batch], weight),
    };
  }
}
