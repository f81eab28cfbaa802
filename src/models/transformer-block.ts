/**
 * @file The transformer at one place of the UNet: self attention, cross attention to the text with a parallel branch to
 * the frames, and a gated feed-forward.
 * References: diffusers `Transformer2DModel` (one layer, convolutional projections) and `BasicTransformerBlock`;
 * IP-Adapter (Ye et al. 2023, eq. 5) for the parallel branch.
 */
import {
  add,
  attention,
  expand,
  gelu,
  maskedAttention,
  mul,
  reshape,
  split,
  transpose,
  type Value,
} from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import { convolution2d, dense, normalizeGroups, normalizeLast } from './layers.js';

/** Keys and values of one cross attention, `[B, tokens, channels]` each; they do not depend on the step. */
export interface KeyValue {
  readonly key: Value;
  readonly value: Value;
}

/** The frame branch of one cross attention. */
export interface FrameBranch extends KeyValue {
  /** Factor on the branch's output; never 0 (then the branch is left out). */
  readonly scale: number | Value;
  /** Which frames a latent column may see, additive `[B or 1, 1, columns, tokens]`; null: all. */
  readonly windowBias: Value | null;
}

/** What the positions of one spatial transformer attend to, besides themselves. */
export interface CrossContext {
  readonly text: KeyValue;
  readonly frames: FrameBranch | null;
  /** Told the queries, `[B, rows * columns, C]`, while the graph is built: for training programs that look inside. */
  readonly watch?: (query: Value, heads: number) => void;
}

const normEpsilon = 1e-6; // of the group norm here; ResNet blocks of the same UNet use 1e-5

/**
 * `[B, C, H, W]` -> the same shape.
 * @param p e.g. `down_blocks.0.attentions.1`.
 */
export function spatialTransformer(
  p: Parameters,
  x: Value,
  context: CrossContext,
  heads: number,
  normGroups: number,
): Value {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const normal = normalizeGroups(p.at('norm'), x, { groups: normGroups, eps: normEpsilon });
  const projected = convolution2d(p.at('proj_in'), normal, channels, 1);
  const tokens = transpose(reshape(projected, [batch, channels, height * width]), [0, 2, 1]); // [B, H*W, C]
  const mixed = transformerBlock(p.at('transformer_blocks.0'), tokens, context, heads, height);
  const image = reshape(transpose(mixed, [0, 2, 1]), x.shape); // [B, C, H, W]
  return add(x, convolution2d(p.at('proj_out'), image, channels, 1));
}

function transformerBlock(
  p: Parameters,
  tokens: Value,
  context: CrossContext,
  heads: number,
  rows: number,
): Value {
  const afterSelf = add(tokens, selfAttention(p.at('attn1'), normalizeLast(p.at('norm1'), tokens), heads));
  const crossed = crossAttention(
    p.at('attn2'),
    normalizeLast(p.at('norm2'), afterSelf),
    context,
    heads,
    rows,
  );
  const afterCross = add(afterSelf, crossed);
  return add(afterCross, gatedFeedForward(p.at('ff.net'), normalizeLast(p.at('norm3'), afterCross)));
}

/** `[B, N, C]` -> `[B, N, C]`; `p` is an `attn1`. */
export function selfAttention(p: Parameters, tokens: Value, heads: number): Value {
  const channels = tokens.shape[2]!;
  const query = dense(p.at('to_q'), tokens, channels, { bias: false });
  const key = dense(p.at('to_k'), tokens, channels, { bias: false });
  const value = dense(p.at('to_v'), tokens, channels, { bias: false });
  return dense(p.at('to_out.0'), attention(query, key, value, { heads }), channels);
}

/**
 * Attention to the text plus scale times attention to the frames: one query, one output projection.
 * @param p an `attn2`.
 * @param tokens `[B, rows * columns, C]`, positions row by row.
 * @param rows mel-latent rows, so that the window bias of a column holds for each of its positions.
 */
export function crossAttention(
  p: Parameters,
  tokens: Value,
  context: CrossContext,
  heads: number,
  rows: number,
): Value {
  const channels = tokens.shape[2]!;
  const query = dense(p.at('to_q'), tokens, channels, { bias: false });
  context.watch?.(query, heads);
  let mixed = attention(query, context.text.key, context.text.value, { heads });
  if (context.frames !== null)
    mixed = add(mixed, mul(attendToFrames(query, context.frames, heads, rows), context.frames.scale));
  return dense(p.at('to_out.0'), mixed, channels);
}

function attendToFrames(query: Value, frames: FrameBranch, heads: number, rows: number): Value {
  if (frames.windowBias === null) return attention(query, frames.key, frames.value, { heads });
  const [batch, , columns, tokens] = frames.windowBias.shape as [number, number, number, number];
  const everyRow = expand(reshape(frames.windowBias, [batch, 1, 1, columns, tokens]), [
    batch,
    1,
    rows,
    columns,
    tokens,
  ]);
  const bias = reshape(everyRow, [batch, 1, rows * columns, tokens]); // [B, 1, N, tokens]
  return maskedAttention(query, frames.key, frames.value, { heads }, bias);
}

/** GEGLU (Shazeer 2020): half of the widened features gates the other half. `p` is an `ff.net`. */
export function gatedFeedForward(p: Parameters, tokens: Value): Value {
  const channels = tokens.shape[2]!;
  const widened = dense(p.at('0.proj'), tokens, 8 * channels);
  const [features, gate] = split(widened, 2, [4 * channels, 4 * channels]);
  return dense(p.at('2'), mul(features!, gelu(gate!)), channels);
}
