/**
 * @file Token merging in a vision transformer: in every layer the most alike tokens become one, so that later layers
 * have less to do. Reference: Bolya et al. 2023, "Token Merging: Your ViT But Faster" (arXiv 2210.09461), bipartite soft
 * matching with proportional attention.
 */
import {
  add,
  argMax,
  concat,
  constant,
  div,
  matmul,
  max,
  mul,
  neg,
  oneHot,
  slice,
  sqrt,
  square,
  sub,
  sum,
  tensor,
  topIndices,
  unsqueeze,
  type Value,
} from '../graph/index.js';

/** Tokens of a transformer, and how many of the first ones each stands for. */
export interface SizedTokens {
  /** `[B, N, C]`; the first is the class token, which is never merged. */
  readonly states: Value;
  /** `[B, N, 1]` */
  readonly sizes: Value;
}

/** Tokens that can be merged at once: all of the even ones but the class token. */
export function largestMerge(tokens: number): number {
  return Math.ceil(tokens / 2) - 1;
}

/**
 * Merges the `count` most alike pairs of an even and an odd token: each even token has the odd one that it is most like,
 * and of these pairs the closest are joined, weighted by size. Attention to what remains should add the logarithm of the
 * sizes to its scores, so that a token counts as often as it stands for one.
 * @param likeness `[B, N, D]` what tokens are compared by, the mean of their attention keys over heads
 * @param count at most `largestMerge(N)`
 * @returns N - count tokens, the class token first
 */
export function mergeTokens({ states, sizes }: SizedTokens, likeness: Value, count: number): SizedTokens {
  if (count === 0) return { states, sizes };
  const tokens = states.shape[1]!;
  const every = (x: Value, first: 0 | 1): Value => slice(x, 1, first, tokens, 2);
  const even = Math.ceil(tokens / 2);
  const odd = tokens - even;

  const length = sqrt(sum(square(likeness), [2], { keepDims: true }));
  const direction = div(likeness, add(length, tiny)); // [B, N, D]
  const cosines = matmul(every(direction, 0), every(direction, 1), { transposeB: true }); // [B, even, odd]
  const partner = oneHot(argMax(cosines, 2), odd); // [B, even, odd]
  // the class token comes last among the alike, whatever it is like
  const closeness = sub(max(cosines, [2]), constant(tensor([even], unlike(even)))); // [B, even]
  const leastAlikeFirst = topIndices(neg(closeness), even); // [B, even]
  const kept = oneHot(slice(leastAlikeFirst, 1, 0, even - count), even); // [B, even - count, even]
  const merged = sum(oneHot(slice(leastAlikeFirst, 1, even - count, even), even), [1]); // [B, even]: 1 or 0
  const pairs = mul(partner, unsqueeze(merged, 2)); // [B, even, odd]

  const weighted = mul(states, sizes);
  const joined = (x: Value): Value => add(every(x, 1), matmul(pairs, every(x, 0), { transposeA: true })); // [B, odd, ..]
  const joinedSizes = joined(sizes);
  return {
    // a product with one-hot rows picks rows, exactly
    states: concat([matmul(kept, every(states, 0)), div(joined(weighted), joinedSizes)], 1),
    sizes: concat([matmul(kept, every(sizes, 0)), joinedSizes], 1),
  };
}

const tiny = 1e-12; // so that a key of zeros is like nothing, and not NaN

/** More than the largest cosine at the class token, 0 elsewhere. */
function unlike(even: number): Float32Array {
  return Float32Array.from({ length: even }, (_, token) => (token === 0 ? 4 : 0));
}
