/** @file Places and labels against the same arithmetic written out; and what a whole picture is made of. */
import { afterAll, describe, expect, test } from 'vitest';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { floats, input, program, tensor } from '../../src/graph/index.js';
import {
  bankRows,
  placeBias,
  placeEmbeddings,
  placeLabels,
  placeWidth,
  soundingPlaces,
} from '../../src/models/picture-places.js';
import { constantParameters } from '../../src/weights/index.js';

const engine = createOrtEngine({ threads: 1 });
afterAll(() => engine.close());

const sizes = { features: 6, width: 5 };
const places = 3;
/** Numbers without pattern, in -1..1, that need no random source. */
const numbers = (count: number, phase: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) + phase));

const weights = {
  'places.image.weight': numbers(placeWidth * sizes.features, 1),
  'places.image.bias': numbers(placeWidth, 2),
  'places.label.weight': numbers(placeWidth * sizes.width, 3),
  'places.mean': numbers(sizes.width, 4),
  'places.certainty': Float32Array.of(1.7),
  'places.bias': Float32Array.of(-4),
  'places.bank.weight': numbers(bankRows * placeWidth, 8).map((value) => value / 8),
};
const shapes: Record<string, number[]> = {
  'places.image.weight': [placeWidth, sizes.features],
  'places.image.bias': [placeWidth],
  'places.label.weight': [placeWidth, sizes.width],
  'places.mean': [sizes.width],
  'places.certainty': [1],
  'places.bias': [1],
  'places.bank.weight': [bankRows, placeWidth],
};
const parameters = constantParameters(
  new Map(Object.entries(weights).map(([key, values]) => [key, tensor(shapes[key]!, values)])),
).at('places');

/** What a sentence is in the space of the places. */
function intoPlaces(sentence: Float32Array): number[] {
  return Array.from({ length: placeWidth }, (_, row) =>
    sentence.reduce(
      (sum, value, i) =>
        sum + weights['places.label.weight'][row * sizes.width + i]! * (value - weights['places.mean'][i]!),
      0,
    ),
  );
}

describe('places', () => {
  const positions = numbers(places * sizes.features, 5);
  const named = numbers(places * sizes.width, 6);
  const certainty = Float32Array.of(0.04, 0.25, 0.81);
  const expected = Array.from({ length: places }, (_, place) => {
    const words = intoPlaces(named.subarray(place * sizes.width, (place + 1) * sizes.width));
    return words.map((word, row) => {
      let seen = weights['places.image.bias'][row]!;
      for (let i = 0; i < sizes.features; i++) {
        seen +=
          weights['places.image.weight'][row * sizes.features + i]! * positions[place * sizes.features + i]!;
      }
      return seen + 1.7 * Math.sqrt(certainty[place]!) * word;
    });
  });

  test('are their features and their names in one space; the picture is those that sound, taken back', async () => {
    const pictured = {
      positions: input('positions', [1, places, sizes.features]),
      named: input('named', [1, places, sizes.width]),
      certainty: input('certainty', [1, places, 1]),
    };
    const found = placeEmbeddings(parameters, pictured, sizes);
    const outputs = { found, whole: soundingPlaces(parameters, found, sizes) };
    const session = await engine.compile(program('places', { inputs: Object.values(pictured), outputs }));
    const results = await session.run({
      positions: tensor([1, places, sizes.features], positions),
      named: tensor([1, places, sizes.width], named),
      certainty: tensor([1, places, 1], certainty),
    });
    await session.close();
    // float32 sums of a dozen numbers below 2: 1e-5
    floats(results.found!).forEach((value, index) => {
      expect(value).toBeCloseTo(expected.flat()[index]!, 4);
    });
    const whole = floats(results.whole!);
    const shares = expected.map((place) => {
      const logits = Array.from({ length: bankRows }, (_, label) =>
        place.reduce(
          (sum, value, row) => sum + value * weights['places.bank.weight'][label * placeWidth + row]!,
          -4,
        ),
      );
      return 1 / (1 + Math.exp(-3 * Math.max(...logits)));
    });
    const area = shares.reduce((sum, share) => sum + share, 0) / places;
    expect(whole).toHaveLength(sizes.width);
    whole.forEach((value, i) => {
      let back = 0;
      for (let row = 0; row < placeWidth; row++) {
        const together = expected.reduce((sum, place, at) => sum + shares[at]! * place[row]!, 0) / places;
        back +=
          ((0.1 * together) / Math.sqrt(area + 0.02)) *
          weights['places.label.weight'][row * sizes.width + i]!;
      }
      expect(value).toBeCloseTo(back, 3); // sums of 64 products of up to 10
    });
  });

  test('see labels through the same weights', async () => {
    const sentence = input('sentence', [1, sizes.width]);
    const outputs = { label: placeLabels(parameters, sentence, sizes), bias: placeBias(parameters) };
    const session = await engine.compile(program('label', { inputs: [sentence], outputs }));
    const values = numbers(sizes.width, 7);
    const results = await session.run({ sentence: tensor([1, sizes.width], values) });
    await session.close();
    intoPlaces(values).forEach((value, row) => {
      expect(floats(results.label!)[row]).toBeCloseTo(value, 5);
    });
    expect(floats(results.bias!)[0]).toBe(-4);
  });
});
