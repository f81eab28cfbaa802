/** @file The frame adapter's first projection, from training scenes: every frame in which something sounds, and its label. */
import { FoleyError } from '../errors/foley-error.js';
import { meanVector } from '../evaluation/embedders/audio-embedder.js';
import type { FrameAdapterConfig } from '../models/frame-adapter.js';
import type { SceneSplit, SeenFrames } from './scene-dataset.node.js';
import type { TextStates } from './text-states.node.js';
import { type FrameInWords, fitProjection } from './words-for-frames.js';

/**
 * First values of `image_proj`, by key.
 * @param text knows the labels and the empty text
 * @throws FoleyError `usage` for an adapter without the normalisation that brings fitted tokens to the words' spread, or with a
 * position that is added to them
 */
export function wordsForScenes(
  scenes: SceneSplit,
  text: TextStates,
  seen: SeenFrames,
  adapter: FrameAdapterConfig,
): Map<string, Float32Array> {
  if (adapter.projection === 'linear') {
    throw new FoleyError('usage', 'begin "fitted" needs a frame adapter with a normalisation', {
      hint: 'Set "projection" to "linear-layernorm" in the model\'s config.json, or "begin" to "silent".',
    });
  }
  if (adapter.position !== 'none') {
    throw new FoleyError(
      'usage',
      `begin "fitted" needs a frame adapter without position, not "${adapter.position}"`,
      {
        hint: 'Set "position" to "none" in the model\'s config.json: a position\'s sinusoids drown the words.',
      },
    );
  }
  const wordsOf = new Map([...new Set(scenes.labels)].map((label) => [label, meanState(text, label)]));
  const pairs = scenes.labels.flatMap((label, scene): FrameInWords[] => {
    const words = wordsOf.get(label)!;
    const row = scenes.embeddings.row(scene);
    const frames = Array.from({ length: seen.count }, (_, frame) => frame)
      .filter((frame) => soundsAt(scenes, scene, frame / seen.perSecond))
      .map((frame) => row.subarray(frame * adapter.embeddingDim, (frame + 1) * adapter.embeddingDim));
    if (adapter.pooling === 'none') return frames.map((embedding) => ({ embedding, words }));
    return [{ embedding: meanVector({ width: adapter.embeddingDim, data: row }), words }];
  });
  const fitted = fitProjection(pairs, [meanState(text, ''), ...wordsOf.values()], adapter.tokensPerFrame);
  return new Map([
    ['image_proj.proj.weight', fitted.weight],
    ['image_proj.proj.bias', fitted.bias],
    ['image_proj.norm.weight', fitted.normWeight],
    ['image_proj.norm.bias', fitted.normBias],
  ]);
}

/** Whether a scene truly sounds at a time. */
export function soundsAt(scenes: SceneSplit, scene: number, seconds: number): boolean {
  return scenes.spans[scene]!.some(
    ({ startSeconds, endSeconds }) => seconds >= startSeconds && seconds < endSeconds,
  );
}

/** The mean of a text's token states, padding left out, `[width]`. */
function meanState(text: TextStates, words: string): Float32Array {
  const { tokens, width } = text;
  const states = new Float32Array(tokens * width);
  text.copyTo(words, states, 0);
  let count = 0;
  while (count < tokens && states.subarray(count * width, (count + 1) * width).some((value) => value !== 0))
    count++;
  return meanVector({ width, data: states.subarray(0, count * width) });
}
