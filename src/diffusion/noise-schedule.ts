/** @file How much noise each diffusion step holds, and what follows from it: noisy samples, velocities, loss weights. */
import { FoleyError } from '../errors/foley-error.js';
import type { PredictionType } from './prediction.js';

/** Field for field what diffusers calls `num_train_timesteps`, `beta_start` and `beta_end`. */
export interface NoiseScheduleConfig {
  readonly trainSteps: number;
  readonly betaStart: number;
  readonly betaEnd: number;
}

/** Stable Diffusion 1.5 and Auffusion: scaled-linear betas. */
export const stableDiffusionSchedule: NoiseScheduleConfig = {
  trainSteps: 1000,
  betaStart: 0.00085,
  betaEnd: 0.012,
};

/** Per training step `t`: the added variance `betas[t]` and the kept share of the signal's power `alphasCumprod[t]`. */
export interface NoiseSchedule {
  readonly trainSteps: number;
  readonly betas: Float32Array; // [trainSteps]
  readonly alphasCumprod: Float32Array; // [trainSteps], falling from almost 1 to almost 0
}

/**
 * Betas whose square roots are evenly spaced ("scaled linear"), in float32 as PyTorch computes them.
 *
 * @throws FoleyError `usage` for fewer than two steps or betas outside 0 < start < end < 1
 */
export function createNoiseSchedule(config: NoiseScheduleConfig = stableDiffusionSchedule): NoiseSchedule {
  const { trainSteps, betaStart, betaEnd } = config;
  if (!Number.isInteger(trainSteps) || trainSteps < 2) {
    throw new FoleyError(
      'usage',
      `noise schedule: trainSteps must be a whole number from 2, not ${trainSteps}`,
    );
  }
  if (!(betaStart > 0 && betaStart < betaEnd && betaEnd < 1)) {
    throw new FoleyError(
      'usage',
      `noise schedule: betas must rise within 0..1, not ${betaStart} to ${betaEnd}`,
    );
  }
  const roots = linearSpace(Math.sqrt(betaStart), Math.sqrt(betaEnd), trainSteps);
  const betas = roots.map((root) => root * root);
  const alphasCumprod = new Float32Array(trainSteps);
  let product = 1; // PyTorch accumulates float32 products in a double
  for (let step = 0; step < trainSteps; step++) {
    product *= Math.fround(1 - betas[step]!);
    alphasCumprod[step] = product;
  }
  return { trainSteps, betas, alphasCumprod };
}

/** `torch.linspace` in float32: counted from the nearer end. */
function linearSpace(start: number, end: number, count: number): Float32Array {
  const first = Math.fround(start);
  const last = Math.fround(end);
  const step = Math.fround(Math.fround(last - first) / (count - 1));
  const values = new Float32Array(count);
  for (let index = 0; index < count; index++) {
    values[index] = index < count / 2 ? first + step * index : last - step * (count - 1 - index);
  }
  return values;
}

/** The share of the signal's power that is left at a step. @throws FoleyError `usage` outside 0..trainSteps-1 */
export function alphaCumprodAt(schedule: NoiseSchedule, timestep: number): number {
  const alpha = schedule.alphasCumprod[timestep];
  if (alpha !== undefined) return alpha;
  throw new FoleyError(
    'usage',
    `timestep ${timestep} is not a whole number from 0 to ${schedule.trainSteps - 1}`,
  );
}

/** Signal-to-noise power ratio of a step. */
export function signalToNoise(schedule: NoiseSchedule, timestep: number): number {
  const alpha = alphaCumprodAt(schedule, timestep);
  return alpha / (1 - alpha);
}

/** `sqrt(alpha) * clean + sqrt(1 - alpha) * noise`: the clean sample as it looks at a step. */
export function addNoise(
  schedule: NoiseSchedule,
  clean: Float32Array,
  noise: Float32Array,
  timestep: number,
): Float32Array {
  const alpha = alphaCumprodAt(schedule, timestep);
  const signal = Math.sqrt(alpha);
  const noiseLevel = Math.sqrt(1 - alpha);
  return clean.map((value, index) => signal * value + noiseLevel * noise[index]!);
}

/** `sqrt(alpha) * noise - sqrt(1 - alpha) * clean`: the target of v prediction. */
export function velocity(
  schedule: NoiseSchedule,
  clean: Float32Array,
  noise: Float32Array,
  timestep: number,
): Float32Array {
  const alpha = alphaCumprodAt(schedule, timestep);
  const signal = Math.sqrt(alpha);
  const noiseLevel = Math.sqrt(1 - alpha);
  return clean.map((value, index) => signal * noise[index]! - noiseLevel * value);
}

/**
 * Min-SNR loss weight of a step (Hang et al. 2023, arXiv 2303.09556): the squared error of the prediction is scaled so
 * that the implied error of the clean sample counts by at most `gamma`.
 */
export function minSnrWeight(
  schedule: NoiseSchedule,
  timestep: number,
  prediction: PredictionType,
  gamma = 5,
): number {
  const ratio = signalToNoise(schedule, timestep);
  return Math.min(ratio, gamma) / (prediction === 'epsilon' ? ratio : ratio + 1);
}
