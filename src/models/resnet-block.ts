/**
 * @file The residual block of the UNet, the ControlNet and the VAE, and the two ways to change resolution.
 * Reference: diffusers `ResnetBlock2D`, `Downsample2D`, `Upsample2D`.
 */
import { add, reshape, silu, upsampleNearest2d, type Value } from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import { convolution2d, dense, normalizeGroups } from './layers.js';

/** Group normalisation as a network configures it: UNet eps 1e-5, VAE eps 1e-6. */
export interface Normalization {
  readonly groups: number;
  readonly eps: number;
}

/**
 * norm, SiLU, 3x3, (+ time), norm, SiLU, 3x3, + shortcut.
 * @param p e.g. `down_blocks.0.resnets.1`.
 * @param x `[B, C, H, W]`.
 * @param time `[B, T]` from `activatedTimeEmbedding`; null in a VAE.
 * @returns `[B, outChannels, H, W]`.
 */
export function resnetBlock(
  p: Parameters,
  x: Value,
  time: Value | null,
  outChannels: number,
  norm: Normalization,
): Value {
  let hidden = silu(normalizeGroups(p.at('norm1'), x, norm));
  hidden = convolution2d(p.at('conv1'), hidden, outChannels, 3);
  if (time !== null) {
    const shift = dense(p.at('time_emb_proj'), time, outChannels); // [B, out]
    hidden = add(hidden, reshape(shift, [-1, outChannels, 1, 1]));
  }
  hidden = silu(normalizeGroups(p.at('norm2'), hidden, norm));
  hidden = convolution2d(p.at('conv2'), hidden, outChannels, 3);
  const shortcut = x.shape[1] === outChannels ? x : convolution2d(p.at('conv_shortcut'), x, outChannels, 1);
  return add(shortcut, hidden);
}

/**
 * Halves height and width with a strided 3x3.
 * @param p e.g. `down_blocks.0.downsamplers.0`.
 * @param padding 1 in the UNet; `[0, 0, 1, 1]` (top, left, bottom, right) in the VAE, which pads only below and on the right.
 */
export function downsample(
  p: Parameters,
  x: Value,
  padding: number | [number, number, number, number],
): Value {
  return convolution2d(p.at('conv'), x, x.shape[1]!, 3, { stride: 2, padding });
}

/** Doubles height and width: nearest neighbour, then 3x3. `p` is e.g. `up_blocks.0.upsamplers.0`. */
export function upsample(p: Parameters, x: Value): Value {
  return convolution2d(p.at('conv'), upsampleNearest2d(x, 2), x.shape[1]!, 3);
}
