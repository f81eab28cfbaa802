import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attention, floats, input, log, maskedAttention, reshape, tensor } from '../../src/graph/index.js';
import { largestMerge, mergeTokens } from '../../src/models/token-merging.js';
import { evaluate, relativeError, sampleValues } from '../graph/evaluate.js';

type Rows = number[][];

/** The paper's bipartite soft matching on plain arrays, one token after the other. */
function merged(
  states: Rows,
  sizes: number[],
  likeness: Rows,
  count: number,
): { states: Rows; sizes: number[] } {
  const cosine = (a: number[], b: number[]) => {
    const dot = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    return dot / (Math.hypot(...a) * Math.hypot(...b));
  };
  const even = states.map((_, i) => i).filter((i) => i % 2 === 0);
  const odd = states.map((_, i) => i).filter((i) => i % 2 === 1);
  const pairs = even.slice(1).map((from) => {
    const scores = odd.map((to) => cosine(likeness[from]!, likeness[to]!));
    const best = scores.indexOf(Math.max(...scores));
    return { from, to: odd[best]!, score: scores[best]! };
  });
  const chosen = [...pairs].sort((a, b) => b.score - a.score).slice(0, count);
  const rest = [...pairs].sort((a, b) => a.score - b.score).slice(0, pairs.length - count);
  const join = (to: number) => {
    const members = [to, ...chosen.filter((pair) => pair.to === to).map((pair) => pair.from)];
    const size = members.reduce((sum, member) => sum + sizes[member]!, 0);
    const row = states[to]!.map(
      (_, at) => members.reduce((sum, member) => sum + sizes[member]! * states[member]![at]!, 0) / size,
    );
    return { row, size };
  };
  const joined = odd.map(join);
  const kept = [0, ...rest.map((pair) => pair.from)];
  return {
    states: [...kept.map((i) => states[i]!), ...joined.map(({ row }) => row)],
    sizes: [...kept.map((i) => sizes[i]!), ...joined.map(({ size }) => size)],
  };
}

async function run(states: Rows, sizes: number[], likeness: Rows, count: number) {
  const shape = (rows: Rows) => [1, rows.length, rows[0]!.length];
  const values = {
    states: tensor(shape(states), Float32Array.from(states.flat())),
    sizes: tensor([1, sizes.length, 1], Float32Array.from(sizes)),
    likeness: tensor(shape(likeness), Float32Array.from(likeness.flat())),
  };
  const [x, s, l] = (['states', 'sizes', 'likeness'] as const).map((name) => input(name, values[name].shape));
  const result = mergeTokens({ states: x!, sizes: s! }, l!, count);
  const found = await evaluate({ joined: result.states, counts: result.sizes }, [x!, s!, l!], values);
  return { states: floats(found.joined!), sizes: floats(found.counts!) };
}

const rowsOf = (count: number, width: number, seed: number): Rows => {
  const values = sampleValues(count * width, seed);
  return Array.from({ length: count }, (_, row) => [...values.subarray(row * width, (row + 1) * width)]);
};

describe('token merging', () => {
  it('joins the pairs that the paper joins', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 4, max: 19 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (tokens, seed, share) => {
          const count = Math.max(1, Math.round(share * largestMerge(tokens)));
          const states = rowsOf(tokens, 5, seed);
          const likeness = rowsOf(tokens, 7, seed + 1);
          const sizes = Array.from({ length: tokens }, (_, i) => 1 + (i % 3));
          const wanted = merged(states, sizes, likeness, count);
          const found = await run(states, sizes, likeness, count);
          expect(found.sizes).toEqual(Float32Array.from(wanted.sizes));
          // a mean of a few float32 values
          expect(relativeError(found.states, Float32Array.from(wanted.states.flat()))).toBeLessThan(1e-6);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('loses nothing where the tokens that it joins are equal', async () => {
    // each of tokens 2, 4, 6 equals an odd one; what is merged counts as often as it stood there
    const distinct = rowsOf(4, 8, 3);
    const rows = [
      distinct[0]!,
      distinct[1]!,
      distinct[1]!,
      distinct[2]!,
      distinct[2]!,
      distinct[3]!,
      distinct[3]!,
    ];
    const flat = Float32Array.from(rows.flat());
    const states = input('states', [1, 7, 8]);
    const ones = input('ones', [1, 7, 1]);
    const query = input('query', [1, 2, 8]);
    const fewer = mergeTokens({ states, sizes: ones }, states, 3);
    expect(fewer.states.shape).toEqual([1, 4, 8]);
    const bias = reshape(log(fewer.sizes), [1, 1, 1, 4]);
    const found = await evaluate(
      {
        exact: attention(query, states, states, { heads: 2 }),
        merged: maskedAttention(query, fewer.states, fewer.states, { heads: 2 }, bias),
      },
      [states, ones, query],
      {
        states: tensor([1, 7, 8], flat),
        ones: tensor([1, 7, 1], new Float32Array(7).fill(1)),
        query: tensor([1, 2, 8], sampleValues(16, 9)),
      },
    );
    // one softmax in another order of summing
    expect(relativeError(found.merged!, found.exact!)).toBeLessThan(1e-5);
  });

  it('never merges the class token, however alike', async () => {
    const rows = Array.from({ length: 9 }, () => [1, 2, 3]);
    const { sizes } = await run(rows, new Array<number>(9).fill(1), rows, largestMerge(9));
    expect(sizes[0]).toBe(1);
    expect(sizes.length).toBe(5);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(9);
  });
});
