import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FoleyError } from '../../src/errors/foley-error.js';
import { input, type Value } from '../../src/graph/index.js';
import { decodeLatents, encodeImage, latentStride } from '../../src/models/autoencoder.js';
import { controlNet } from '../../src/models/controlnet.js';
import {
  controlNetCopies,
  controlNetRules,
  frameAdapterCopies,
  frameAdapterRules,
} from '../../src/models/initialisation.js';
import { type ModelConfig, parseModelConfig } from '../../src/models/model-config.js';
import { foleycrafter, presets, small } from '../../src/models/presets.js';
import { unet } from '../../src/models/unet.js';
import { crossAttentionSites } from '../../src/models/unet-config.js';
import { vocoderOf } from '../../src/models/vocoder.js';
import {
  collectParameters,
  initialiseParameters,
  type ParameterShape,
  type Parameters,
} from '../../src/weights/index.js';

const count = (parameters: readonly ParameterShape[]) =>
  parameters.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);

const frames = 3;

function latentInputs(config: ModelConfig) {
  const stride = latentStride(config.autoencoder);
  const { bands, columns } = config.mel;
  return {
    latents: input('latents', [1, config.unet.inChannels, bands / stride, columns / stride]),
    timestep: input('timestep', [1]),
    textStates: input('text', [1, config.textEncoder.tokens, config.textEncoder.width]),
  };
}

/** Every network of a model, by the file it is kept in. */
function networks(config: ModelConfig): Record<string, (p: Parameters) => Value | Value[]> {
  const { bands, columns } = config.mel;
  const { latents, timestep, textStates } = latentInputs(config);
  const image = input('image', [1, config.autoencoder.imageChannels, bands, columns]);
  const mel = input('mel', [1, bands, columns]);
  const hint = input('hint', [1, 1, bands, columns]);
  const frame = {
    embeddings: input('embeddings', [1, frames, config.imageEncoder.width]),
    timesSeconds: input('times', [1, frames]),
    scale: 1,
    config: config.frameAdapter,
  };
  return {
    unet: (p) => unet(p, { latents, timestep, textStates }, config.unet),
    'frame adapter': (p) =>
      unet(p.at('unet'), { latents, timestep, textStates, frame: { ...frame, parameters: p } }, config.unet),
    controlnet: (p) => {
      const residuals = controlNet(
        p,
        { latents, timestep, textStates, hint, scale: 1 },
        { unet: config.unet, ...config.temporalAdapter },
      );
      return [...residuals.skips, residuals.middle];
    },
    'vae encoder': (p) => encodeImage(p, image, config.autoencoder).mean,
    'vae decoder': (p) => decodeLatents(p, latents, config.autoencoder),
    vocoder: (p) => vocoderOf(config.vocoder).wave(p, mel),
  };
}

describe('presets', () => {
  it('have the parameter counts of the published files', () => {
    // counted layer by layer from the upstream modules, and equal to the file sizes at 4 bytes a weight
    const parts = networks(foleycrafter);
    const counts = Object.fromEntries(
      Object.entries(parts).map(([name, build]) => [
        name,
        count(collectParameters(build).filter(({ key }) => !key.startsWith('unet.'))),
      ]),
    );
    expect(counts).toEqual({
      unet: 859_520_964,
      'frame adapter': 22_319_616,
      controlnet: 361_278_832,
      'vae encoder': 34_163_664,
      'vae decoder': 49_490_199,
      vocoder: 13_672_065,
    });
  });

  it.each(Object.entries(presets))('%s passes its own schema', (name, preset) => {
    expect(parseModelConfig(JSON.parse(JSON.stringify(preset)), name)).toEqual(preset);
  });

  it('small turns a mel of 10.24 s into latents of 8 x 16 x 64 and back into 163,840 samples', () => {
    const shapes: Record<string, Value | Value[]> = {};
    for (const [name, build] of Object.entries(networks(small))) {
      collectParameters((p) => {
        shapes[name] = build(p);
      });
    }
    const shapeOf = (name: string) => (shapes[name] as Value).shape;
    expect(shapeOf('vae encoder')).toEqual([1, 8, 16, 64]);
    expect(shapeOf('unet')).toEqual([1, 8, 16, 64]);
    expect(shapeOf('vae decoder')).toEqual([1, 1, 256, 1024]);
    expect(shapeOf('vocoder')).toEqual([1, 163_840]);
  });
});

describe('parseModelConfig', () => {
  it.each([
    ['unet.heads.0', { ...small, unet: { ...small.unet, heads: [0, 3, 5] } }],
    ['the UNet reads the latents', { ...small, unet: { ...small.unet, inChannels: 4 } }],
    ['a pooled clip has neither', { ...small, frameAdapter: { ...small.frameAdapter, pooling: 'mean' } }],
    ['colour', { ...small, colour: 'red' }],
  ])('names what is wrong: %s', (part, json) => {
    const parse = () => parseModelConfig(json, 'models/small/config.json');
    expect(parse).toThrow(FoleyError);
    expect(parse).toThrow(new RegExp(`models/small/config.json.*${part}`));
  });
});

describe('initialisation', () => {
  const sites = crossAttentionSites(small.unet);
  const unetKeys = collectParameters(networks(small).unet!).map(({ key }) => key);

  it('copies only what the UNet has', () => {
    const controlKeys = collectParameters(networks(small).controlnet!).map(({ key }) => key);
    const copied = [
      ...controlNetCopies(controlKeys).values(),
      ...frameAdapterCopies(sites, { silent: false }).values(),
    ];
    expect(copied.filter((key) => !unetKeys.includes(key))).toEqual([]);
    const fresh = controlKeys.filter((key) => !controlNetCopies(controlKeys).has(key));
    expect(fresh.every((key) => key.startsWith('controlnet_'))).toBe(true);
  });

  it('starts a ControlNet and a silent frame adapter without effect', () => {
    const control = initialiseParameters(collectParameters(networks(small).controlnet!), 1, controlNetRules);
    const isZero = (values: Float32Array) => values.every((value) => value === 0);
    const layers = [...control].filter(([key]) => !/norm\d?\.bias$/.test(key));
    const zeroKeys = layers.filter(([, values]) => isZero(values)).map(([key]) => key);
    // a weight and a bias for each skip connection (conv_in, layers, halvings), the middle, and the hint
    const skips = 1 + 3 + 2;
    expect(zeroKeys).toHaveLength(2 * (skips + 2));
    const adapter = collectParameters(networks(small)['frame adapter']!).filter(
      ({ key }) => !key.startsWith('unet.'),
    );
    const values = initialiseParameters(adapter, 1, frameAdapterRules({ silent: true }));
    for (const [key, value] of values) expect(isZero(value), key).toBe(/to_v_ip|norm\.bias/.test(key));
  });
});

it('the small preset is the model that ships', () => {
  const path = new URL('../../models/small/config.json', import.meta.url);
  expect(parseModelConfig(JSON.parse(readFileSync(path, 'utf8')), 'config.json')).toEqual(small);
});
