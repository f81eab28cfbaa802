/** @file The loss of the autoencoder: reconstruction of a sampled latent, and a light pull towards a unit Gaussian. */
import { z } from 'zod';
import { add, exp, mean, mul, square, sub, type Value } from '../graph/index.js';
import { type AutoencoderConfig, decodeLatents, encodeImage } from '../models/autoencoder.js';
import type { Parameters } from '../weights/parameters.js';
import { imageLoss } from './image-loss.js';
import type { LossGraph } from './stage.js';

/** Weights of the terms beside the mean absolute difference. */
export const autoencoderWeightsSchema = z.strictObject({
  slopes: z.number().nonnegative().default(0.5),
  roughness: z.number().nonnegative().default(0.5),
  divergence: z.number().nonnegative().default(5e-4),
});

/**
 * @param image `[B, C, H, W]` in -1..1
 * @param noise unit normal, of the latents' shape
 */
export function autoencoderLoss(
  p: Parameters,
  image: Value,
  noise: Value,
  model: AutoencoderConfig,
  weights: z.infer<typeof autoencoderWeightsSchema>,
): LossGraph {
  const { mean: centre, logVariance } = encodeImage(p, image, model);
  const latents = add(centre, mul(exp(mul(logVariance, 0.5)), noise));
  const { values, slopes, roughness } = imageLoss(decodeLatents(p, latents, model), image);
  const excess = sub(sub(add(square(centre), exp(logVariance)), logVariance), 1);
  const divergence = mul(mean(excess, [0, 1, 2, 3]), 0.5);
  const reconstruction = add(values, add(mul(slopes, weights.slopes), mul(roughness, weights.roughness)));
  return {
    inputs: [image, noise],
    loss: add(reconstruction, mul(divergence, weights.divergence)),
    metrics: { values, slopes, roughness, divergence },
  };
}
