/** @file The diffusion loss: how well the noise in noisy latents is named, weighted by the step. */

import type { SeededRandom } from '../data/seeded-random.js';
import { createNoiseSchedule, minSnrWeight, type NoiseSchedule } from '../diffusion/noise-schedule.js';
import { input, mean, mul, square, sub, sum, type Tensor, tensor, type Value } from '../graph/index.js';

/** Graph inputs of a batch of noisy latents. */
export interface NoisyLatents {
  /** `[B, C, H, W]`, noise added. */
  readonly noisy: Value;
  /** `[B, C, H, W]`, the noise that was added. */
  readonly noise: Value;
  /** `[B]`, 0..999. */
  readonly timestep: Value;
  /** `[B]`, min-SNR weights. */
  readonly weight: Value;
}

export function noisyLatentInputs(batch: number, shape: readonly number[]): NoisyLatents {
  return {
    noisy: input('noisy', [batch, ...shape]),
    noise: input('noise', [batch, ...shape]),
    timestep: input('timestep', [batch]),
    weight: input('weight', [batch]),
  };
}

export function asInputs({ noisy, noise, timestep, weight }: NoisyLatents): Value[] {
  return [noisy, noise, timestep, weight];
}

/** Weighted mean square error of predicted noise; `plain` is the same without weights, for the log. */
export function noisePredictionLoss(
  predicted: Value,
  { noise, weight }: NoisyLatents,
): { readonly loss: Value; readonly plain: Value } {
  const perItem = mean(square(sub(predicted, noise)), [1, 2, 3]); // [B]
  const batch = perItem.shape[0]!;
  return { loss: mul(sum(mul(perItem, weight), [0]), 1 / batch), plain: mean(perItem, [0]) };
}

/** Draws steps and noise for a batch of clean latents. */
export class NoiseDraw {
  private readonly schedule: NoiseSchedule = createNoiseSchedule();

  /**
   * @param clean one Float32Array for each item, scaled to a deviation of about one
   * @param shape of one item, `[C, H, W]`
   * @param timesteps drawn unless given, stratified over the batch: each step is equally likely, batches vary less
   */
  feeds(
    clean: readonly Float32Array[],
    shape: readonly number[],
    random: SeededRandom,
  ): Record<string, Tensor> {
    const batch = clean.length;
    const size = clean[0]!.length;
    const noisy = new Float32Array(batch * size);
    const noise = new Float32Array(batch * size);
    const timestep = new Float32Array(batch);
    const weight = new Float32Array(batch);
    for (const [item, latents] of clean.entries()) {
      const step = Math.floor(((item + random.next()) / batch) * this.schedule.trainSteps);
      const alpha = this.schedule.alphasCumprod[step]!;
      const [signal, level] = [Math.sqrt(alpha), Math.sqrt(1 - alpha)];
      for (let i = 0; i < size; i++) {
        const drawn = random.normal();
        noise[item * size + i] = drawn;
        noisy[item * size + i] = signal * latents[i]! + level * drawn;
      }
      timestep[item] = step;
      weight[item] = minSnrWeight(this.schedule, step, 'epsilon');
    }
    return {
      noisy: tensor([batch, ...shape], noisy),
      noise: tensor([batch, ...shape], noise),
      timestep: tensor([batch], timestep),
      weight: tensor([batch], weight),
    };
  }
}
