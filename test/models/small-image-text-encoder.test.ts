/** @file The shipped encoders end to end: texts against transformers, frames in order, one space for both. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { floats, tensor } from '../../src/graph/index.js';
import type { EncoderFrame } from '../../src/models/image-text-encoder.js';
import { createSmallEncoder, type SmallEncoder } from '../../src/models/small-image-text-encoder.js';
import { createWordpieceTokenizer } from '../../src/models/wordpiece-tokenizer.js';
import { constantParameters, frozenParameters, openSafetensors } from '../../src/weights/index.node.js';

const pathOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const engine = createOrtEngine({ threads: 1 });
afterAll(() => engine.close());

async function openEncoder(withProjection: boolean): Promise<SmallEncoder> {
  const image = await openSafetensors(pathOf('models/small/image_encoder.safetensors'));
  const names = [...image.tensors.keys()].filter((name) => !/^(class_embeddings|places)\./.test(name));
  const projection = new Float32Array(384 * 1280);
  for (let i = 0; i < 384; i++) projection[i * 1280 + i] = 1; // the first 384 features
  const projected = new Map([
    ...(await Promise.all(names.map(async (name) => [name, await image.read(name)] as const))),
    ['projection.weight', tensor([384, 1280], projection)] as const,
    ['projection.bias', tensor([384], new Float32Array(384).fill(0.5))] as const,
  ]);
  return createSmallEncoder({
    engine,
    text: frozenParameters(await openSafetensors(pathOf('models/small/text_encoder.safetensors'))),
    image: withProjection ? constantParameters(projected) : frozenParameters(image),
    tokenizer: createWordpieceTokenizer(readFileSync(pathOf('models/small/tokenizer/vocab.txt'), 'utf8')),
    tokens: 32,
    weightsId: 'test',
  });
}

async function* frames(...levels: number[]): AsyncGenerator<EncoderFrame> {
  for (const [index, level] of levels.entries()) {
    const data = Uint8Array.from({ length: 3 * 48 * 32 }, (_, i) => (i * level) % 256);
    yield { timeSeconds: index / 30, width: 48, height: 32, data };
  }
}

const lengthOf = (vector: Float32Array) => Math.hypot(...vector);
const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

describe('the small encoder', () => {
  let encoder: SmallEncoder;
  beforeAll(async () => {
    encoder = await openEncoder(false);
  });

  test('gives texts the states and embeddings that transformers gives', async () => {
    // python reference/encoders/golden.py test/golden/encoders models/small EFFICIENTNET
    const golden = await openSafetensors(pathOf('test/golden/encoders/sentences.safetensors'));
    const texts = ['dog barking', 'a steam locomotive passes by'];
    const expected = floats(await golden.readFloat32('small.embedding'));
    const embeddings = await encoder.embedTexts(texts);
    // float32 sums in another order, six layers: 1e-6; values are below 0.2
    embeddings.forEach((embedding, row) => {
      const error = embedding.map((value, i) => Math.abs(value - expected[row * 384 + i]!));
      expect(Math.max(...error)).toBeLessThan(5e-6);
    });
    const states = floats(await golden.readFloat32('small.states'));
    const [first] = await encoder.encodeTokens(texts);
    expect(first).toHaveLength(32 * 384);
    expect(Math.max(...states.map((value, i) => Math.abs(value - first![i]!)))).toBeLessThan(2e-5);
    expect(first!.subarray(4 * 384).every((value) => value === 0)).toBe(true); // [CLS] dog barking [SEP]
  });

  test('knows which texts mean the same', async () => {
    const [bark, howl, engineText] = await encoder.embedTexts([
      'dog barking',
      'a hound howls',
      'a truck drives by',
    ]);
    expect(cosine(bark!, howl!)).toBeGreaterThan(cosine(bark!, engineText!) + 0.2);
  });

  test('embeds each frame with its time, in the order of the stream, and the same frame the same', async () => {
    const embeddings = await encoder.embedFrames(frames(3, 7, 3));
    expect([...embeddings.timesSeconds]).toEqual([0, 1 / 30, 2 / 30]);
    expect(embeddings.width).toBe(encoder.width);
    const [a, b, c] = [0, 1, 2].map((row) => embeddings.data.subarray(row * 384, (row + 1) * 384));
    expect(c).toEqual(a);
    expect(b).not.toEqual(a);
    // places of 7 x 7, of the first frame and the last: the one between follows within an eighth of a second
    const { places } = embeddings;
    expect([...places!.timesSeconds]).toEqual([0, 2 / 30]);
    expect([places!.rows, places!.columns, places!.width]).toEqual([7, 7, 64]);
    const size = 49 * 64;
    expect(places!.values).toHaveLength(2 * size);
    expect(places!.values.subarray(size)).toEqual(places!.values.subarray(0, size)); // they show the same
  });

  test('sees labels as the places do: a width of 64 and the bias', async () => {
    const [bark, again, rain] = await encoder.embedPlaceLabels!(['dog barking', 'dog barking', 'rain']);
    expect(bark).toHaveLength(65);
    expect(again).toEqual(bark);
    expect(rain).not.toEqual(bark);
    expect(bark![64]).toBe(rain![64]);
    expect(bark![64]).toBeLessThan(0); // nothing is there until a place speaks for it
  });

  test('embeds no frames as no rows', async () => {
    const embeddings = await encoder.embedFrames(frames());
    const none = { timesSeconds: new Float64Array(0), data: new Float32Array(0) };
    expect(embeddings).toMatchObject({ ...none, width: 384 });
    expect(embeddings.places).toBeUndefined();
  });
});

test('a trained projection takes the place of the class names', async () => {
  const encoder = await openEncoder(true);
  const features = await encoder.embedFeatures(frames(3));
  expect(features.width).toBe(1280);
  const expected = features.data.slice(0, 384).map((value) => value + 0.5);
  const { data } = await encoder.embedFrames(frames(3));
  const error = data.map((value, i) => Math.abs(value - expected[i]! / lengthOf(expected)));
  expect(Math.max(...error)).toBeLessThan(1e-6);
});
