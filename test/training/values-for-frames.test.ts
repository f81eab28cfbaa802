import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/data/seeded-random.js';
import { type FrameToken, fitValues } from '../../src/training/values-for-frames.js';

const tokenDim = 10;
const sites = [
  { path: 'down', channels: 4 },
  { path: 'middle', channels: 3 },
];
const labels = ['dog', 'siren', 'train'];
const random = seededRandom('values');
const draw = (length: number) => Float32Array.from({ length }, () => random.normal());
const ofLabel = new Map(labels.map((label) => [label, draw(7)]));
const directions = new Map(labels.map((label) => [label, draw(tokenDim)]));
const blank = draw(tokenDim);
const tokens = Array.from({ length: 90 }, (_, at): FrameToken => {
  const label = labels[at % 3]!;
  const token = directions.get(label)!.map((value, i) => blank[i]! + 3 * value + 0.1 * random.normal());
  return { token, label, weight: 1 };
});
const fitted = fitValues(tokens, blank, { sites, ofLabel });

/** What a token brings into a site. */
function brought(path: string, token: Float32Array): number[] {
  const weight = fitted.get(path)!;
  return Array.from({ length: weight.length / tokenDim }, (_, channel) =>
    token.reduce((sum, value, i) => sum + weight[channel * tokenDim + i]! * value, 0),
  );
}
const length = (values: readonly number[]) => Math.hypot(...values);

describe('fitValues', () => {
  it('brings into every site what the label of a frame changes there, somewhat shrunken', () => {
    const dot = (a: readonly number[], b: Float32Array) =>
      a.reduce((sum, value, at) => sum + value * b[at]!, 0);
    for (const { token, label } of tokens) {
      const found = sites.flatMap(({ path }) => brought(path, token));
      const distances = labels.map((one) => length(found.map((value, at) => value - ofLabel.get(one)![at]!)));
      expect(labels[distances.indexOf(Math.min(...distances))]).toBe(label);
      const own = ofLabel.get(label)!;
      const share = dot(found, own) / dot([...own], own);
      expect(share).toBeGreaterThan(0.5);
      expect(share).toBeLessThan(1.05);
    }
  });

  it('brings nearly nothing for a picture that shows nothing', () => {
    const typical = length(sites.flatMap(({ path }) => brought(path, tokens[0]!.token)));
    expect(length(sites.flatMap(({ path }) => brought(path, blank)))).toBeLessThan(0.1 * typical);
  });

  it('has a row for each channel, and leaves labels out that nothing is known of', () => {
    expect([...fitted].map(([path, weight]) => [path, weight.length])).toEqual([
      ['down', 4 * tokenDim],
      ['middle', 3 * tokenDim],
    ]);
    const strange: FrameToken = { token: draw(tokenDim), label: 'unheard', weight: 50 };
    expect(fitValues([...tokens, strange], blank, { sites, ofLabel })).toEqual(fitted);
  });
});
