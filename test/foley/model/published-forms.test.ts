/** @file Every form in which published weights come is found, opened and computes the same. */
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOrtEngine } from '../../../src/engine/ort-engine.node.js';
import { checkModel, wholeModel } from '../../../src/foley/model/check-model.node.js';
import { type AssembledModel, findModel } from '../../../src/foley/model/find-model.node.js';
import { needsOf, seeingNeeds } from '../../../src/foley/model/model-needs.js';
import type { ModelChoice } from '../../../src/foley/model/model-places.node.js';
import { openPromptReader, openSight } from '../../../src/foley/model/open-encoders.node.js';
import { openSynthesizerParts } from '../../../src/foley/model/open-parts.node.js';
import { packageModelsFolder } from '../../../src/foley/model-bundle.node.js';
import { createSynthesizer } from '../../../src/foley/synthesizer.js';
import { float32ToFloat16, tensor } from '../../../src/graph/index.js';
import { writeSafetensors } from '../../../src/weights/safetensors-file.node.js';
import { writeRandomModel } from '../random-model.js';
import { copyConverted, editJson, editTensors, readTensors, shard } from './published-folder.js';

let root: string;
let original: string;
let folder: string;
let copies = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'published-'));
  original = join(root, 'original');
  await copyConverted(original);
});
beforeEach(async () => {
  folder = join(root, `copy-${copies++}`);
  await cp(original, folder, { recursive: true });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const engine = createOrtEngine({ threads: 1 });
afterAll(() => engine.close());

const settings = { frameBatch: 1, tokenMerging: 0, frameArithmetic: 'float32', weightsId: 'test' } as const;

/** What the parts of a model compute: one step of the network, one look, one label, one prompt. */
async function outputs(model: AssembledModel): Promise<Record<string, number[]>> {
  const sight = await openSight(model, engine, settings);
  const reader = await openPromptReader(model, engine, settings, sight);
  const synthesizer = createSynthesizer(model.config, await openSynthesizerParts(model), reader, engine);
  const [prompt, negative] = await synthesizer.textStates(['a dog barks', '']);
  const { mel, imageEncoder } = model.config;
  const size = synthesizer.latentShape.reduce((product, side) => product * side, 1);
  const denoiser = await synthesizer.denoiser({
    prompt: prompt!,
    negative: negative!,
    frames: {
      scale: 1,
      embeddings: Float32Array.from({ length: 2 * imageEncoder.width }, (_, i) => Math.sin(i)),
      timesSeconds: Float32Array.of(0, 0.5),
    },
    timing: { scale: 1, hint: new Float32Array(mel.bands * mel.columns).fill(1) },
  });
  const latents = Float32Array.from({ length: size }, (_, i) => Math.cos(i));
  const step = await denoiser.predict(latents, 500, 'text+vision', { index: 0, count: 1 });
  const side = imageEncoder.imageSize;
  const data = Uint8Array.from({ length: 3 * side * side }, (_, i) => (i * 37) % 256);
  async function* frames() {
    yield { timeSeconds: 0, width: side, height: side, data };
  }
  const seen = await sight.embedFrames(frames());
  const [label] = await sight.embedTexts(['dog barking']);
  return { step: [...step], seen: [...seen.data], label: [...label!], prompt: [...prompt!] };
}

describe('a folder with everything in it', () => {
  it('is FoleyCrafter when it has its adapters: four tokens of the mean, 15 frames a second, its own defaults', async () => {
    const { config, files, weights } = await checkModel(wholeModel(folder));
    expect(config.frameAdapter).toMatchObject({ pooling: 'mean', tokensPerFrame: 4, position: 'none' });
    expect(config.frameRateHz).toBe(15);
    expect(config.defaults).toMatchObject({ guidance: 7.5, frameScale: 1, timingScale: 0.2 });
    expect(weights.get('temporal_adapter')).toEqual([join(folder, 'temporal_adapter.safetensors')]);
    expect([...files.keys()]).toContain('text_encoder/tokenizer/merges.txt');
    expect([...files.keys()].some((file) => /\.(?:bin|ckpt|pt)$/.test(file))).toBe(false);
  });

  it('is Auffusion without them, and then nothing is looked at', async () => {
    await rm(join(folder, 'semantic'), { recursive: true });
    await rm(join(folder, 'temporal_adapter.safetensors'));
    await rm(join(folder, 'temporal_adapter.ckpt'));
    const { config, weights } = await checkModel(wholeModel(folder));
    expect(config.defaults).toMatchObject({ guidance: 7.5, frameScale: 0, timingScale: 0 });
    expect([...weights.keys()].sort()).toEqual(['text_encoder', 'unet', 'vae', 'vocoder']);
  });

  it('is Smooth-Foley with an adapter of one token a frame', async () => {
    const choice: ModelChoice = {
      ...wholeModel(folder),
      frameAdapter: new URL('../../golden/published/foleycrafter/frame_adapter.safetensors', import.meta.url)
        .pathname,
    };
    const { config } = await checkModel(choice);
    expect(config.frameAdapter).toMatchObject({ pooling: 'none', tokensPerFrame: 1, position: 'sinusoidal' });
    expect(config.frameRateHz).toBe(30);
    expect(config.defaults.timingScale).toBe(1);
  });

  it('is searched for the parts of a preset that was named', async () => {
    const { config, name } = await checkModel({ ...wholeModel('smooth-foley'), backbone: folder });
    expect(name).toBe('smooth-foley');
    // four tokens were never trained with a position
    expect(config.frameAdapter).toMatchObject({ pooling: 'none', tokensPerFrame: 4, position: 'none' });
  });

  it('need not have what a request does without', async () => {
    for (const part of ['semantic', 'image_encoder', 'label_encoder'])
      await rm(join(folder, part), { recursive: true });
    const timing = { spans: [], timesSeconds: [], similarity: [] };
    const request = { tracks: null, timing, frameScale: 0, timingScale: 0.5 };
    const model = await findModel(wholeModel(folder), (defaults) => needsOf(request, defaults));
    expect([...model.weights.keys()].sort()).toEqual([
      'temporal_adapter',
      'text_encoder',
      'unet',
      'vae',
      'vocoder',
    ]);
    const sight = await openSight(model, engine, settings);
    await expect(sight.embedTexts(['dog'])).rejects.toMatchObject({ code: 'model-missing' });
  });
});

describe('the same weights in another form', () => {
  it('compute the same to the last bit: shards, dense projections, both towers in one file, no prefix, one tokenizer.json', async () => {
    const expected = await outputs(await checkModel(wholeModel(folder)));
    await shard(join(folder, 'unet/diffusion_pytorch_model.safetensors'));
    await editJson(join(folder, 'unet/config.json'), (json) => {
      json.use_linear_projection = true;
    });
    for (const part of ['1', '2']) {
      await editTensors(
        join(folder, `unet/diffusion_pytorch_model-0000${part}-of-00002.safetensors`),
        (tensors) => {
          for (const [name, value] of tensors) {
            if (/\.proj_(?:in|out)\.weight$/.test(name))
              tensors.set(name, tensor(value.shape.slice(0, 2), value.data as Float32Array));
          }
        },
      );
    }
    await editTensors(join(folder, 'text_encoder/pytorch_model.safetensors'), (tensors) => {
      for (const [name, value] of [...tensors]) {
        tensors.delete(name);
        tensors.set(name.replace(/^text_model\./, ''), value);
      }
    });
    await joinTowers();
    await joinTokenizer(join(folder, 'tokenizer'));
    const model = await checkModel(wholeModel(folder));
    expect(model.weights.get('unet')).toHaveLength(2);
    expect(model.weights.get('label_encoder')).toEqual(model.weights.get('image_encoder'));
    expect(await outputs(model)).toEqual(expected);
  });

  /** One CLIPModel in place of a text tower and an image tower. */
  async function joinTowers(): Promise<void> {
    const image = join(folder, 'image_encoder');
    const label = join(folder, 'label_encoder');
    const both = await readTensors(join(image, 'model.safetensors'));
    for (const [name, value] of await readTensors(join(label, 'model.safetensors'))) both.set(name, value);
    both.set('logit_scale', tensor([], Float32Array.of(2.6592)));
    await writeSafetensors(join(image, 'model.safetensors'), both);
    const read = async (path: string) => JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    const [vision, text] = [await read(join(image, 'config.json')), await read(join(label, 'config.json'))];
    await writeFile(
      join(image, 'config.json'),
      JSON.stringify({
        architectures: ['CLIPModel'],
        model_type: 'clip',
        projection_dim: text.projection_dim,
        logit_scale_init_value: 2.6592,
        text_config: text,
        vision_config: vision,
      }),
    );
    for (const file of ['vocab.json', 'merges.txt', 'tokenizer_config.json', 'special_tokens_map.json'])
      await cp(join(label, file), join(image, file));
    await rm(label, { recursive: true });
  }

  /** `vocab.json` and `merges.txt` in one file, pairs as lists. */
  async function joinTokenizer(place: string): Promise<void> {
    const vocab = JSON.parse(await readFile(join(place, 'vocab.json'), 'utf8')) as unknown;
    const lines = (await readFile(join(place, 'merges.txt'), 'utf8')).trim().split('\n').slice(1);
    const model = {
      type: 'BPE',
      vocab,
      merges: lines.map((line) => line.split(' ')),
      end_of_word_suffix: '</w>',
    };
    await writeFile(join(place, 'tokenizer.json'), JSON.stringify({ version: '1.0', model }));
    await rm(join(place, 'vocab.json'));
    await rm(join(place, 'merges.txt'));
  }

  it('load in half precision, and stay near', async () => {
    const expected = await outputs(await checkModel(wholeModel(folder)));
    const halves = [
      'unet/diffusion_pytorch_model',
      'vae/diffusion_pytorch_model',
      'semantic/semantic_adapter',
      'temporal_adapter',
    ];
    for (const [index, name] of halves.entries()) {
      const path = join(folder, `${name}.safetensors`);
      const wide = await readTensors(path);
      const narrow = new Map(
        [...wide].map(([key, { shape, data }]) => {
          const values = data as Float32Array;
          const isBrain = index % 2 === 0;
          return [
            key,
            isBrain
              ? tensor(shape, float32ToBfloat16(values), 'bfloat16')
              : tensor(shape, float32ToFloat16(values), 'float16'),
          ] as const;
        }),
      );
      await writeSafetensors(path, narrow);
    }
    // the name that diffusers gives to a variant
    const variant = join(folder, 'vae/diffusion_pytorch_model.fp16.safetensors');
    await rename(join(folder, 'vae/diffusion_pytorch_model.safetensors'), variant);
    const model = await checkModel(wholeModel(folder));
    expect(model.weights.get('vae')).toEqual([variant]);
    const found = await outputs(model);
    const scale = Math.max(...expected.step!.map(Math.abs));
    const errors = found.step!.map((value, i) => Math.abs(value - expected.step![i]!) / scale);
    // bfloat16 keeps 8 bits: a weight is off by up to 0.4 %, and a step sums thousands of them
    expect(Math.max(...errors)).toBeLessThan(0.05);
    expect(Math.max(...errors)).toBeGreaterThan(1e-5);
  });
});

describe('parts of different kinds', () => {
  it('can be a published backbone that is steered by what the small model sees', async () => {
    const small = join(packageModelsFolder, 'small');
    const choice = { ...wholeModel(folder), imageEncoder: small };
    const request = { tracks: null, timing: null, frameScale: 0, timingScale: null };
    const model = await findModel(choice, (defaults) => needsOf(request, defaults));
    expect(model.config.imageEncoder.kind).toBe('efficientnet-lite0');
    expect(model.config.labelEncoder).toMatchObject({ kind: 'minilm' });
    const sight = await openSight(model, engine, settings);
    const [label] = await sight.embedTexts(['dog barking']);
    expect(label).toHaveLength(384);
  });

  it('can be a folder of ours with an adapter of another such folder', async () => {
    const [one, other] = [join(root, 'one'), join(root, 'other')];
    await writeRandomModel(one);
    await writeRandomModel(other);
    const { weights, files } = await checkModel({ ...wholeModel(one), frameAdapter: other });
    expect(weights.get('frame_adapter')).toEqual([join(other, 'frame_adapter.safetensors')]);
    expect(weights.get('unet')).toEqual([join(one, 'unet.safetensors')]);
    expect(files.get('frame_adapter/frame_adapter.safetensors')).toBe(
      join(other, 'frame_adapter.safetensors'),
    );
  });

  it('can all be in a folder of ours', async () => {
    const published = await checkModel(wholeModel(folder));
    const own = join(root, 'own');
    await cp(join(folder, 'tokenizer'), join(own, 'tokenizer'), { recursive: true });
    for (const [part, [path]] of published.weights) await cp(path!, join(own, `${part}.safetensors`));
    await writeFile(join(own, 'config.json'), JSON.stringify(published.config));
    const model = await checkModel(wholeModel(own));
    expect([...model.files.keys()]).toContain('label_encoder.safetensors');
    expect(await outputs(model)).toEqual(await outputs(published));
  });

  it('are refused when they do not fit each other', async () => {
    const choice = { ...wholeModel(folder), imageEncoder: join(packageModelsFolder, 'small') };
    await expect(checkModel(choice)).rejects.toMatchObject({
      code: 'weights-invalid',
      message: expect.stringContaining('the adapter reads the image encoder'),
    });
  });

  it('are looked at without those that only make sound', async () => {
    for (const part of ['unet', 'vae', 'vocoder']) await rm(join(folder, part), { recursive: true });
    const choice = {
      ...wholeModel('foleycrafter'),
      imageEncoder: join(folder, 'image_encoder'),
      labelEncoder: join(folder, 'label_encoder'),
    };
    const model = await findModel(choice, () => seeingNeeds);
    expect([...model.weights.keys()].sort()).toEqual(['image_encoder', 'label_encoder']);
  });
});

/** Rounded towards zero, as good as any rounding here. */
function float32ToBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.slice().buffer);
  return Uint16Array.from(bits, (word) => word >>> 16);
}
