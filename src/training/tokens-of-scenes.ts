/** @file What the frames of training scenes say once the projection is fitted: their tokens, with the labels of what sounds. */
import { floats, input, program, tensor } from '../graph/index.js';
import { frameTokens } from '../models/frame-adapter.js';
import { constantParameters } from '../weights/parameters.js';
import type { FrozenParts } from './measure-effects.js';
import type { SceneSplit, SeenFrames } from './scene-dataset.node.js';
import type { FrameToken } from './values-for-frames.js';
import { soundsAt } from './words-for-scenes.js';

/**
 * The tokens of all frames in which something sounds, or of each clip where frames are pooled, and of a picture that shows
 * nothing.
 * @param projection values of `image_proj`, by key; alike for every token of a frame
 */
export async function tokensOfScenes(
  scenes: SceneSplit,
  seen: SeenFrames,
  projection: ReadonlyMap<string, Float32Array>,
  { engine, model: { frameAdapter: adapter } }: Pick<FrozenParts, 'engine' | 'model'>,
): Promise<{ readonly tokens: readonly FrameToken[]; readonly blank: Float32Array }> {
  const { embeddingDim, tokenDim, tokensPerFrame } = adapter;
  const parameters = constantParameters(
    new Map(
      [...projection].map(([key, values]) => {
        const rows = key.includes('.norm.') ? tokenDim : tokensPerFrame * tokenDim;
        return [key, tensor(values.length === rows ? [rows] : [rows, embeddingDim], values)];
      }),
    ),
  );
  const embeddings = input('embeddings', [1, seen.count, embeddingDim]);
  const times = input('times', [1, seen.count]);
  const tokens = frameTokens(parameters.at('image_proj'), embeddings, times, adapter);
  const session = await engine.compile(program('tokens', { inputs: [embeddings], outputs: { tokens } }));
  const run = async (rows: Float32Array) =>
    floats((await session.run({ embeddings: tensor([1, seen.count, embeddingDim], rows) })).tokens!).slice();
  const firstToken = (of: Float32Array, frame: number) => {
    const start = frame * tokensPerFrame * tokenDim;
    return of.slice(start, start + tokenDim);
  };
  const found: FrameToken[] = [];
  for (const [scene, label] of scenes.labels.entries()) {
    const ofScene = await run(scenes.embeddings.row(scene));
    const frames =
      adapter.pooling === 'mean'
        ? [0]
        : Array.from({ length: seen.count }, (_, frame) => frame).filter((frame) =>
            soundsAt(scenes, scene, frame / seen.perSecond),
          );
    for (const frame of frames)
      found.push({ token: firstToken(ofScene, frame), label, weight: 1 / frames.length });
  }
  const blank = firstToken(await run(new Float32Array(seen.count * embeddingDim)), 0);
  await session.close();
  return { tokens: found, blank };
}
