import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/data/seeded-random.js';
import { type FrameInWords, fitProjection } from '../../src/training/words-for-frames.js';

const embeddingDim = 12;
const tokenDim = 20;
const classCount = 6;

/** Classes with words and directions of their own; frames are a direction, longer or shorter, and a little noise. */
function scenes(noise: number) {
  const random = seededRandom('words');
  const vector = (width: number) => Float32Array.from({ length: width }, () => random.normal());
  const words = Array.from({ length: classCount }, () => vector(tokenDim));
  const directions = Array.from({ length: classCount }, () => vector(embeddingDim));
  const empty = vector(tokenDim);
  const pairs = Array.from({ length: 300 }, (_, i): FrameInWords => {
    const length = 0.3 + random.next();
    return {
      embedding: directions[i % classCount]!.map((value) => length * (value + noise * random.normal())),
      words: words[i % classCount]!,
    };
  });
  return { pairs, words, directions, empty };
}

/** The projection and the normalisation behind it, as `frameTokens` has them. */
function say(fitted: ReturnType<typeof fitProjection>, embedding: Float32Array, token = 0): Float32Array {
  const projected = Float32Array.from({ length: tokenDim }, (_, j) => {
    const row = token * tokenDim + j;
    return embedding.reduce(
      (sum, value, i) => sum + fitted.weight[row * embeddingDim + i]! * value,
      fitted.bias[row]!,
    );
  });
  const mean = projected.reduce((sum, value) => sum + value, 0) / tokenDim;
  const deviation = Math.sqrt(projected.reduce((sum, value) => sum + (value - mean) ** 2, 0) / tokenDim);
  return projected.map(
    (value, j) => ((value - mean) / deviation) * fitted.normWeight[j]! + fitted.normBias[j]!,
  );
}

function likeness(a: Float32Array, b: Float32Array, origin: Float32Array): number {
  const [left, right] = [a, b].map((vector) => vector.map((value, i) => value - origin[i]!)) as [
    Float32Array,
    Float32Array,
  ];
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right));
}

describe('fitProjection', () => {
  it('says the words of the class that a frame shows', () => {
    const { pairs, words } = scenes(0.3);
    const fitted = fitProjection(pairs, [new Float32Array(tokenDim), ...words], 1);
    const right = pairs.filter(({ embedding, words: own }) => {
      const said = say(fitted, embedding);
      const likest = words.map((one) => likeness(said, one, fitted.normBias));
      return words[likest.indexOf(Math.max(...likest))] === own;
    });
    expect(right.length / pairs.length).toBeGreaterThan(0.95);
  });

  it('says the empty text where nothing is shown, in every token of a frame', () => {
    const { pairs, words, empty } = scenes(0.1);
    const fitted = fitProjection(pairs, [empty, ...words], 4);
    const standard = empty.map((value, j) => (value - fitted.normBias[j]!) / fitted.normWeight[j]!);
    const middle = standard.reduce((sum, value) => sum + value, 0) / tokenDim;
    for (let token = 0; token < 4; token++) {
      const said = say(fitted, new Float32Array(embeddingDim), token);
      // the normalisation takes off the mean and keeps the direction
      const left = said.map((value, j) => (value - fitted.normBias[j]!) / fitted.normWeight[j]!);
      expect(
        likeness(
          left,
          standard.map((value) => value - middle),
          new Float32Array(tokenDim),
        ),
      ).toBeCloseTo(1, 5);
    }
  });

  it('solves the least squares: no other weight near it does better', () => {
    const { pairs, words, empty } = scenes(0.5);
    const fitted = fitProjection(pairs, [empty, ...words], 1);
    const random = seededRandom('other weights');
    const trace = pairs.reduce((sum, { embedding }) => sum + embedding.reduce((s, x) => s + x * x, 0), 0);
    const loss = (weight: Float32Array) => {
      let sum = 0;
      for (const { embedding, words } of pairs) {
        for (let j = 0; j < tokenDim; j++) {
          const standard = (value: number) => (value - fitted.normBias[j]!) / fitted.normWeight[j]!;
          const target = 2 * (standard(words[j]!) - standard(empty[j]!));
          const made = embedding.reduce((s, x, i) => s + weight[j * embeddingDim + i]! * x, 0);
          sum += (made - target) ** 2;
        }
      }
      return sum + ((0.03 * trace) / embeddingDim) * weight.reduce((s, w) => s + w * w, 0);
    };
    const best = loss(fitted.weight);
    for (let trial = 0; trial < 5; trial++) {
      expect(loss(fitted.weight.map((w) => w + 0.01 * random.normal()))).toBeGreaterThan(best);
    }
  });

  it('refuses scenes that show nothing', () => {
    const { pairs, words, empty } = scenes(0);
    const dark = pairs.map(({ words }) => ({ embedding: new Float32Array(embeddingDim), words }));
    expect(() => fitProjection(dark, [empty, ...words], 1)).toThrow(/shows anything/);
    expect(() => fitProjection([], [empty, ...words], 1)).toThrow(/shows anything/);
  });
});
