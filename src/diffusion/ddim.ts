/** @file DDIM: first-order sampling, deterministic at eta 0, ancestral at eta 1 (arXiv 2010.02502). */
import { FoleyError } from '../errors/foley-error.js';
import type { NoiseSource } from './noise.js';
import { alphaCumprodAt } from './noise-schedule.js';
import { decompose } from './prediction.js';
import { type Sampler, type SamplerContext, StepOrder } from './sampler.js';
import { spacedTimesteps, type TimestepSpacing } from './timesteps.js';

export interface DdimOptions {
  readonly spacing?: TimestepSpacing; // default 'leading'
  readonly stepsOffset?: number; // default 1, as in Stable Diffusion
  /** Share of fresh noise per step, 0..1. Default 0. */
  readonly eta?: number;
  /** Where fresh noise comes from; needed when eta is above 0. */
  readonly noise?: NoiseSource;
}

/**
 * Formulas (12) and (16) of the paper; the noise level after the last step is that of training step 0
 * (`set_alpha_to_one` false in diffusers).
 *
 * @throws FoleyError `usage` for eta outside 0..1, or eta without a noise source
 */
export function createDdimSampler(context: SamplerContext, options: DdimOptions = {}): Sampler {
  const { schedule, prediction: type, steps } = context;
  const { spacing = 'leading', stepsOffset = 1, eta = 0, noise } = options;
  if (!(eta >= 0 && eta <= 1)) throw new FoleyError('usage', `eta must lie between 0 and 1, not ${eta}`);
  if (eta > 0 && noise === undefined) throw new FoleyError('usage', 'eta above 0 needs a source of noise');
  const { trainSteps } = schedule;
  const timesteps = spacedTimesteps({ trainSteps, steps, spacing, offset: stepsOffset });
  const stride = Math.floor(trainSteps / steps);
  const order = new StepOrder(timesteps.length);

  return {
    timesteps,
    step(prediction, index, latents) {
      order.accept(index, prediction, latents);
      const timestep = timesteps[index]!;
      const alpha = alphaCumprodAt(schedule, timestep);
      const alphaNext = alphaCumprodAt(schedule, Math.max(0, timestep - stride));
      const variance = ((1 - alphaNext) / (1 - alpha)) * (1 - alpha / alphaNext);
      const deviation = eta * Math.sqrt(variance);
      const parts = decompose(prediction, latents, alpha, type);
      const signal = Math.sqrt(alphaNext);
      const direction = Math.sqrt(1 - alphaNext - deviation * deviation);
      const moved = parts.clean.map((clean, at) => signal * clean + direction * parts.noise[at]!);
      if (eta === 0 || noise === undefined) return moved;
      const fresh = noise.normal(latents.length);
      return moved.map((value, at) => value + deviation * fresh[at]!);
    },
  };
}
