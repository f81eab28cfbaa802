/** @file CLIP, the sentence encoder and EfficientNet-Lite against transformers and the published implementation. */
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { floats, input, program, type Tensor, tensor, type Value } from '../../src/graph/index.js';
import { classSpace } from '../../src/models/class-space.js';
import {
  type ClipImageConfig,
  type ClipTextConfig,
  clipImageEmbedding,
  clipTextEmbedding,
  clipTextStates,
} from '../../src/models/clip.js';
import { efficientNet, efficientNetLite } from '../../src/models/efficientnet-lite.js';
import { type SentenceEncoderConfig, sentenceEncoder } from '../../src/models/sentence-encoder.js';
import { frozenParameters, openSafetensors } from '../../src/weights/index.node.js';
import { hashedParameters, hashedPicture } from './hashed-weights.js';

// python reference/encoders/golden.py test/golden/encoders models/small EFFICIENTNET
const fileOf = (path: string) => openSafetensors(fileURLToPath(new URL(`../../${path}`, import.meta.url)));
const golden = (name: string) => fileOf(`test/golden/encoders/${name}.safetensors`);

const engine = createOrtEngine({ threads: 1 });
afterAll(() => engine.close());

async function run(inputs: readonly Value[], outputs: Record<string, Value>, feeds: Record<string, Tensor>) {
  const session = await engine.compile(program('test', { inputs, outputs }));
  const results = await session.run(feeds);
  await session.close();
  return results;
}

/** Largest difference, relative to the largest value. */
function errorOf(actual: Tensor, expected: Tensor): number {
  expect(actual.shape).toEqual(expected.shape);
  const [a, b] = [floats(actual), floats(expected)];
  const scale = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0) / scale;
}

/** Both sides compute in float32 and add up in other orders: about 1e-6 a layer. */
const tolerance = 2e-5;

const ids = (rows: readonly (readonly number[])[]) =>
  tensor([rows.length, rows[0]!.length], BigInt64Array.from(rows.flat(), BigInt), 'int64');
const ones = (rows: readonly (readonly number[])[], isOne: (value: number, column: number) => boolean) =>
  tensor(
    [rows.length, rows[0]!.length],
    Float32Array.from(rows.flatMap((row) => row.map((v, i) => (isOne(v, i) ? 1 : 0)))),
  );

describe.each(['quick-gelu', 'gelu'] as const)('CLIP with %s', (activation) => {
  const shared = { width: 32, layers: 2, heads: 4, hiddenWidth: 48, activation, projectionWidth: 24 };
  const prefix = activation.replace('-', '_');

  test('text: states of all tokens and embedding at the end of the text', async () => {
    const config: ClipTextConfig = { ...shared, vocabularySize: 60, tokens: 12 };
    const rows = [
      [58, 1, 2, 3, 59, 59, 59, 59, 59, 59, 59, 59],
      [58, 40, 7, 7, 20, 33, 5, 6, 9, 50, 51, 59],
    ];
    const [tokens, atEnd] = [input('ids', [2, 12], 'int64'), input('atEnd', [2, 12])];
    const p = hashedParameters();
    const states = clipTextStates(p, tokens, config);
    const embedding = clipTextEmbedding(p, states, atEnd, config);
    const feeds = { ids: ids(rows), atEnd: ones(rows, (_, i) => i === 4) };
    feeds.atEnd.data.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 12);
    const results = await run([tokens, atEnd], { states, embedding }, feeds);
    const expected = await golden('clip');
    expect(errorOf(results.states!, await expected.read(`${prefix}.text_states`))).toBeLessThan(tolerance);
    expect(errorOf(results.embedding!, await expected.read(`${prefix}.text_embeds`))).toBeLessThan(tolerance);
  });

  test('image: embedding of two pictures', async () => {
    const config: ClipImageConfig = { ...shared, imageSize: 28, patchSize: 7 };
    const images = input('images', [2, 3, 28, 28]);
    const embedding = clipImageEmbedding(hashedParameters(), images, config);
    const results = await run([images], { embedding }, { images: hashedPicture('picture', [2, 3, 28, 28]) });
    const expected = await (await golden('clip')).read(`${prefix}.image_embeds`);
    expect(errorOf(results.embedding!, expected)).toBeLessThan(tolerance);
  });
});

test('sentence encoder: token states and mean embedding, padding without influence', async () => {
  const config: SentenceEncoderConfig = {
    vocabularySize: 50,
    width: 24,
    layers: 2,
    heads: 3,
    hiddenWidth: 40,
    mostTokens: 16,
    normEpsilon: 1e-12,
  };
  const rows = [
    [2, 5, 6, 7, 3, 0, 0, 0],
    [2, 9, 9, 40, 41, 42, 43, 3],
  ];
  const [tokens, mask] = [input('ids', [2, 8], 'int64'), input('mask', [2, 8])];
  const { tokenStates, embedding } = sentenceEncoder(hashedParameters(), tokens, mask, config);
  const feeds = { ids: ids(rows), mask: ones(rows, (value) => value !== 0) };
  const results = await run([tokens, mask], { tokenStates, embedding }, feeds);
  const expected = await golden('sentences');
  expect(errorOf(results.tokenStates!, await expected.read('tiny.states'))).toBeLessThan(tolerance);
  expect(errorOf(results.embedding!, await expected.read('tiny.embedding'))).toBeLessThan(tolerance);
});

describe('EfficientNet-Lite', () => {
  test('lite2: widths and depths as published', async () => {
    const config = { ...efficientNetLite.lite2, imageSize: 64, classes: 10 };
    const images = input('images', [1, 3, 64, 64]);
    const { featureMap, logits } = efficientNet(hashedParameters(), images, config);
    const feeds = { images: hashedPicture('lite2', [1, 3, 64, 64]) };
    const results = await run([images], { featureMap, logits }, feeds);
    const expected = await golden('efficientnet');
    const corner = floats(results.featureMap!).filter((_, i) => i % 4 === 0); // [1, 1280, 2, 2] at position 0, 0
    expect(errorOf(tensor([1280], corner), await expected.read('lite2.map'))).toBeLessThan(tolerance);
    expect(errorOf(results.logits!, await expected.read('lite2.logits'))).toBeLessThan(tolerance);
  });

  test('the shipped lite0: logits, and their place among the class names', async () => {
    const file = await fileOf('models/small/image_encoder.safetensors');
    // the places were trained here: test/models/picture-places.test.ts
    const published = [...file.tensors].filter(([key]) => !key.startsWith('places.'));
    const p = frozenParameters({ id: file.id, tensors: new Map(published) });
    const images = input('images', [1, 3, 224, 224]);
    const network = efficientNetLite.lite0;
    const { logits } = efficientNet(p, images, network);
    const { embedding } = classSpace(p, images, { network, width: 384 });
    p.assertAllUsed();
    const feeds = { images: hashedPicture('lite0', [1, 3, 224, 224]) };
    const results = await run([images], { logits, embedding }, feeds);
    const expected = await golden('efficientnet');
    expect(errorOf(results.logits!, await expected.read('lite0.logits'))).toBeLessThan(tolerance);
    expect(errorOf(results.embedding!, await expected.read('lite0.embedding'))).toBeLessThan(tolerance);
  });
});
