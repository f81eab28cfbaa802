/** @file Draws latents from the backbone as it stands, to be looked at while it trains. */

import { seededRandom } from '../data/seeded-random.js';
import { denoise } from '../diffusion/denoise.js';
import { createDpmSolverSampler } from '../diffusion/dpm-solver-plus-plus.js';
import type { ConditionSet } from '../diffusion/guidance.js';
import { createNoiseSchedule } from '../diffusion/noise-schedule.js';
import type { DiffusionConfig } from './diffusion-loss.js';

export interface SampleRequest {
  /** `[C, H, W]` times the number of items. */
  readonly length: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly seed: string;
  readonly diffusion: DiffusionConfig;
  /** What the network predicts for the whole batch. */
  readonly predict: (latents: Float32Array, timestep: number, set: ConditionSet) => Promise<Float32Array>;
}

/** Latents as diffusion knows them: scaled to a deviation of about one. */
export async function sampleLatents(request: SampleRequest): Promise<Float32Array> {
  const random = seededRandom(`samples/${request.seed}`);
  const latents = new Float32Array(request.length);
  for (let i = 0; i < latents.length; i++) latents[i] = random.normal();
  const context = {
    schedule: createNoiseSchedule(request.diffusion),
    prediction: request.diffusion.prediction === 'v' ? 'v_prediction' : 'epsilon',
    steps: request.steps,
  } as const;
  return denoise({
    latents,
    sampler: createDpmSolverSampler(context),
    guidance: { mode: 'joint', scale: request.guidanceScale },
    predict: request.predict,
    batchSize: request.batchSize,
  });
}
