/** @file Batch normalisation as it is after training: by running statistics, alone or folded into a convolution. */
import {
  add,
  type Conv2dOptions,
  conv2d,
  div,
  mul,
  reshape,
  sqrt,
  sub,
  type Value,
} from '../../graph/index.js';
import type { Parameters } from '../../weights/parameters.js';

interface ScaleAndShift {
  readonly scale: Value; // [C]
  readonly shift: Value; // [C]
}

/** y = scale * x + shift says the same as the normalisation. */
function scaleAndShift(norm: Parameters, channels: number, eps: number): ScaleAndShift {
  const vector = (name: string) => norm.get(name, [channels]);
  const scale = div(vector('weight'), sqrt(add(vector('running_var'), eps)));
  return { scale, shift: sub(vector('bias'), mul(vector('running_mean'), scale)) };
}

/** Normalises the last axis, `[.., C]`. */
export function normaliseBatchLast(norm: Parameters, x: Value, eps = 1e-5): Value {
  const { scale, shift } = scaleAndShift(norm, x.shape.at(-1)!, eps);
  return add(mul(x, scale), shift);
}

export interface NormalisedConvolution extends Conv2dOptions {
  /** [rows, columns] */
  readonly kernel: readonly [number, number];
  /** torch's 1e-5 unless given. */
  readonly eps?: number;
}

/** A convolution without bias and its batch normalisation, in one: `[B, C, H, W]` -> `[B, channels, H', W']`. */
export function convolveNormalised(
  convolution: Parameters,
  norm: Parameters,
  x: Value,
  channels: number,
  { kernel, eps = 1e-5, ...options }: NormalisedConvolution,
): Value {
  const weight = convolution.get('weight', [channels, x.shape[1]!, ...kernel]);
  const { scale, shift } = scaleAndShift(norm, channels, eps);
  return conv2d(x, mul(weight, reshape(scale, [channels, 1, 1, 1])), shift, options);
}
