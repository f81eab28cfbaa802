/** @file DPM-Solver++ (2M): second-order multistep sampling in the clean-sample parameterisation (arXiv 2211.01095). */
import { FoleyError } from '../errors/foley-error.js';
import type { NoiseSchedule } from './noise-schedule.js';
import { toClean } from './prediction.js';
import { type Sampler, type SamplerContext, StepOrder } from './sampler.js';
import { roundHalfToEven, solverTimesteps, type TimestepSpacing } from './timesteps.js';

export interface DpmSolverOptions {
  readonly spacing?: TimestepSpacing; // default 'linspace'; not used with Karras sigmas
  readonly stepsOffset?: number; // default 0
  /** Space the noise levels as Karras et al. 2022 do (rho 7). Default false. */
  readonly karrasSigmas?: boolean;
  /** Where sampling ends: without noise, or at the level of training step 0. Default 'zero'. */
  readonly finalSigma?: 'zero' | 'sigma-min';
}

const karrasRho = 7;
const fewSteps = 15; // diffusers lowers the order of the last step only below this count, unless it ends at zero

/**
 * The midpoint form of the 2M solver. The first step is of first order, and so is the last where it ends at zero noise
 * or where there are fewer than 15 steps (`lower_order_final` true in diffusers).
 */
export function createDpmSolverSampler(context: SamplerContext, options: DpmSolverOptions = {}): Sampler {
  const { schedule, prediction: type, steps } = context;
  const { spacing = 'linspace', stepsOffset = 0, karrasSigmas = false, finalSigma = 'zero' } = options;
  const trainSigmas = schedule.alphasCumprod.map((alpha) => Math.sqrt((1 - alpha) / alpha));
  const { timesteps, sigmas } = karrasSigmas
    ? karrasSteps(trainSigmas, steps)
    : plainSteps(schedule, trainSigmas, steps, spacing, stepsOffset);
  sigmas.push(finalSigma === 'zero' ? 0 : trainSigmas[0]!);

  const order = new StepOrder(timesteps.length);
  let previousClean: Float32Array | null = null;

  return {
    timesteps,
    step(prediction, index, latents) {
      order.accept(index, prediction, latents);
      const from = noiseLevel(sigmas[index]!);
      const to = noiseLevel(sigmas[index + 1]!);
      const clean = toClean(prediction, latents, from.alpha * from.alpha, type);
      const before = previousClean;
      previousClean = clean;

      const stepSize = to.lambda - from.lambda; // infinite when the step ends at zero noise
      const latentScale = to.sigma / from.sigma;
      const cleanScale = -to.alpha * Math.expm1(-stepSize);
      const isLast = index === timesteps.length - 1;
      const lowersOrder = isLast && (finalSigma === 'zero' || timesteps.length < fewSteps);
      if (before === null || lowersOrder) {
        return latents.map((value, at) => latentScale * value + cleanScale * clean[at]!);
      }
      const previousStepSize = from.lambda - noiseLevel(sigmas[index - 1]!).lambda;
      const slope = stepSize / (2 * previousStepSize);
      return latents.map((value, at) => {
        const extrapolated = clean[at]! + slope * (clean[at]! - before[at]!);
        return latentScale * value + cleanScale * extrapolated;
      });
    },
  };
}

/** Signal and noise amplitudes, and half the log signal-to-noise ratio, of a noise-to-signal ratio. */
function noiseLevel(sigmaRatio: number): { alpha: number; sigma: number; lambda: number } {
  const alpha = 1 / Math.sqrt(sigmaRatio * sigmaRatio + 1);
  return { alpha, sigma: sigmaRatio * alpha, lambda: -Math.log(sigmaRatio) };
}

interface SolverSteps {
  readonly timesteps: readonly number[];
  readonly sigmas: number[];
}

function plainSteps(
  schedule: NoiseSchedule,
  trainSigmas: Float32Array,
  steps: number,
  spacing: TimestepSpacing,
  offset: number,
): SolverSteps {
  const timesteps = solverTimesteps({ trainSteps: schedule.trainSteps, steps, spacing, offset });
  return { timesteps, sigmas: timesteps.map((timestep) => trainSigmas[timestep]!) };
}

/** Noise levels evenly spaced in their seventh root; each is shown to the network as the nearest training step. */
function karrasSteps(trainSigmas: Float32Array, steps: number): SolverSteps {
  if (!Number.isInteger(steps) || steps < 1 || steps >= trainSigmas.length) {
    throw new FoleyError(
      'usage',
      `steps must be a whole number from 1 to ${trainSigmas.length - 1}, not ${steps}`,
    );
  }
  const largest = trainSigmas.at(-1)! ** (1 / karrasRho);
  const smallest = trainSigmas[0]! ** (1 / karrasRho);
  const sigmas = Array.from({ length: steps }, (_, index) => {
    const progress = steps === 1 ? 0 : index / (steps - 1);
    return (largest + progress * (smallest - largest)) ** karrasRho;
  });
  return { timesteps: sigmas.map((sigma) => nearestTimestep(sigma, trainSigmas)), sigmas };
}

/** Linear interpolation of the training step over the logarithm of its noise level, then rounded. */
function nearestTimestep(sigma: number, trainSigmas: Float32Array): number {
  let low = 0;
  let high = trainSigmas.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (trainSigmas[middle]! <= sigma) low = middle;
    else high = middle;
  }
  const logLow = Math.log(trainSigmas[low]!);
  const logHigh = Math.log(trainSigmas[high]!);
  const share = Math.min(1, Math.max(0, (Math.log(sigma) - logLow) / (logHigh - logLow)));
  return roundHalfToEven(low + share);
}
