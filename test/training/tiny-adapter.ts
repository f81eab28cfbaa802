/** @file The tiny UNet of the golden files with its frame adapter as a stage, for tests. */
import { input, mean, square, sub } from '../../src/graph/index.js';
import type { FrameAdapterConfig } from '../../src/models/frame-adapter.js';
import { unet } from '../../src/models/unet.js';
import type { UnetConfig } from '../../src/models/unet-config.js';
import type { StageRun } from '../../src/training/stage.js';
import { frozenParameters, overlayParameters, type Parameters } from '../../src/weights/parameters.js';
import { openSafetensors, type SafetensorsFile } from '../../src/weights/safetensors-file.node.js';

export const sizes: UnetConfig = {
  inChannels: 4,
  outChannels: 4,
  blockOutChannels: [8, 12, 16],
  attentionLevels: [true, true, false],
  layersPerBlock: 1,
  heads: [2, 2, 2],
  normGroups: 4,
  crossAttentionDim: 6,
};
const adapter: FrameAdapterConfig = {
  embeddingDim: 5,
  tokenDim: 6,
  pooling: 'none',
  tokensPerFrame: 4,
  projection: 'linear-layernorm',
  position: 'none',
  windowSeconds: null,
  latentColumnSeconds: 0.08,
};

export const adapterPrefixes = ['image_proj', 'ip_adapter'];

export function isOfAdapter(key: string): boolean {
  return adapterPrefixes.some((prefix) => key.startsWith(`${prefix}.`));
}

export const tinyUnetPath = new URL('../golden/models/unet.safetensors', import.meta.url).pathname;

/** Mean square distance of the adapter's prediction from a fixed target; every batch is the same. */
export async function tinyAdapterStage(
  path = tinyUnetPath,
): Promise<{ run: StageRun; file: SafetensorsFile }> {
  const file = await openSafetensors(path);
  const names = ['latents', 'timestep', 'text', 'embeddings', 'cotangent'] as const;
  const batch: Record<string, Awaited<ReturnType<SafetensorsFile['readFloat32']>>> = {};
  for (const name of names) batch[`in:${name}`] = await file.readFloat32(`in:${name}`);
  const initialValues = new Map<string, Float32Array>();
  for (const key of file.tensors.keys()) {
    if (isOfAdapter(key)) initialValues.set(key, (await file.readFloat32(key)).data as Float32Array);
  }
  const buildLoss = (trained: Parameters) => {
    const inputs = names.map((name) => input(`in:${name}`, batch[`in:${name}`]!.shape));
    const [latents, timestep, textStates, embeddings, wanted] = inputs as [
      (typeof inputs)[0],
      (typeof inputs)[0],
      (typeof inputs)[0],
      (typeof inputs)[0],
      (typeof inputs)[0],
    ];
    const [items, frames] = embeddings.shape as [number, number];
    const timesSeconds = input('in:times', [items, frames]);
    const p = overlayParameters(frozenParameters(file), trained, adapterPrefixes);
    const frame = { parameters: p, embeddings, timesSeconds, scale: 1, config: adapter };
    const made = unet(p, { latents, timestep, textStates, frame }, sizes);
    return { inputs, loss: mean(square(sub(made, wanted)), [0, 1, 2, 3]), metrics: {} };
  };
  const run: StageRun = {
    recomputes: false,
    initialiserRules: [],
    initialValues: async () => initialValues,
    buildLoss,
    batch: async () => batch,
    validationBatches: [batch],
    samples: async () => [],
    exportWeights: async () => '',
    close: async () => {},
  };
  return { run, file };
}
