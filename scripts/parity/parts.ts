/** @file The parts of the published models, each run by us on the inputs that torch was run on. */
import type { Engine } from '../../src/engine/engine.js';
import { FoleyError } from '../../src/errors/foley-error.js';
import { floats, input, program, type Tensor, tensor, type Value } from '../../src/graph/index.js';
import { decodeLatents, encodeImage } from '../../src/models/autoencoder.js';
import { clipImageEmbedding, clipTextEmbedding, clipTextStates } from '../../src/models/clip.js';
import { controlNet } from '../../src/models/controlnet.js';
import { type FrameAdapterConfig, frameTokens } from '../../src/models/frame-adapter.js';
import { clipPreprocessing, preprocessImage } from '../../src/models/image-preprocessing.js';
import { foleycrafter, smoothFoley } from '../../src/models/presets.js';
import {
  readClipJson,
  readControlNetJson,
  readUnetJson,
  readVaeJson,
  readVocoderJson,
} from '../../src/models/published/index.js';
import { unet } from '../../src/models/unet.js';
import { vocoderOf } from '../../src/models/vocoder.js';
import { type Comparison, compare } from './comparison.js';
import type { NetworkName, Recorded, ReferenceFiles } from './reference-files.js';

export interface Part {
  /** The network whose stored precision the results are about. */
  readonly network: NetworkName;
  run(files: ReferenceFiles, engine: Engine): Promise<Comparison[]>;
}

const unetConfig = async (files: ReferenceFiles) => {
  const { json, file } = await files.json('auffusion/unet/config.json');
  return readUnetJson(json, file);
};

const vaeConfig = async (files: ReferenceFiles) => {
  const { json, file } = await files.json('auffusion/vae/config.json');
  return readVaeJson(json, file);
};

const clipConfig = async (files: ReferenceFiles, path: string) => {
  const { json, file } = await files.json(path);
  return readClipJson(json, file);
};

/** Runs one program on recorded inputs and compares its outputs, each with the recorded one of the same name. */
async function against(
  recorded: Recorded,
  engine: Engine,
  feeds: Readonly<Record<string, Tensor>>,
  build: (inputs: Readonly<Record<string, Value>>) => Readonly<Record<string, Value>>,
): Promise<Comparison[]> {
  const inputs = Object.fromEntries(
    Object.entries(feeds).map(([name, { shape, dtype }]) => [name, input(name, shape, dtype)]),
  );
  const session = await engine.compile(
    program('parity', { inputs: Object.values(inputs), outputs: build(inputs) }),
  );
  const results = await session.run(feeds);
  await session.close();
  const comparisons: Comparison[] = [];
  for (const [name, ours] of Object.entries(results)) {
    const { data, shape } = await recorded.output(name);
    comparisons.push(compare(name, shape, floats(ours), data));
  }
  return comparisons;
}

async function unetPart(files: ReferenceFiles, engine: Engine): Promise<Comparison[]> {
  const config = await unetConfig(files);
  const p = await files.parameters('unet');
  const recorded = await files.recorded('unet');
  const feeds = { latents: await recorded.input('latents'), textStates: await recorded.input('text') };
  const comparisons: Comparison[] = [];
  for (const timestep of [961, 41]) {
    comparisons.push(
      ...(await against(
        recorded,
        engine,
        { ...feeds, timestep: tensor([1], Float32Array.of(timestep)) },
        ({ latents, textStates, timestep: at }) => ({
          [`at${timestep}`]: unet(p, { latents: latents!, timestep: at!, textStates: textStates! }, config),
        }),
      )),
    );
  }
  p.assertAllUsed();
  return comparisons;
}

async function controlNetPart(files: ReferenceFiles, engine: Engine): Promise<Comparison[]> {
  const { json, file } = await files.json('foleycrafter/controlnet/config.json');
  const { unet: sizes, hintChannels } = readControlNetJson(json, file);
  const p = await files.parameters('controlNet');
  const recorded = await files.recorded('controlnet');
  const feeds = {
    latents: await recorded.input('latents'),
    timestep: await recorded.input('timestep'),
    textStates: await recorded.input('text'),
    hint: await recorded.input('hint'),
  };
  const comparisons = await against(recorded, engine, feeds, (inputs) => {
    const { skips, middle } = controlNet(
      p,
      {
        latents: inputs.latents!,
        timestep: inputs.timestep!,
        textStates: inputs.textStates!,
        hint: inputs.hint!,
        scale: 0.2,
      },
      { ...foleycrafter.temporalAdapter, unet: sizes, hintChannels },
    );
    const outputs = Object.fromEntries(skips.map((skip, i) => [`residual.${i}`, skip]));
    return { ...outputs, 'residual.middle': middle };
  });
  p.assertAllUsed();
  return comparisons;
}

/** The UNet with frames in it: 4 tokens of the mean of all frames, one token a frame, four a frame (4, 300, 1200 of 300). */
async function frameAdapterPart(files: ReferenceFiles, engine: Engine): Promise<Comparison[]> {
  const config = await unetConfig(files);
  const p = await files.parameters('unet');
  const recorded = await files.recorded('frame-adapter');
  const embeddings = await recorded.input('embeddings');
  const sizes = { embeddingDim: embeddings.shape[2]!, tokenDim: config.crossAttentionDim };
  const mean: FrameAdapterConfig = { ...foleycrafter.frameAdapter, ...sizes };
  const cases = [
    { name: 'mean', network: 'semanticAdapter', adapter: mean, scale: 1 },
    { name: 'one', network: 'frameAdapter', adapter: { ...smoothFoley.frameAdapter, ...sizes }, scale: 0.7 },
    { name: 'four', network: 'semanticAdapter', adapter: { ...mean, pooling: 'none' }, scale: 0.7 },
  ] as const;
  const feeds = {
    latents: await recorded.input('latents'),
    textStates: await recorded.input('text'),
    timestep: await recorded.input('timestep'),
    embeddings,
    timesSeconds: await recorded.input('times'),
  };
  const comparisons: Comparison[] = [];
  for (const { name, network, adapter, scale } of cases) {
    const parameters = await files.parameters(network);
    const results = await against(recorded, engine, feeds, (inputs) => {
      const { latents, timestep, textStates } = inputs;
      const frames = inputs.embeddings!;
      const timesSeconds = inputs.timesSeconds!;
      const prediction = unet(
        p,
        {
          latents: latents!,
          timestep: timestep!,
          textStates: textStates!,
          frame: { parameters, embeddings: frames, timesSeconds, scale, config: adapter },
        },
        config,
      );
      return {
        [`tokens.${name}`]: frameTokens(parameters.at('image_proj'), frames, timesSeconds, adapter),
        [`prediction.${name}`]: prediction,
      };
    });
    parameters.assertAllUsed();
    comparisons.push(...results);
  }
  return comparisons;
}

async function vaeEncodePart(files: ReferenceFiles, engine: Engine): Promise<Comparison[]> {
  const config = await vaeConfig(files);
  const p = await files.parameters('vae');
  const recorded = await files.recorded('vae-encode');
  return against(recorded, engine, { image: await recorded.input('image') }, ({ image }) => {
    const { mean, logVariance } = encodeImage(p, image!, config);
    return { mean, logVariance };
  });
}

async function vaeDecodePart(files: ReferenceFiles, engine: Engine): Promise<Comparison[]> {
  const config = await vaeConfig(files);
  const p = await files.parameters('vae');
  const recorded = await files.recorded('vae-decode');
  const latents = await recorded.input('latents');
  return against(recorded, engine, { latents }, (inputs) => ({
    image: decodeLatents(p, inputs.latents!, config),
  }));
}

async function vocoderPart(files: ReferenceFiles, engine: Engine): Promise<Comparison[]> {
  const { json, file } = await files.json('auffusion/vocoder/config.json');
  const { vocoder } = readVocoderJson(json, file);
  const p = await files.parameters('vocoder');
  const recorded = await files.recorded('hifi-gan');
  const mel = await recorded.input('mel');
  const comparisons = await against(recorded, engine, { mel }, (inputs) => ({
    wave: vocoderOf(vocoder).wave(p, inputs.mel!),
  }));
  p.assertAllUsed();
  return comparisons;
}

async function clipTextLPart(files: ReferenceFiles, engine: Engine): Promise<Comparison[]> {
  const { text } = await clipConfig(files, 'auffusion/text_encoder/config.json');
  const p = await files.parameters('clipTextL');
  const recorded = await files.recorded('clip-text-l');
  const ids = await recorded.input('ids');
  const comparisons = await against(recorded, engine, { ids }, (inputs) => ({
    states: clipTextStates(p, inputs.ids!, present(text)),
  }));
  p.assertAllUsed();
  return comparisons;
}

async function clipTextHPart(files: ReferenceFiles, engine: Engine): Promise<Comparison[]> {
  const text = present((await clipConfig(files, 'clip-h-text/config.json')).text);
  const p = await files.parameters('clipTextH');
  const recorded = await files.recorded('clip-text-h');
  const ids = await recorded.input('ids');
  const { vocabularySize, tokens } = text;
  // the end of text is the last entry of the vocabulary; the first one counts, since it also fills the row
  const all = Array.from(ids.data as BigInt64Array, Number);
  const isEnd = (id: number | undefined) => id === vocabularySize - 1;
  const flags = Float32Array.from(all, (id, i) =>
    isEnd(id) && (i % tokens === 0 || !isEnd(all[i - 1])) ? 1 : 0,
  );
  const comparisons = await against(recorded, engine, { ids, atEnd: tensor(ids.shape, flags) }, (inputs) => {
    const states = clipTextStates(p, inputs.ids!, text);
    return { states, embedding: clipTextEmbedding(p, states, inputs.atEnd!, text) };
  });
  p.assertAllUsed();
  return comparisons;
}

/** The picture is prepared by us, too. */
async function clipImageHPart(files: ReferenceFiles, engine: Engine): Promise<Comparison[]> {
  const image = present((await clipConfig(files, 'image_encoder/config.json')).image);
  const p = await files.parameters('clipImageH');
  const recorded = await files.recorded('clip-image-h');
  const picture = await recorded.input('picture'); // [height, width, 3]
  const [height, width] = picture.shape as [number, number];
  const pixels = new Float32Array(3 * image.imageSize ** 2);
  const data = picture.data as Uint8Array;
  preprocessImage({ width, height, data }, { ...clipPreprocessing, imageSize: image.imageSize }, pixels);
  const prepared = await recorded.input('pixels');
  const feeds = { pixels: tensor([1, 3, image.imageSize, image.imageSize], pixels) };
  const comparisons = await against(recorded, engine, feeds, (inputs) => ({
    embedding: clipImageEmbedding(p, inputs.pixels!, image),
  }));
  p.assertAllUsed();
  return [compare('pixels', prepared.shape, pixels, floats(prepared)), ...comparisons];
}

function present<T>(tower: T | null): T {
  if (tower !== null) return tower;
  throw new FoleyError('weights-invalid', 'the configuration describes another tower');
}

/** By the name on the command line. */
export const parts = {
  unet: { network: 'unet', run: unetPart },
  controlnet: { network: 'controlNet', run: controlNetPart },
  'vae-encode': { network: 'vae', run: vaeEncodePart },
  'vae-decode': { network: 'vae', run: vaeDecodePart },
  'hifi-gan': { network: 'vocoder', run: vocoderPart },
  'clip-text-l': { network: 'clipTextL', run: clipTextLPart },
  'clip-image-h': { network: 'clipImageH', run: clipImageHPart },
  'clip-text-h': { network: 'clipTextH', run: clipTextHPart },
  'frame-adapter': { network: 'unet', run: frameAdapterPart },
} as const satisfies Record<string, Part>;
export type PartName = keyof typeof parts;
export const partNames = Object.keys(parts) as PartName[];
