/** @file What the network predicts (the noise, or the velocity), and how one reading follows from the other. */

/** Spelt as in diffusers' `scheduler_config.json`. */
export type PredictionType = 'epsilon' | 'v_prediction';

/** The two halves of a noisy sample that a prediction implies. */
export interface Decomposition {
  readonly clean: Float32Array; // the sample without noise
  readonly noise: Float32Array; // the noise, standard deviation about 1
}

/** Splits noisy latents at power share `alphaCumprod` into the clean sample and the noise the prediction stands for. */
export function decompose(
  prediction: Float32Array,
  latents: Float32Array,
  alphaCumprod: number,
  type: PredictionType,
): Decomposition {
  return {
    clean: toClean(prediction, latents, alphaCumprod, type),
    noise: toEpsilon(prediction, latents, alphaCumprod, type),
  };
}

/** The noise that a prediction stands for. An epsilon prediction is returned as it is. */
export function toEpsilon(
  prediction: Float32Array,
  latents: Float32Array,
  alphaCumprod: number,
  type: PredictionType,
): Float32Array {
  if (type === 'epsilon') return prediction;
  const signal = Math.sqrt(alphaCumprod);
  const noiseLevel = Math.sqrt(1 - alphaCumprod);
  return prediction.map((velocity, index) => signal * velocity + noiseLevel * latents[index]!);
}

/** The clean sample that a prediction stands for. */
export function toClean(
  prediction: Float32Array,
  latents: Float32Array,
  alphaCumprod: number,
  type: PredictionType,
): Float32Array {
  const signal = Math.sqrt(alphaCumprod);
  const noiseLevel = Math.sqrt(1 - alphaCumprod);
  return type === 'epsilon'
    ? prediction.map((noise, index) => (latents[index]! - noiseLevel * noise) / signal)
    : prediction.map((velocity, index) => signal * latents[index]! - noiseLevel * velocity);
}

/** The velocity that an epsilon prediction stands for. */
export function epsilonToVelocity(
  noise: Float32Array,
  latents: Float32Array,
  alphaCumprod: number,
): Float32Array {
  const signal = Math.sqrt(alphaCumprod);
  const noiseLevel = Math.sqrt(1 - alphaCumprod);
  return noise.map((value, index) => (value - noiseLevel * latents[index]!) / signal);
}
