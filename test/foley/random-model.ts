/** @file A model folder with random weights: everything of a real one but the training of its generative half. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageModelsFolder } from '../../src/foley/model-bundle.node.js';
import { input, tensor } from '../../src/graph/index.js';
import { decodeLatents, encodeImage } from '../../src/models/autoencoder.js';
import { controlNet } from '../../src/models/controlnet.js';
import type { ModelConfig } from '../../src/models/model-config.js';
import { small } from '../../src/models/presets.js';
import { unet } from '../../src/models/unet.js';
import { vocoderOf } from '../../src/models/vocoder.js';
import { initialiseParameters } from '../../src/weights/initialise.js';
import { collectParameters, type Parameters } from '../../src/weights/parameters.js';
import { writeSafetensors } from '../../src/weights/safetensors-file.node.js';

/** The small model with few channels: a step takes milliseconds. */
export const tinyConfig: ModelConfig = {
  ...small,
  // a random network is to be heard, whatever the small model does by default
  defaults: { ...small.defaults, visionGuidance: null, events: 'off', gate: 0, dynamics: 0, doppler: 0 },
  name: 'tiny',
  autoencoder: { ...small.autoencoder, blockOutChannels: [16, 16, 16], normGroups: 8 },
  unet: {
    ...small.unet,
    blockOutChannels: [16, 16, 16],
    attentionLevels: [false, true, true],
    heads: [2, 2, 2],
    normGroups: 8,
  },
  temporalAdapter: { hintChannels: [8, 8], hintStrides: [1], hintFold: 16 },
  vocoder: {
    ...(small.vocoder as Extract<ModelConfig['vocoder'], { kind: 'inverse-stft' }>),
    channels: 16,
    hiddenChannels: 16,
    blocks: 1,
  },
};

/** Writes the folder. The encoders are those of the small model, for links to be followed. */
export async function writeRandomModel(folder: string, config: ModelConfig = tinyConfig): Promise<void> {
  await mkdir(folder, { recursive: true });
  const {
    mel,
    autoencoder,
    unet: net,
    textEncoder,
    imageEncoder,
    frameAdapter,
    temporalAdapter,
    vocoder,
  } = config;
  const latents = () => input('latents', [1, net.inChannels, 16, 64]);
  const timestep = () => input('timestep', [1]);
  const textStates = () => input('text', [1, textEncoder.tokens, textEncoder.width]);
  const unetWith = (p: Parameters, adapter: Parameters | null) =>
    unet(
      p,
      {
        latents: latents(),
        timestep: timestep(),
        textStates: textStates(),
        frame: adapter && {
          parameters: adapter,
          embeddings: input('embeddings', [1, 2, imageEncoder.width]),
          timesSeconds: input('times', [1, 2]),
          scale: 1,
          config: frameAdapter,
        },
      },
      net,
    );
  const parts: Record<string, (p: Parameters) => unknown> = {
    unet: (p) => unetWith(p, null),
    frame_adapter: (p) => {
      let other: unknown = null;
      collectParameters((backbone) => {
        other = unetWith(backbone, p);
      });
      return other;
    },
    temporal_adapter: (p) =>
      controlNet(
        p,
        {
          latents: latents(),
          timestep: timestep(),
          textStates: textStates(),
          hint: input('hint', [1, 1, mel.bands, mel.columns]),
          scale: 1,
        },
        { unet: net, ...temporalAdapter },
      ),
    vae: (p) => {
      const image = input('image', [1, autoencoder.imageChannels, mel.bands, mel.columns]);
      return decodeLatents(p, encodeImage(p, image, autoencoder).mean, autoencoder);
    },
    vocoder: (p) => vocoderOf(vocoder).wave(p, input('mel', [1, mel.bands, mel.columns])),
  };
  for (const [name, build] of Object.entries(parts)) {
    const shapes = collectParameters(build);
    const values = initialiseParameters(shapes, 1);
    await writeSafetensors(
      join(folder, `${name}.safetensors`),
      shapes.map(({ key, shape }) => [key, tensor(shape, values.get(key)!)] as const),
      { asFloat16: true },
    );
  }
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  for (const file of ['text_encoder.safetensors', 'image_encoder.safetensors', 'tokenizer']) {
    await symlink(join(packageModelsFolder, 'small', file), join(folder, file));
  }
}
