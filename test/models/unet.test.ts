// Golden values and gradients: python reference/models/unet.py (diffusers 0.42 with its own IP-Adapter loader)
import { describe, expect, it } from 'vitest';
import { FoleyError } from '../../src/errors/foley-error.js';
import {
  constant,
  type FloatTensor,
  floats,
  type Tensor,
  tensor,
  type Value,
} from '../../src/graph/index.js';
import {
  type ControlNetConfig,
  controlNet,
  controlNetStep,
  encodeHint,
} from '../../src/models/controlnet.js';
import {
  keysValuesAsInputs,
  keysValuesAsOutputs,
  textKeysValues,
} from '../../src/models/cross-keys-values.js';
import type { FrameAdapterConfig } from '../../src/models/frame-adapter.js';
import { convolution2d } from '../../src/models/layers.js';
import { activatedTimeEmbedding } from '../../src/models/time-embedding.js';
import { type ControlResiduals, contextOf, type UnetInputs, unet, unetStep } from '../../src/models/unet.js';
import { middle, wayDown } from '../../src/models/unet-blocks.js';
import { controlNetSites, crossAttentionSites, type UnetConfig } from '../../src/models/unet-config.js';
import type { Parameters } from '../../src/weights/index.js';
import {
  expectAllWithin,
  type Golden,
  gradientErrors,
  lowerings,
  openGolden,
  projected,
  relativeError,
  tolerance,
} from './golden.js';

const config: UnetConfig = {
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

const controlConfig: ControlNetConfig = {
  unet: config,
  hintChannels: [4, 6, 8],
  hintStrides: [2, 2],
  hintFold: 1,
};

const floatTensor = (value: Tensor): FloatTensor => tensor(value.shape, floats(value));

const skipCount = 6; // conv_in, one layer on each of three levels, two halvings

function controlResiduals(golden: Golden): { residuals: ControlResiduals; inputs: Value[] } {
  const skips = Array.from({ length: skipCount }, (_, i) => golden.input(`residual.${i}`));
  const bottom = golden.input('residual.middle');
  return { residuals: { skips, middle: bottom }, inputs: [...skips, bottom] };
}

function unetInputs(golden: Golden): { conditions: UnetInputs; inputs: Value[] } {
  const [latents, timestep, textStates] = ['latents', 'timestep', 'text'].map((name) =>
    golden.input(name),
  ) as [Value, Value, Value];
  return { conditions: { latents, timestep, textStates }, inputs: [latents, timestep, textStates] };
}

/** Frames and control together. The times are not used without position and window, so any value of the shape does. */
function fullUnet(golden: Golden, p: Parameters) {
  const { conditions, inputs } = unetInputs(golden);
  const { residuals, inputs: residualInputs } = controlResiduals(golden);
  const embeddings = golden.input('embeddings');
  const frame = { parameters: p, embeddings, timesSeconds: embeddings, scale: 0.8, config: adapter };
  const y = unet(p, { ...conditions, frame, controlResiduals: residuals }, config);
  return { y, inputs: [...inputs, embeddings, ...residualInputs] };
}

describe('unet', () => {
  it.each(lowerings)('equals diffusers in the %s lowering', async (lowering) => {
    const golden = await openGolden('unet');
    const { conditions, inputs } = unetInputs(golden);
    const { residuals, inputs: residualInputs } = controlResiduals(golden);
    const full = fullUnet(golden, golden.frozen);
    const text = await golden.run({ y: unet(golden.frozen, conditions, config) }, inputs, lowering);
    const withControl = unet(golden.frozen, { ...conditions, controlResiduals: residuals }, config);
    const control = await golden.run({ y: withControl }, [...inputs, ...residualInputs], lowering);
    const frames = await golden.run({ y: full.y }, full.inputs, lowering);
    expect(relativeError(text.y, golden.tensor('out:text'))).toBeLessThan(tolerance);
    expect(relativeError(control.y, golden.tensor('out:control'))).toBeLessThan(tolerance);
    expect(relativeError(frames.y, golden.tensor('out:frames'))).toBeLessThan(tolerance);
    golden.frozen.assertAllUsed((key) => /^(?:in|out|grad):/.test(key));
  });

  it('equals diffusers block by block', async () => {
    const golden = await openGolden('unet');
    const { conditions, inputs } = unetInputs(golden);
    const p = golden.frozen;
    const contextAt = contextOf(textKeysValues(p, conditions.textStates, crossAttentionSites(config)), null);
    const time = activatedTimeEmbedding(p.at('time_embedding'), conditions.timestep, 8);
    const skips = wayDown(
      p,
      convolution2d(p.at('conv_in'), conditions.latents, 8, 3),
      time,
      contextAt,
      config,
    );
    const bottom = middle(p, skips.at(-1)!, time, contextAt, config);
    // a block's result is its halving's output, so skips 2, 4, 5
    const outputs = { 'down.0': skips[2]!, 'down.1': skips[4]!, 'down.2': skips[5]!, middle: bottom };
    const found = await golden.run(outputs, inputs, 'plain');
    expectAllWithin(
      Object.fromEntries(
        Object.keys(outputs).map((name) => [name, relativeError(found[name], golden.tensor(`out:${name}`))]),
      ),
    );
  });

  it('gives the same with keys and values made by another program', async () => {
    const golden = await openGolden('unet');
    const sites = crossAttentionSites(config);
    const { conditions } = unetInputs(golden);
    const made = keysValuesAsOutputs('text', textKeysValues(golden.frozen, conditions.textStates, sites));
    const received = keysValuesAsInputs('text', 2, 5, sites);
    const asInputs = keysValuesAsOutputs('text', received);
    expect(Object.keys(made)).toEqual(Object.keys(asInputs));
    for (const [name, value] of Object.entries(made)) {
      expect(asInputs[name]!.attributes).toBe(name);
      expect(asInputs[name]!.shape).toEqual(value.shape);
    }
    const y = unetStep(
      golden.frozen,
      { latents: conditions.latents, timestep: conditions.timestep, text: received },
      config,
    );
    expect(y.shape).toEqual([2, 4, 8, 16]);
  });

  it('has the gradients of torch for the frame adapter', async () => {
    const golden = await openGolden('unet');
    const p = golden.trainable();
    const { y, inputs } = fullUnet(golden, p);
    const { loss, inputs: cotangents } = projected(golden, { cotangent: y });
    expectAllWithin(await gradientErrors(golden, p, loss, [...inputs, ...cotangents]));
  });

  it('does not build the frame branch at scale 0', async () => {
    const golden = await openGolden('unet');
    const { conditions } = unetInputs(golden);
    const embeddings = golden.input('embeddings');
    const frame = {
      parameters: golden.frozen,
      embeddings,
      timesSeconds: embeddings,
      scale: 0,
      config: adapter,
    };
    unet(golden.frozen, { ...conditions, frame }, config);
    expect(golden.frozen.unused().filter((key) => key.startsWith('ip_adapter'))).toHaveLength(14);
  });
});

describe('frame window', () => {
  it('reaches every cross attention, and a grid without a bias is refused', async () => {
    const golden = await openGolden('unet');
    const { conditions, inputs } = unetInputs(golden);
    const embeddings = golden.input('embeddings');
    const timesSeconds = constant(tensor([2, 3], Float32Array.of(0, 0.4, 1.2, 0, 0.4, 1.2)));
    const withWindow = (windowSeconds: number | null) => {
      const frame = {
        parameters: golden.frozen,
        embeddings,
        timesSeconds,
        scale: 0.8,
        config: { ...adapter, windowSeconds },
      };
      return unet(golden.frozen, { ...conditions, frame }, config);
    };
    const outputs = { none: withWindow(null), wide: withWindow(10), narrow: withWindow(0.1) };
    const found = await golden.run(outputs, [...inputs, embeddings], 'fused');
    // a window that holds every frame adds only zeros
    expect(relativeError(found.wide, floatTensor(found.none!))).toBeLessThan(tolerance);
    expect(relativeError(found.narrow, floatTensor(found.none!))).toBeGreaterThan(0.01);

    const sites = crossAttentionSites(config);
    const keysValues = keysValuesAsInputs('frames', 2, 12, sites);
    const text = keysValuesAsInputs('text', 2, 5, sites);
    const frames = { keysValues, scale: 1, windowBiases: new Map([[16, timesSeconds]]) };
    expect(() => contextOf(text, frames)(sites[0]!.path, 8)).toThrow(FoleyError);
  });
});

describe('controlnet', () => {
  const build = (golden: Golden, p: Parameters) => {
    const [latents, timestep, textStates, hint] = ['latents', 'timestep', 'text', 'hint'].map((name) =>
      golden.input(name),
    ) as [Value, Value, Value, Value];
    const { skips, middle: bottom } = controlNet(
      p,
      { latents, timestep, textStates, hint, scale: 0.6 },
      controlConfig,
    );
    return { outputs: [...skips, bottom], inputs: [latents, timestep, textStates, hint] };
  };
  const names = [...Array.from({ length: skipCount }, (_, i) => `residual.${i}`), 'residual.middle'];

  it.each(lowerings)('equals diffusers in the %s lowering', async (lowering) => {
    const golden = await openGolden('controlnet');
    const { outputs, inputs } = build(golden, golden.frozen);
    const found = await golden.run(
      Object.fromEntries(names.map((name, i) => [name, outputs[i]!])),
      inputs,
      lowering,
    );
    expectAllWithin(
      Object.fromEntries(
        names.map((name) => [name, relativeError(found[name], golden.tensor(`out:${name}`))]),
      ),
    );
    golden.frozen.assertAllUsed((key) => /^(?:in|out|grad):/.test(key));
  });

  it('has the gradients of torch', async () => {
    const golden = await openGolden('controlnet');
    const p = golden.trainable();
    const { outputs, inputs } = build(golden, p);
    const { loss, inputs: cotangents } = projected(
      golden,
      Object.fromEntries(outputs.map((y, i) => [`cotangent.${i}`, y])),
    );
    expectAllWithin(await gradientErrors(golden, p, loss, [...inputs, ...cotangents]));
  });

  it('acts on the items of a batch that it is told to act on', async () => {
    const golden = await openGolden('controlnet');
    const names = ['latents', 'timestep', 'text', 'hint'] as const;
    const inputs = names.map((name) => golden.input(name)) as [Value, Value, Value, Value];
    const [latents, timestep, textStates, hint] = inputs;
    const scale = constant(tensor([2, 1, 1, 1], Float32Array.of(0, 0.6)));
    const told = { latents, timestep, textStates, hint, scale };
    const { middle: bottom } = controlNet(golden.frozen, told, controlConfig);
    const found = floats((await golden.run({ bottom }, inputs, 'plain')).bottom!);
    const wanted = golden.tensor('out:residual.middle').data as Float32Array;
    const half = wanted.length / 2;
    expect(found.subarray(0, half).every((value) => value === 0)).toBe(true);
    const second = (values: Float32Array) => floatTensor(tensor([half], values.slice(half)));
    expect(relativeError(second(found), second(wanted))).toBeLessThan(tolerance);
  });

  it('takes hint features made once', async () => {
    const golden = await openGolden('controlnet');
    const p = golden.frozen;
    const [latents, timestep, textStates, hint] = ['latents', 'timestep', 'text', 'hint'].map((name) =>
      golden.input(name),
    ) as [Value, Value, Value, Value];
    const hintFeatures = encodeHint(p.at('controlnet_cond_embedding'), hint, controlConfig);
    expect(hintFeatures.shape).toEqual([2, 8, 8, 16]);
    const text = textKeysValues(p, textStates, controlNetSites(config));
    const { middle: bottom } = controlNetStep(
      p,
      { latents, timestep, text, hintFeatures, scale: 0.6 },
      controlConfig,
    );
    const found = await golden.run({ bottom }, [latents, timestep, textStates, hint], 'plain');
    expect(relativeError(found.bottom, golden.tensor('out:residual.middle'))).toBeLessThan(tolerance);
  });
});
