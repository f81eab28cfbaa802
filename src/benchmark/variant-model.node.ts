/** @file Copies of a model folder that look more often or less often, or with more tokens a frame: for their cost alone. */
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FoleyError } from '../errors/foley-error.js';
import { modelFolderOf, readModelConfig } from '../foley/model-bundle.node.js';
import { floats, type Tensor, tensor } from '../graph/tensor.js';
import type { ModelConfig } from '../models/model-config.js';
import { openSafetensors, writeSafetensors } from '../weights/safetensors-file.node.js';

/** What differs from the model itself. */
export interface ModelVariant {
  /** Frames a second that the frame adapter gets. */
  readonly frameRateHz: number;
  readonly tokensPerFrame: ModelConfig['frameAdapter']['tokensPerFrame'];
  /** `mean`: one vector for the whole clip, without position. */
  readonly pooling: ModelConfig['frameAdapter']['pooling'];
}

const adapterFile = 'frame_adapter.safetensors';

/**
 * The configuration of a model in a folder of our own kind.
 *
 * @throws FoleyError `usage` where the model is of another kind
 */
export async function configOfFolder(model: string): Promise<ModelConfig> {
  const folder = modelFolderOf(model);
  const names = await readdir(folder).catch((): string[] => []);
  if (!names.includes('config.json') || !names.includes(adapterFile)) {
    throw new FoleyError('usage', `${model} is no folder with config.json and ${adapterFile}`, {
      hint: 'This study changes frame rate and tokens in the configuration of such a folder.',
    });
  }
  return readModelConfig(join(folder, 'config.json'));
}

/**
 * Writes the folder anew: configuration and frame adapter as the variant wants them, links to everything else. A token
 * that a frame has more gets the weights of the first: attention over equal tokens gives what it gives over one of them,
 * so the sound stays what it was and the cost is that of a model trained so.
 */
export async function writeModelVariant(model: string, variant: ModelVariant, folder: string): Promise<void> {
  const from = modelFolderOf(model);
  const config = await configOfFolder(model);
  const { tokensPerFrame, pooling, frameRateHz } = variant;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(from)) {
    if (name !== 'config.json' && name !== adapterFile) {
      await symlink(resolve(from, name), join(folder, name));
    }
  }
  const position = pooling === 'mean' ? ({ position: 'none', windowSeconds: null } as const) : {};
  const frameAdapter = { ...config.frameAdapter, ...position, tokensPerFrame, pooling };
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, frameRateHz, frameAdapter }));
  const times = tokensPerFrame / config.frameAdapter.tokensPerFrame;
  if (!Number.isInteger(times)) {
    throw new FoleyError(
      'usage',
      `${model} has ${config.frameAdapter.tokensPerFrame} tokens a frame; ${tokensPerFrame} cannot be made of them`,
    );
  }
  const adapter = await openSafetensors(join(from, adapterFile));
  const tensors: [string, Tensor][] = [];
  for (const name of adapter.tensors.keys()) {
    if (name === 'position.weight' || name.endsWith('.position.weight')) {
      if (pooling === 'mean') continue;
    }
    const stored = await adapter.readFloat32(name);
    const isProjection = name.startsWith('image_proj.proj.');
    tensors.push([name, isProjection ? repeatedRows(stored.shape, floats(stored), times) : stored]);
  }
  const isHalf = (name: string): boolean => adapter.tensors.get(name)!.storedType === 'F16';
  await writeSafetensors(join(folder, adapterFile), tensors, { asFloat16: isHalf });
}

/** [rows, ...] -> [times * rows, ...] */
function repeatedRows([rows, ...rest]: readonly number[], values: Float32Array, times: number): Tensor {
  const repeated = new Float32Array(times * values.length);
  for (let copy = 0; copy < times; copy++) repeated.set(values, copy * values.length);
  return tensor([times * rows!, ...rest], repeated);
}
