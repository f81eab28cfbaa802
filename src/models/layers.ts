/** @file Layers that own parameters: each reads `weight` and `bias` under its prefix and checks their shapes. */
import { conv1d, conv2d, groupNorm, layerNorm, linear, type Value } from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';

/** A square 2-d convolution `[B, C, H, W] -> [B, out, H', W']`; padding keeps the size at stride 1 unless given. */
export function convolution2d(
  p: Parameters,
  x: Value,
  outChannels: number,
  kernel: number,
  options: { stride?: number; padding?: number | [number, number, number, number] } = {},
): Value {
  const weight = p.get('weight', [outChannels, x.shape[1]!, kernel, kernel]);
  const { stride = 1, padding = (kernel - 1) / 2 } = options;
  return conv2d(x, weight, p.get('bias', [outChannels]), { stride, padding });
}

/** A 1-d convolution `[B, C, T] -> [B, out, T]` that keeps the length. */
export function convolution1d(
  p: Parameters,
  x: Value,
  outChannels: number,
  kernel: number,
  options: { dilation?: number; groups?: number } = {},
): Value {
  const { dilation = 1, groups = 1 } = options;
  const weight = p.get('weight', [outChannels, x.shape[1]! / groups, kernel]);
  const padding = ((kernel - 1) * dilation) / 2;
  return conv1d(x, weight, p.get('bias', [outChannels]), { padding, dilation, groups });
}

/** A dense layer over the last axis `[..., C] -> [..., out]`. */
export function dense(p: Parameters, x: Value, outFeatures: number, options: { bias?: boolean } = {}): Value {
  const weight = p.get('weight', [outFeatures, x.shape.at(-1)!]);
  return linear(x, weight, (options.bias ?? true) ? p.get('bias', [outFeatures]) : null);
}

/** Group normalisation over channels `[B, C, ...]`. */
export function normalizeGroups(p: Parameters, x: Value, options: { groups: number; eps: number }): Value {
  const channels = x.shape[1]!;
  return groupNorm(x, p.get('weight', [channels]), p.get('bias', [channels]), options);
}

/** Layer normalisation over the last axis; 1e-5 is torch's default. */
export function normalizeLast(p: Parameters, x: Value, eps = 1e-5): Value {
  const features = x.shape.at(-1)!;
  return layerNorm(x, p.get('weight', [features]), p.get('bias', [features]), { eps });
}
