/** @file PNDM in its PLMS form: fourth-order multistep sampling without Runge-Kutta warm-up (arXiv 2202.09778). */
import { FoleyError } from '../errors/foley-error.js';
import { alphaCumprodAt } from './noise-schedule.js';
import { toEpsilon } from './prediction.js';
import { type Sampler, type SamplerContext, StepOrder } from './sampler.js';
import { spacedTimesteps, type TimestepSpacing } from './timesteps.js';

export interface PndmOptions {
  readonly spacing?: TimestepSpacing; // default 'leading'
  readonly stepsOffset?: number; // default 1, as in Stable Diffusion
}

/** Adams-Bashforth weights by the number of predictions at hand, newest first. */
const multistepWeights: readonly (readonly number[])[] = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
];

/**
 * The sampler of Stable Diffusion 1.5, Auffusion and FoleyCrafter (`skip_prk_steps` true, `set_alpha_to_one` false).
 *
 * The second step is visited twice, so `steps` cost `steps + 1` evaluations: the first move is made, then made again
 * from the saved latents with the mean of the predictions at both its ends. A run that begins further on (index above
 * 0) has no such repeat; its order grows as its history does.
 *
 * @throws FoleyError `usage` when fewer than two steps are asked for
 */
export function createPndmSampler(context: SamplerContext, options: PndmOptions = {}): Sampler {
  const { schedule, prediction: type, steps } = context;
  const { spacing = 'leading', stepsOffset = 1 } = options;
  if (steps < 2) throw new FoleyError('usage', `PNDM needs at least 2 steps, not ${steps}`);
  const { trainSteps } = schedule;
  const base = spacedTimesteps({ trainSteps, steps, spacing, offset: stepsOffset });
  const timesteps = [base[0]!, base[1]!, ...base.slice(1)];
  const stride = Math.floor(trainSteps / steps);
  const order = new StepOrder(timesteps.length);
  const history: Float32Array[] = []; // newest first, at most four
  let first: Float32Array | null = null; // latents before the first move, until it has been made again

  /** Formula (9) of the paper. A velocity is read as noise at the level where the move begins, as diffusers does. */
  function move(combined: Float32Array, latents: Float32Array, from: number, to: number): Float32Array {
    const alpha = alphaCumprodAt(schedule, from);
    const alphaNext = alphaCumprodAt(schedule, Math.max(0, to));
    const noise = toEpsilon(combined, latents, alpha, type);
    const latentScale = Math.sqrt(alphaNext / alpha);
    const denominator = alpha * Math.sqrt(1 - alphaNext) + Math.sqrt(alpha * (1 - alpha) * alphaNext);
    const noiseScale = (alphaNext - alpha) / denominator;
    return latents.map((value, at) => latentScale * value - noiseScale * noise[at]!);
  }

  return {
    timesteps,
    step(prediction, index, latents) {
      order.accept(index, prediction, latents);
      const timestep = timesteps[index]!;
      if (index === 1 && first !== null) {
        const start = first;
        const before = history[0]!;
        first = null;
        const mean = prediction.map((value, at) => (value + before[at]!) / 2);
        return move(mean, start, timestep + stride, timestep);
      }
      if (index === 0) first = latents;
      history.unshift(prediction);
      history.length = Math.min(history.length, multistepWeights.length);
      return move(weightedSum(history), latents, timestep, timestep - stride);
    },
  };
}

function weightedSum(history: readonly Float32Array[]): Float32Array {
  const weights = multistepWeights[history.length - 1]!;
  return history[0]!.map((_, at) => {
    let sum = 0;
    for (let rank = 0; rank < weights.length; rank++) sum += weights[rank]! * history[rank]![at]!;
    return sum;
  });
}
