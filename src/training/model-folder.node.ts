/** @file The model folder that training reads sizes from and writes weights to. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { writeFileAtomic } from '../files/atomic-file.node.js';
import { type ModelConfig, parseModelConfig } from '../models/model-config.js';

/** Weights files of a model folder, by what they hold. */
export const weightFileNames = {
  autoencoder: 'vae.safetensors',
  vocoder: 'vocoder.safetensors',
  unet: 'unet.safetensors',
  frameAdapter: 'frame_adapter.safetensors',
  temporalAdapter: 'temporal_adapter.safetensors',
} as const;

/**
 * The sizes of the model that is being trained.
 * @throws FoleyError `model-missing` where there is no `config.json`, `weights-invalid` where it does not fit.
 */
export async function readModelConfig(folder: string): Promise<ModelConfig> {
  const path = join(folder, 'config.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new FoleyError('model-missing', `cannot read ${path}: ${messageOf(error)}`, {
      hint: 'Training reads the sizes of the model there: copy the config.json of another model and change it.',
      cause: error,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new FoleyError('weights-invalid', `${path} is not JSON: ${messageOf(error)}`, { cause: error });
  }
  return parseModelConfig(json, path);
}

/** Records what the deviation of the latents turned out to be. */
export async function writeScalingFactor(folder: string, scalingFactor: number): Promise<void> {
  const model = await readModelConfig(folder);
  const changed: ModelConfig = { ...model, autoencoder: { ...model.autoencoder, scalingFactor } };
  await writeFileAtomic(
    join(folder, 'config.json'),
    new TextEncoder().encode(`${JSON.stringify(changed, null, 2)}\n`),
  );
}
