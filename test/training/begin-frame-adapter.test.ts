import { afterAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/data/seeded-random.js';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { float32ToFloat16, input, tensor } from '../../src/graph/index.js';
import { controlNet } from '../../src/models/controlnet.js';
import { unet } from '../../src/models/unet.js';
import { type EffectBatch, measureEffects, tokensOfScenes } from '../../src/training/begin-frame-adapter.js';
import { Rows } from '../../src/training/row-cache.node.js';
import type { SceneSplit } from '../../src/training/scene-dataset.node.js';
import { initialiseParameters } from '../../src/weights/initialise.js';
import { collectParameters, constantParameters, type Parameters } from '../../src/weights/parameters.js';
import { tinyConfig } from '../foley/random-model.js';

const engine = createOrtEngine({ threads: 1 });
afterAll(() => engine.close());

const { unet: sizes, textEncoder, mel } = tinyConfig;
const latentShape = [2, sizes.inChannels, 16, 64];
const textShape = [2, textEncoder.tokens, textEncoder.width];
const hintShape = [2, 1, 1, mel.columns];

/** Random weights of what `build` asks for. */
function randomParameters(build: (p: Parameters) => unknown): Parameters {
  const shapes = collectParameters(build);
  const values = initialiseParameters(shapes, 1, []);
  return constantParameters(new Map(shapes.map(({ key, shape }) => [key, tensor(shape, values.get(key)!)])));
}
const latents = input('latents', latentShape);
const timestep = input('timestep', [2]);
const textStates = input('text', textShape);
const hint = input('hint', [2, 1, mel.bands, mel.columns]);
const parts = {
  engine,
  model: tinyConfig,
  backbone: randomParameters((p) => unet(p, { latents, timestep, textStates }, sizes)),
  temporalAdapter: randomParameters((p) =>
    controlNet(
      p,
      { latents, timestep, textStates, hint, scale: 1 },
      { ...tinyConfig.temporalAdapter, unet: sizes },
    ),
  ),
};

/** Random numbers that are the same for the same name. */
function drawn(name: string, shape: readonly number[]) {
  const random = seededRandom(name);
  const length = shape.reduce((product, size) => product * size, 1);
  return tensor(
    shape,
    Float32Array.from({ length }, () => random.normal()),
  );
}
const on = (items: readonly boolean[]) =>
  tensor(
    hintShape,
    Float32Array.from(items.flatMap((isOn) => Array.from({ length: mel.columns }, () => (isOn ? 1 : -1)))),
  );
const widthOfAll = 7 * 16;

describe('measureEffects', () => {
  const batch = (labels: readonly string[], feeds: Partial<EffectBatch['feeds']>): EffectBatch => ({
    labels,
    feeds: {
      noisy: drawn('noisy', latentShape),
      timestep: tensor([2], Float32Array.of(400, 400)),
      labelText: drawn('label', textShape),
      otherText: drawn('other', textShape),
      hint: on([true, true]),
      ...feeds,
    },
  });

  it('is the mean over the draws of a label, with those left out that are heard nowhere', async () => {
    let calls = 0;
    const { sites, ofLabel } = await measureEffects(
      parts,
      () => batch(['dog', 'cat'], calls++ % 2 === 0 ? {} : { hint: on([false, true]) }),
      6,
    );
    expect(sites).toHaveLength(7);
    expect([...ofLabel.keys()].sort()).toEqual(['cat', 'dog']);
    const always = await measureEffects(parts, () => batch(['dog', 'cat'], {}), 2);
    for (const label of ['dog', 'cat']) {
      const [some, all] = [ofLabel.get(label)!, always.ofLabel.get(label)!];
      expect(some).toHaveLength(widthOfAll);
      expect(Math.hypot(...all)).toBeGreaterThan(1e-3);
      some.forEach((value, at) => {
        expect(value).toBeCloseTo(all[at]!, 4); // sums of 2 and of 6 in float32
      });
    }
  });
});

describe('tokensOfScenes', () => {
  const { embeddingDim, tokenDim } = tinyConfig.frameAdapter;
  const seen = { perSecond: 2, count: 6 };
  const rows = new Rows(
    float32ToFloat16(drawn('embeddings', [2 * seen.count * embeddingDim]).data as Float32Array),
    2,
    seen.count * embeddingDim,
  );
  const scenes: SceneSplit = {
    captions: ['a dog', 'a siren'],
    labels: ['dog', 'siren'],
    kinds: ['animal', 'vehicle'],
    alike: [[0], [1]],
    spans: [[{ startSeconds: 0.5, endSeconds: 1.5 }], [{ startSeconds: 0, endSeconds: 3 }]],
    latents: rows,
    embeddings: rows,
  };
  const values = (name: string, shape: readonly number[]) => drawn(name, shape).data as Float32Array;
  const projectionOf = (tokensPerFrame: number) =>
    new Map([
      ['image_proj.proj.weight', values('weight', [tokensPerFrame * tokenDim, embeddingDim])],
      ['image_proj.proj.bias', values('bias', [tokensPerFrame * tokenDim])],
      ['image_proj.norm.weight', values('norm', [tokenDim])],
      ['image_proj.norm.bias', values('norm bias', [tokenDim])],
    ]);
  const adapter = { ...tinyConfig.frameAdapter, position: 'none' } as const;

  it('are those of the frames in which something sounds, and each scene weighs the same', async () => {
    const { tokens, blank } = await tokensOfScenes(scenes, seen, projectionOf(1), {
      engine,
      model: { ...tinyConfig, frameAdapter: adapter },
    });
    expect(tokens.map(({ label }) => label)).toEqual(['dog', 'dog', ...Array(6).fill('siren')]);
    expect(tokens.map(({ weight }) => weight)).toEqual([0.5, 0.5, ...Array(6).fill(1 / 6)]);
    expect(new Set(tokens.map(({ token }) => token[0]))).toHaveProperty('size', 8);
    // of no picture the bias is left, normalised
    const bias = projectionOf(1).get('image_proj.proj.bias')!;
    const mean = bias.reduce((sum, value) => sum + value, 0) / tokenDim;
    const deviation = Math.sqrt(bias.reduce((sum, value) => sum + (value - mean) ** 2, 0) / tokenDim);
    const [scale, shift] = ['weight', 'bias'].map((name) => projectionOf(1).get(`image_proj.norm.${name}`)!);
    blank.forEach((value, at) => {
      expect(value).toBeCloseTo(((bias[at]! - mean) / deviation) * scale![at]! + shift![at]!, 3);
    });
  });

  it('are one of each clip where frames are pooled, the first of several', async () => {
    const pooled = { ...adapter, pooling: 'mean', tokensPerFrame: 4, windowSeconds: null } as const;
    const { tokens, blank } = await tokensOfScenes(scenes, seen, projectionOf(4), {
      engine,
      model: { ...tinyConfig, frameAdapter: pooled },
    });
    expect(tokens.map(({ label, weight }) => [label, weight])).toEqual([
      ['dog', 1],
      ['siren', 1],
    ]);
    expect([blank.length, tokens[0]!.token.length]).toEqual([tokenDim, tokenDim]);
  });
});
