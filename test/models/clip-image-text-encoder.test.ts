/** @file A tiny CLIP end to end: the encoders around the towers, which have golden values of their own. */
import { afterAll, expect, test } from 'vitest';
import type { CompileOptions, Engine } from '../../src/engine/engine.js';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { floats, input, program, tensor } from '../../src/graph/index.js';
import { clipImageEmbedding } from '../../src/models/clip.js';
import { createClipEncoder, createClipTextEncoder } from '../../src/models/clip-image-text-encoder.js';
import { createClipTokenizer } from '../../src/models/clip-tokenizer.js';
import { clipPreprocessing, preprocessImage } from '../../src/models/image-preprocessing.js';
import { relativeError } from '../graph/evaluate.js';
import { hashedParameters } from './hashed-weights.js';

const engine = createOrtEngine({ threads: 1 });
afterAll(() => engine.close());

const letters = [...'abcdefghijklmnopqrstuvwxyz'];
const pieces = [...letters, ...letters.map((letter) => `${letter}</w>`), '<|startoftext|>', '<|endoftext|>'];
const tokenizer = createClipTokenizer({
  vocabulary: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
  merges: '#version: 0.2\n',
});
const shared = {
  width: 32,
  layers: 2,
  heads: 4,
  hiddenWidth: 48,
  activation: 'gelu',
  projectionWidth: 24,
} as const;
const config = {
  text: { ...shared, vocabularySize: pieces.length, tokens: 12 },
  image: { ...shared, imageSize: 28, patchSize: 7 },
};
const parts = {
  engine,
  text: hashedParameters(),
  image: hashedParameters(),
  tokenizer,
  config,
  weightsId: 'test',
};

async function* frames(count: number) {
  for (let i = 0; i < count; i++) {
    const data = Uint8Array.from({ length: 3 * 40 * 30 }, (_, at) => (at * (i + 3)) % 256);
    yield { timeSeconds: i / 2, width: 40, height: 30, data };
  }
}

test('frames go through preprocessing and tower one by one', async () => {
  const encoder = createClipEncoder(parts);
  const embeddings = await encoder.embedFrames(frames(3));
  expect([...embeddings.timesSeconds]).toEqual([0, 0.5, 1]);
  expect([embeddings.width, embeddings.data.length]).toEqual([24, 72]);

  const pixels = new Float32Array(3 * 28 * 28);
  for await (const frame of frames(1))
    preprocessImage(frame, { ...clipPreprocessing, imageSize: 28 }, pixels);
  const image = input('image', [1, 3, 28, 28]);
  const embedding = clipImageEmbedding(hashedParameters(), image, config.image);
  const session = await engine.compile(program('alone', { inputs: [image], outputs: { embedding } }));
  const alone = await session.run({ image: tensor([1, 3, 28, 28], pixels) });
  expect(embeddings.data.subarray(0, 24)).toEqual(floats(alone.embedding!));
  await encoder.close();
});

test('texts are embedded at their end: what follows it does not matter', async () => {
  const encoder = createClipEncoder(parts);
  const padded = createClipEncoder({
    ...parts,
    tokenizer: { ...tokenizer, encode: (text, length) => withZeroPadding(tokenizer.encode(text, length)) },
  });
  const [dog, cat] = await encoder.embedTexts(['dog', 'cat']);
  const [same] = await padded.embedTexts(['dog']);
  expect(dog).toHaveLength(24);
  expect(dog).not.toEqual(cat);
  // the same sums, of which the masked ones are exactly zero
  expect(Math.max(...dog!.map((value, i) => Math.abs(value - same![i]!)))).toBeLessThan(1e-6);
  await encoder.close();
  await padded.close();
});

function withZeroPadding(encoded: { ids: BigInt64Array; atEnd: Float32Array }) {
  const end = encoded.atEnd.indexOf(1);
  return { ids: encoded.ids.map((id, i) => (i > end ? 0n : id)), atEnd: encoded.atEnd };
}

test('prompt states have a row for every token', async () => {
  const encoder = createClipTextEncoder({ ...parts, config: config.text });
  const [states] = await encoder.encodeTokens(['dog']);
  expect(states).toHaveLength(encoder.tokens * encoder.width);
  expect(await encoder.encodeTokens([])).toEqual([]);
  await encoder.close();
});

test('frames in groups come out as one by one, the last group short', async () => {
  const single = createClipEncoder(parts);
  const grouped = createClipEncoder({ ...parts, frameBatch: 2 });
  const [alone, together] = [await single.embedFrames(frames(5)), await grouped.embedFrames(frames(5))];
  expect(together.timesSeconds).toEqual(alone.timesSeconds);
  // float32 sums, in another order where several pictures make longer matrices
  expect(relativeError(together.data, alone.data)).toBeLessThan(1e-5);
  expect(await grouped.embedFrames(frames(0))).toMatchObject({ width: 24, data: new Float32Array(0) });
  expect(grouped.id).not.toBe(single.id);
  await single.close();
  await grouped.close();
});

test('merging tokens makes another embedding under another id', async () => {
  const exact = createClipEncoder(parts);
  const merging = createClipEncoder({ ...parts, tokenMerging: 3 });
  const [a, b] = [await exact.embedFrames(frames(2)), await merging.embedFrames(frames(2))];
  expect(b.data.length).toBe(a.data.length);
  expect(relativeError(b.data, a.data)).toBeGreaterThan(1e-3);
  expect(merging.id).not.toBe(exact.id);
  // more than there are tokens left to merge is as many as there are
  const most = createClipEncoder({ ...parts, tokenMerging: 16 });
  expect((await most.embedFrames(frames(1))).data.every(Number.isFinite)).toBe(true);
  for (const encoder of [exact, merging, most]) await encoder.close();
});

test('the image tower is compiled for int8 where that is asked for, under another id', async () => {
  const asked: (CompileOptions | undefined)[] = [];
  const watched: Engine = {
    ...engine,
    compile: (made, options) => {
      asked.push(options);
      return engine.compile(made, options);
    },
  };
  const exact = createClipEncoder({ ...parts, engine: watched });
  const coarse = createClipEncoder({ ...parts, engine: watched, frameArithmetic: 'int8' });
  await exact.embedFrames(frames(1));
  await coarse.embedFrames(frames(1));
  await coarse.embedTexts(['ab']);
  // what int8 does is tested with the graph; the text tower stays as it is
  expect(asked.map((options) => options?.arithmetic ?? 'float32')).toEqual(['float32', 'int8', 'float32']);
  expect(coarse.id).not.toBe(exact.id);
  await exact.close();
  await coarse.close();
});
