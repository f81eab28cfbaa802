import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { constant, floats, input, program, tensor, type Value } from '../../src/graph/index.js';
import { type FrameAdapterConfig, frameTokens } from '../../src/models/frame-adapter.js';
import { frameWindowBias, frameWindowBiases } from '../../src/models/frame-window.js';
import { small } from '../../src/models/presets.js';
import { constantParameters } from '../../src/weights/index.js';

const engine = createOrtEngine({ threads: 1 });
afterAll(() => engine.close());

async function evaluate(y: Value): Promise<Float32Array> {
  const session = await engine.compile(program('constants', { inputs: [], outputs: { y } }));
  const result = floats((await session.run({})).y!);
  await session.close();
  return result;
}

const times = (values: readonly number[]) => constant(tensor([1, values.length], Float32Array.from(values)));

describe('frameWindowBias', () => {
  it.each([0, 0.2, 1.5])(
    'with a window of %d s shows each column the frames near it, and always the nearest',
    async (windowSeconds) => {
      const seconds = input('seconds', [1, 8]);
      const bias = frameWindowBias(seconds, 64, 0.16, windowSeconds);
      const session = await engine.compile(program('window', { inputs: [seconds], outputs: { bias } }));
      const hundredths = fc.array(fc.integer({ min: 0, max: 1024 }), { minLength: 8, maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(hundredths, async (drawn) => {
          const frames = drawn.map((value) => value / 100);
          const found = floats(
            (await session.run({ seconds: tensor([1, 8], Float32Array.from(frames)) })).bias!,
          );
          for (let column = 0; column < 64; column++) {
            const distances = frames.map((t) => Math.max(column * 0.16 - t, t - (column + 1) * 0.16, 0));
            // distances are multiples of 10 ms, so half of that keeps rounding out
            const limit = Math.max(Math.min(...distances), windowSeconds) + 0.005;
            const seen = distances.map((_, frame) => found[column * 8 + frame] === 0);
            expect(seen).toEqual(distances.map((distance) => distance <= limit));
          }
        }),
        { numRuns: 50 },
      );
      await session.close();
    },
  );

  it('exists for every grid that attends, with an entry for each token', () => {
    const adapter: FrameAdapterConfig = { ...small.frameAdapter, windowSeconds: 0.2, tokensPerFrame: 4 };
    const biases = frameWindowBiases(
      times([0, 1, 2]),
      64,
      { ...small.unet, attentionLevels: [true, true, true] },
      adapter,
    );
    expect([...biases].map(([columns, { shape }]) => [columns, ...shape])).toEqual([
      [64, 1, 1, 64, 12],
      [32, 1, 1, 32, 12],
      [16, 1, 1, 16, 12],
    ]);
    expect(frameWindowBiases(times([0]), 64, small.unet, { ...adapter, windowSeconds: null }).size).toBe(0);
  });
});

describe('frameTokens', () => {
  const config: FrameAdapterConfig = {
    embeddingDim: 2,
    tokenDim: 2,
    pooling: 'none',
    tokensPerFrame: 1,
    projection: 'linear',
    position: 'none',
    windowSeconds: null,
    latentColumnSeconds: 0.16,
  };
  const embeddings = constant(tensor([1, 3, 2], Float32Array.of(1, 2, 3, 4, 5, 9)));
  const identity = {
    'proj.weight': tensor([2, 2], Float32Array.of(1, 0, 0, 1)),
    'proj.bias': tensor([2], Float32Array.of(10, 20)),
  };

  it('pools a clip into one frame', async () => {
    const p = constantParameters(new Map(Object.entries(identity)));
    const tokens = frameTokens(p, embeddings, times([0, 1, 2]), { ...config, pooling: 'mean' });
    expect(tokens.shape).toEqual([1, 1, 2]);
    expect([...(await evaluate(tokens))]).toEqual([13, 25]);
  });

  it('adds the learned row of the nearest thirtieth of a second', async () => {
    const table = tensor(
      [308, 2],
      Float32Array.from({ length: 616 }, (_, i) => 100 * Math.floor(i / 2)),
    );
    const p = constantParameters(new Map(Object.entries({ ...identity, 'position.weight': table })));
    const tokens = frameTokens(p, embeddings, times([0, 1.02, 99]), { ...config, position: 'learned' });
    expect([...(await evaluate(tokens))]).toEqual([11, 22, 3113, 3124, 30715, 30729]);
  });
});
