/**
 * @file The noise level as a vector: sinusoids of the step, then two dense layers.
 * Reference: diffusers `Timesteps` (flip_sin_to_cos, freq_shift 0) and `TimestepEmbedding`.
 */
import { concat, constant, cos, mul, reshape, silu, sin, tensor, type Value } from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import { dense } from './layers.js';

const longestPeriod = 10000;

/** `[B]` steps (float) -> `[B, width]`: cosines first, then sines. */
export function stepSinusoids(timestep: Value, width: number): Value {
  const half = width / 2;
  const frequencies = Float32Array.from({ length: half }, (_, i) => longestPeriod ** (-i / half));
  const angles = mul(reshape(timestep, [-1, 1]), constant(tensor([1, half], frequencies))); // [B, half]
  return concat([cos(angles), sin(angles)], 1);
}

/**
 * The embedding that every ResNet block receives, already through SiLU (each block would apply the same one).
 * @param p prefix `time_embedding`.
 * @param timestep `[B]` float, 0..999.
 * @param baseChannels channels of the first level; the embedding is four times as wide.
 * @returns `[B, 4 * baseChannels]`.
 */
export function activatedTimeEmbedding(p: Parameters, timestep: Value, baseChannels: number): Value {
  const hidden = silu(dense(p.at('linear_1'), stepSinusoids(timestep, baseChannels), 4 * baseChannels));
  return silu(dense(p.at('linear_2'), hidden, 4 * baseChannels));
}
