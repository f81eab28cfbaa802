/** @file Multi-head scaled dot-product attention, with and without an additive mask. */
import { FoleyError } from '../../errors/foley-error.js';
import { defineOperation, type Value } from '../value.js';
import { add, mul } from './arithmetic.js';
import { matmul } from './linear.js';
import { softmax } from './reductions.js';
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
  const [batch, , width] = q.shape as [number, number, number];
  const byHead = (x: Value) =>
    transpose(reshape(x, [batch, x.shape[1]!, heads, width / heads]), [0, 2, 1, 3]); // [B, h, N, C/h]
  const scores = mul(matmul(byHead(q), byHead(k), { transposeB: true }), scale); // [B, h, N, M]
  const weights = softmax(bias === null ? scores : add(scores, bias), -1);
  return reshape(transpose(matmul(weights, byHead(v)), [0, 2, 1, 3]), q.shape); // [B, N, C]
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
