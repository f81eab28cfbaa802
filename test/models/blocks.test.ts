// Golden values and gradients: python reference/models/blocks.py (diffusers 0.42, torch 2.15)
import { describe, expect, it } from 'vitest';
import { constant, type Lowering, silu, tensor, type Value } from '../../src/graph/index.js';
import { frameTokens } from '../../src/models/frame-adapter.js';
import { frameWindowBias } from '../../src/models/frame-window.js';
import { dense } from '../../src/models/layers.js';
import { resnetBlock } from '../../src/models/resnet-block.js';
import { crossAttention, spatialTransformer } from '../../src/models/transformer-block.js';
import type { Parameters } from '../../src/weights/parameters.js';
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

interface Case {
  readonly file: string;
  readonly inputs: readonly string[];
  build(p: Parameters, inputs: readonly Value[]): Value;
}

const cases: readonly Case[] = [
  {
    file: 'resnet-block',
    inputs: ['x', 'time'],
    build: (p, [x, time]) => resnetBlock(p, x!, silu(time!), 12, { groups: 4, eps: 1e-5 }),
  },
  {
    file: 'spatial-transformer',
    inputs: ['x', 'text'],
    build: (p, [x, text]) =>
      spatialTransformer(
        p,
        x!,
        { text: keyValue(p.at('transformer_blocks.0.attn2'), text!, '', 8), frames: null },
        2,
        4,
      ),
  },
  {
    file: 'frame-attention',
    inputs: ['x', 'text', 'frames'],
    build: (p, [x, text, frames]) => {
      // 3 columns of 0.5 s, frames seen 0.1 s around them, as in the reference
      const times = constant(tensor([1, 4], Float32Array.of(0, 0.55, 0.85, 1.35)));
      const windowBias = frameWindowBias(times, 3, 0.5, 0.1);
      const branch = { ...keyValue(p, frames!, '_ip', 8), scale: 0.7, windowBias };
      return crossAttention(
        p.at('attn2'),
        x!,
        { text: keyValue(p.at('attn2'), text!, '', 8), frames: branch },
        2,
        2,
      );
    },
  },
  {
    file: 'frame-tokens',
    inputs: ['embeddings', 'times'],
    build: (p, [embeddings, times]) =>
      frameTokens(p, embeddings!, times!, {
        embeddingDim: 5,
        tokenDim: 8,
        pooling: 'none',
        tokensPerFrame: 4,
        projection: 'linear-layernorm',
        position: 'sinusoidal',
        windowSeconds: null,
        latentColumnSeconds: 0.08,
      }),
  },
];

function keyValue(p: Parameters, states: Value, suffix: string, channels: number) {
  const key = dense(p.at(`to_k${suffix}`), states, channels, { bias: false });
  const value = dense(p.at(`to_v${suffix}`), states, channels, { bias: false });
  return { key, value };
}

describe.each(cases)('$file', ({ file, inputs, build }) => {
  const forward = async (golden: Golden, lowering: Lowering) => {
    const values = inputs.map((name) => golden.input(name));
    return (await golden.run({ y: build(golden.frozen, values) }, values, lowering)).y;
  };

  it.each(lowerings)('equals diffusers in the %s lowering', async (lowering) => {
    const golden = await openGolden(file);
    expect(relativeError(await forward(golden, lowering), golden.tensor('out:y'))).toBeLessThan(tolerance);
    golden.frozen.assertAllUsed((key) => /^(?:in|out|grad):/.test(key));
  });

  it('has the gradients of torch', async () => {
    const golden = await openGolden(file);
    const p = golden.trainable();
    const values = inputs.map((name) => golden.input(name));
    const { loss, inputs: cotangents } = projected(golden, { cotangent: build(p, values) });
    expectAllWithin(await gradientErrors(golden, p, loss, [...values, ...cotangents]));
  });
});
