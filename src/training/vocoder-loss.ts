/** @file The loss of a vocoder: spectra of the sound it makes against those of the true sound. */
import { z } from 'zod';
import type { MelSpec } from '../audio/mel-spectrogram.js';
import { add, mul, type Value } from '../graph/index.js';
import { type VocoderConfig, vocoderOf } from '../models/vocoder.js';
import type { Parameters } from '../weights/parameters.js';
import { type Resolution, spectralLoss } from './spectral-loss.js';
import type { LossGraph } from './stage.js';

export const vocoderWeightsSchema = z.strictObject({
  logarithmic: z.number().nonnegative().default(1),
  linear: z.number().nonnegative().default(1),
  mel: z.number().nonnegative().default(2),
});

/**
 * @param mel log-mel of the wave, `[B, bands, columns]`
 * @param wave `[B, columns * hop]`
 */
export function vocoderLoss(
  p: Parameters,
  mel: Value,
  wave: Value,
  model: VocoderConfig,
  spec: MelSpec,
  weights: z.infer<typeof vocoderWeightsSchema>,
  resolutions: readonly Resolution[],
): LossGraph {
  const made = vocoderOf(model).wave(p, mel);
  const terms = spectralLoss(made, wave, spec, resolutions);
  const loss = add(
    mul(terms.logarithmic, weights.logarithmic),
    add(mul(terms.linear, weights.linear), mul(terms.mel, weights.mel)),
  );
  return { inputs: [mel, wave], loss, metrics: { ...terms } };
}
