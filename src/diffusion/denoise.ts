/** @file The sampling loop: noise in, latents out, one guided network evaluation after another. */
import { FoleyError } from '../errors/foley-error.js';
import {
  type ConditionSet,
  combinePredictions,
  type Guidance,
  type GuidedPrediction,
  guidanceTerms,
  type StepPosition,
} from './guidance.js';
import type { Sampler } from './sampler.js';

/**
 * One evaluation of the network for the whole batch. It must not change `latents`, nor reuse the array it returned; those
 * of a step are asked for together.
 */
export type Predict = (
  latents: Float32Array,
  timestep: number,
  conditionSet: ConditionSet,
  step: StepPosition,
) => Promise<Float32Array>;

/** Told after each move. */
export interface DenoiseProgress {
  /** Moves done, 1..steps. */
  readonly step: number;
  /** Moves of this run in all; PNDM has one more than was asked for. */
  readonly steps: number;
  /** The training step that was just left. */
  readonly timestep: number;
  /** Latents after the move; not to be changed. */
  readonly latents: Float32Array;
}

export interface DenoiseRequest {
  /** Starting noise (or a sample noised to the first visited step), flat: batch items one after another. */
  readonly latents: Float32Array;
  /** A fresh sampler. */
  readonly sampler: Sampler;
  readonly guidance: Guidance;
  readonly predict: Predict;
  /** Number of items in `latents`, default 1; only guidance rescale looks at items. */
  readonly batchSize?: number;
  /** First visited index of `sampler.timesteps`, default 0; later ones start from a partly noisy sample. */
  readonly startIndex?: number;
  readonly signal?: AbortSignal;
  readonly onStep?: (progress: DenoiseProgress) => void;
}

/**
 * Runs a sampler to its end.
 *
 * @returns the final latents, unscaled, as long as the latents given
 * @throws FoleyError `cancelled` when the signal fires (checked before and after each evaluation), `engine-failed` when
 *   a prediction is not finite or not as long as the latents, `usage` for options that do not fit
 */
export async function denoise(request: DenoiseRequest): Promise<Float32Array> {
  const { sampler, guidance, predict, batchSize = 1, startIndex = 0, signal, onStep } = request;
  const { timesteps } = sampler;
  if (!Number.isInteger(startIndex) || startIndex < 0 || startIndex >= timesteps.length) {
    throw new FoleyError(
      'usage',
      `denoise: start index ${startIndex} is not within 0 to ${timesteps.length - 1}`,
    );
  }
  const itemSize = request.latents.length / batchSize;
  let latents = request.latents;
  for (let index = startIndex; index < timesteps.length; index++) {
    const timestep = timesteps[index]!;
    const position = { index, count: timesteps.length };
    throwIfCancelled(signal);
    const asked = guidanceTerms(guidance, position).map(async (term): Promise<GuidedPrediction> => {
      const prediction = await predict(latents, timestep, term.conditionSet, position);
      throwIfCancelled(signal);
      checkPrediction(prediction, latents, timestep);
      return { ...term, prediction };
    });
    const predictions = await Promise.all(asked);
    const guided = combinePredictions(predictions, guidance.rescale, itemSize);
    latents = sampler.step(guided, index, latents);
    onStep?.({ step: index - startIndex + 1, steps: timesteps.length - startIndex, timestep, latents });
  }
  return latents;
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new FoleyError('cancelled', 'sampling was cancelled', { cause: signal.reason });
}

function checkPrediction(prediction: Float32Array, latents: Float32Array, timestep: number): void {
  if (prediction.length !== latents.length) {
    const lengths = `${prediction.length} values for ${latents.length} latents`;
    throw new FoleyError('engine-failed', `the network returned ${lengths} at step ${timestep}`);
  }
  if (prediction.every(Number.isFinite)) return;
  throw new FoleyError(
    'engine-failed',
    `the network returned a value that is not finite at step ${timestep}`,
    {
      hint: 'The weights may be damaged, or half precision too narrow on this device.',
    },
  );
}
