/** @file Multi-head scaled dot-product attention, with and without an additive mask. */
import { FoleyError } from '../../errors/foley-error.js';
import { defineOperation, type Value } from '../value.js';
import { add, mul, sub } from './arithmetic.js';
import { matmul } from './linear.js';
import { softmax, sum } from './reductions.js';
import { reshape, transpose } from './shape.js';

interface Heads {
  readonly heads: number;
  readonly scale: number;
}

export interface AttentionOptions {
  readonly heads: number;
  /** Factor on the scores; 1/sqrt(width of a head) unless given. */
  readonly scale?: number;
}

const makeAttention = defineOperation<Heads>({
  name: 'attention',
  emit: (emitter, value, { heads, scale }) =>
    emitter.node(
      'MultiHeadAttention',
      value.inputs.map((part) => emitter.nameOf(part)),
      { num_heads: { int: heads }, scale: { float: scale } },
      { domain: 'com.microsoft' },
    ),
  decomposition: (value, attributes) => attend(value.inputs as [Value, Value, Value], attributes, null),
  // the probabilities P are computed again instead of kept; sum(dP * P) over a row is sum(dO * O) over a head,
  // which spares two passes over the largest matrix (Dao et al. 2022, FlashAttention, appendix B)
  gradient: (value, upstream, needed, { heads, scale }) => {
    const [q, k, v] = value.inputs as [Value, Value, Value];
    const [queries, keys, values, byOutput] = [mul(q, scale), k, v, upstream].map((x) =>
      byHead(x, heads),
    ) as [Value, Value, Value, Value];
    const probabilities = softmax(matmul(queries, keys, { transposeB: true }), -1); // [B, h, N, M]
    const alongOutput = byHead(mul(upstream, value), heads);
    const rowSums = sum(alongOutput, [-1], { keepDims: true }); // [B, h, N, 1]
    const byScores = mul(probabilities, sub(matmul(byOutput, values, { transposeB: true }), rowSums));
    return [
      needed[0] ? mul(mergeHeads(matmul(byScores, keys)), scale) : null,
      needed[1] ? mergeHeads(matmul(byScores, queries, { transposeA: true })) : null,
      needed[2] ? mergeHeads(matmul(probabilities, byOutput, { transposeA: true })) : null,
    ];
  },
});

/**
 * softmax(q kᵀ · scale) v, by heads.
 * @param q [B, N, C] @param k [B, M, C] @param v [B, M, C]
 * @returns [B, N, C]
 */
export function attention(q: Value, k: Value, v: Value, options: AttentionOptions): Value {
  return makeAttention([q, k, v], q.shape, q.dtype, checked(q, k, v, options));
}

/** Attention with `bias` added to the scores; it broadcasts to [B, heads, N, M]. */
export function maskedAttention(q: Value, k: Value, v: Value, options: AttentionOptions, bias: Value): Value {
  return attend([q, k, v], checked(q, k, v, options), bias);
}

function attend([q, k, v]: [Value, Value, Value], { heads, scale }: Heads, bias: Value | null): Value {
  // scaling the queries costs less than scaling the scores
  const scores = matmul(byHead(mul(q, scale), heads), byHead(k, heads), { transposeB: true }); // [B, h, N, M]
  const weights = softmax(bias === null ? scores : add(scores, bias), -1);
  return mergeHeads(matmul(weights, byHead(v, heads))); // [B, N, C]
}

/** [B, N, C] -> [B, h, N, C/h] */
function byHead(x: Value, heads: number): Value {
  const [batch, count, width] = x.shape as [number, number, number];
  return transpose(reshape(x, [batch, count, heads, width / heads]), [0, 2, 1, 3]);
}

/** [B, h, N, C/h] -> [B, N, C] */
function mergeHeads(x: Value): Value {
  const [batch, heads, count, width] = x.shape as [number, number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, count, heads * width]);
}

function checked(q: Value, k: Value, v: Value, { heads, scale }: AttentionOptions): Heads {
  const [batch, , width] = q.shape;
  const fits = [q, k, v].every(
    (part) => part.shape.length === 3 && part.shape[0] === batch && part.shape[2] === width,
  );
  if (!fits || k.shape[1] !== v.shape[1] || width! % heads !== 0) {
    throw new FoleyError(
      'graph-invalid',
      `attention: q [${q.shape}], k [${k.shape}], v [${v.shape}] do not fit ${heads} heads`,
    );
  }
  return { heads, scale: scale ?? 1 / Math.sqrt(width! / heads) };
}
