/** @file The files that `reference/parity/make_full_size.py` made: weights as published, and what torch computed with them. */
import { access, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type FloatTensor, floats, type Tensor } from '../../src/graph/index.js';
import { convertCheckpoint, openSafetensors } from '../../src/weights/index.node.js';
import { frozenParameters, type Parameters } from '../../src/weights/parameters.js';

/** Where each network lies, as safetensors and in the pickled form in which it is published (null: it has none). */
export const networkFiles = {
  unet: [
    'auffusion/unet/diffusion_pytorch_model.safetensors',
    'auffusion-bin/unet/diffusion_pytorch_model.bin',
  ],
  vae: ['auffusion/vae/diffusion_pytorch_model.safetensors', 'auffusion-bin/vae/diffusion_pytorch_model.bin'],
  clipTextL: ['auffusion/text_encoder/model.safetensors', 'auffusion-bin/text_encoder/pytorch_model.bin'],
  vocoder: ['auffusion/vocoder/vocoder.safetensors', 'foleycrafter/vocoder/vocoder.pt'],
  controlNet: [
    'foleycrafter/controlnet/diffusion_pytorch_model.safetensors',
    'foleycrafter/temporal_adapter.ckpt',
  ],
  semanticAdapter: [
    'foleycrafter/semantic_adapter.safetensors',
    'foleycrafter/semantic/semantic_adapter.bin',
  ],
  frameAdapter: ['foleycrafter/frame_adapter.safetensors', null],
  clipTextH: ['clip-h-text/model.safetensors', null],
  clipImageH: ['image_encoder/model.safetensors', null],
} as const satisfies Record<string, readonly [string, string | null]>;
export type NetworkName = keyof typeof networkFiles;

export interface ReferenceFiles {
  /** The network's weights, through the product's own readers. */
  parameters(network: NetworkName): Promise<Parameters>;
  /** Precision in which most of its weights are stored. */
  storedType(network: NetworkName): Promise<string>;
  json(path: string): Promise<{ readonly json: unknown; readonly file: string }>;
  recorded(name: string): Promise<Recorded>;
  /** Removes what was converted. */
  close(): Promise<void>;
}

/** Inputs and outputs of one run of torch. */
export interface Recorded {
  input(name: string): Promise<Tensor>;
  output(name: string): Promise<FloatTensor>;
  /** An output of whole numbers. */
  integers(name: string): Promise<Tensor>;
  readonly outputs: readonly string[];
}

/**
 * @param pickled reads the pickled forms, where they are there, converted by the product into `scratchFolder` first.
 */
export function openReferenceFiles(
  folder: string,
  pickled: { readonly scratchFolder: string } | null = null,
): ReferenceFiles {
  const open = async (network: NetworkName) => {
    const [safetensors, checkpoint] = networkFiles[network];
    const isPickled = pickled !== null && checkpoint !== null && (await exists(join(folder, checkpoint)));
    if (!isPickled) return openSafetensors(join(folder, safetensors));
    await mkdir(pickled.scratchFolder, { recursive: true });
    const converted = join(pickled.scratchFolder, `${network}.safetensors`);
    await convertCheckpoint(join(folder, checkpoint), converted);
    return openSafetensors(converted);
  };
  const opened = new Map<NetworkName, ReturnType<typeof open>>();
  const fileOf = (network: NetworkName) => {
    const known = opened.get(network) ?? open(network);
    opened.set(network, known);
    return known;
  };
  return {
    parameters: async (network) => frozenParameters(await fileOf(network)),
    async storedType(network) {
      const counts = new Map<string, number>();
      for (const { storedType } of (await fileOf(network)).tensors.values()) {
        counts.set(storedType, (counts.get(storedType) ?? 0) + 1);
      }
      return [...counts].sort((a, b) => b[1] - a[1])[0]![0];
    },
    async json(path) {
      const file = join(folder, path);
      return { json: JSON.parse(await readFile(file, 'utf8')) as unknown, file };
    },
    async recorded(name) {
      const file = await openSafetensors(join(folder, 'recorded', `${name}.safetensors`));
      return {
        input: (key) => file.read(`in:${key}`),
        output: async (key) => {
          const found = await file.read(`out:${key}`);
          return { ...found, dtype: 'float32', data: floats(found) };
        },
        integers: (key) => file.read(`out:${key}`),
        outputs: [...file.tensors.keys()].filter((key) => key.startsWith('out:')).map((key) => key.slice(4)),
      };
    },
    async close() {
      if (pickled !== null) await rm(pickled.scratchFolder, { recursive: true, force: true });
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
