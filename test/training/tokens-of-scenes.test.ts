import { afterAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/data/seeded-random.js';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { tokensOfScenes } from '../../src/training/tokens-of-scenes.js';
import { tinyConfig } from '../foley/random-model.js';
import { twoScenes } from './two-scenes.js';

const engine = createOrtEngine({ threads: 1 });
afterAll(() => engine.close());

describe('tokensOfScenes', () => {
  const { embeddingDim, tokenDim } = tinyConfig.frameAdapter;
  const { scenes, seen } = twoScenes(embeddingDim);
  const values = (name: string, shape: readonly number[]) => {
    const random = seededRandom(name);
    return Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () =>
      random.normal(),
    );
  };
  const projectionOf = (tokensPerFrame: number) =>
    new Map([
      ['image_proj.proj.weight', values('weight', [tokensPerFrame * tokenDim, embeddingDim])],
      ['image_proj.proj.bias', values('bias', [tokensPerFrame * tokenDim])],
      ['image_proj.norm.weight', values('norm', [tokenDim])],
      ['image_proj.norm.bias', values('norm bias', [tokenDim])],
    ]);

  it('are those of the frames in which something sounds, and each scene weighs the same', async () => {
    const { tokens, blank } = await tokensOfScenes(scenes, seen, projectionOf(1), {
      engine,
      model: tinyConfig,
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
    const pooled = {
      ...tinyConfig.frameAdapter,
      pooling: 'mean',
      tokensPerFrame: 4,
      windowSeconds: null,
    } as const;
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
