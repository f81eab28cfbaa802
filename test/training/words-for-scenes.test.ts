import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/data/seeded-random.js';
import type { FrameAdapterConfig } from '../../src/models/frame-adapter.js';
import type { TextStates } from '../../src/training/text-states.node.js';
import { fitProjection } from '../../src/training/words-for-frames.js';
import { wordsForScenes } from '../../src/training/words-for-scenes.js';
import { twoScenes } from './two-scenes.js';

const width = 4;
const { scenes, seen } = twoScenes(width);
const adapter: FrameAdapterConfig = {
  embeddingDim: width,
  tokenDim: width,
  pooling: 'none',
  tokensPerFrame: 1,
  projection: 'linear-layernorm',
  position: 'none',
  windowSeconds: 0.25,
  latentColumnSeconds: 0.16,
};

/** Three tokens of each text, then padding. */
const texts: TextStates = {
  tokens: 5,
  width,
  copyTo(text, target, offset) {
    const random = seededRandom(text);
    for (let token = 0; token < 3; token++)
      for (let i = 0; i < width; i++) target[offset + token * width + i] = random.normal();
  },
};
function meanOf(text: string): Float32Array {
  const states = new Float32Array(5 * width);
  texts.copyTo(text, states, 0);
  return Float32Array.from(
    { length: width },
    (_, i) => (states[i]! + states[width + i]! + states[2 * width + i]!) / 3,
  );
}

const frame = (scene: number, index: number) =>
  scenes.embeddings.row(scene).slice(index * width, (index + 1) * width);

describe('wordsForScenes', () => {
  it('fits the frames in which something sounds to the mean token state of its label', () => {
    const fitted = wordsForScenes(scenes, texts, seen, adapter);
    const pairs = [
      ...[1, 2].map((at) => ({ embedding: frame(0, at), words: meanOf('dog') })),
      ...[0, 1, 2, 3, 4, 5].map((at) => ({ embedding: frame(1, at), words: meanOf('siren') })),
    ];
    const wanted = fitProjection(pairs, [meanOf(''), meanOf('dog'), meanOf('siren')], 1);
    expect([...fitted.keys()].sort()).toEqual([
      'image_proj.norm.bias',
      'image_proj.norm.weight',
      'image_proj.proj.bias',
      'image_proj.proj.weight',
    ]);
    const close = (a: Float32Array, b: Float32Array) =>
      a.forEach((value, i) => {
        expect(value).toBeCloseTo(b[i]!, 4);
      });
    close(fitted.get('image_proj.proj.weight')!, wanted.weight);
    close(fitted.get('image_proj.proj.bias')!, wanted.bias);
    close(fitted.get('image_proj.norm.weight')!, wanted.normWeight);
    close(fitted.get('image_proj.norm.bias')!, wanted.normBias);
  });

  it('fits the mean of a clip where frames are pooled, in every token', () => {
    const pooled = { ...adapter, pooling: 'mean', tokensPerFrame: 4 } as const;
    const fitted = wordsForScenes(scenes, texts, seen, pooled);
    expect(fitted.get('image_proj.proj.weight')!.length).toBe(4 * width * width);
    const bias = fitted.get('image_proj.proj.bias')!;
    expect(bias.subarray(width, 2 * width)).toEqual(bias.subarray(0, width));
  });

  it('refuses an adapter whose tokens nothing brings to the spread of words', () => {
    const bare = { ...adapter, projection: 'linear' } as const;
    expect(() => wordsForScenes(scenes, texts, seen, bare)).toThrow(
      /needs a frame adapter with a normalisation/,
    );
  });

  it('refuses an adapter whose tokens say their position, too', () => {
    const placed = { ...adapter, position: 'sinusoidal' } as const;
    expect(() => wordsForScenes(scenes, texts, seen, placed)).toThrow(/without position, not "sinusoidal"/);
  });
});
