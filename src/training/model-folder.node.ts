/** @file The model folder that training reads sizes from and writes weights to. */
import { join } from 'node:path';
import { writeFileAtomic } from '../files/atomic-file.node.js';
import { readModelConfig } from '../foley/model-bundle.node.js';
import type { ModelConfig } from '../models/model-config.js';

/** Weights files of a model folder, by what they hold. */
export const weightFileNames = {
  autoencoder: 'vae.safetensors',
  vocoder: 'vocoder.safetensors',
  unet: 'unet.safetensors',
  frameAdapter: 'frame_adapter.safetensors',
  temporalAdapter: 'temporal_adapter.safetensors',
} as const;

/** Records what the deviation of the latents turned out to be. */
export async function writeScalingFactor(folder: string, scalingFactor: number): Promise<void> {
  const model = await readModelConfig(join(folder, 'config.json'));
  const changed: ModelConfig = { ...model, autoencoder: { ...model.autoencoder, scalingFactor } };
  await writeFileAtomic(
    join(folder, 'config.json'),
    new TextEncoder().encode(`${JSON.stringify(changed, null, 2)}\n`),
  );
}
