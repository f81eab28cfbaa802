/**
 * @file The temporal adapter: a ControlNet that reads the timing raster and adds to the UNet's skip connections.
 * References: Zhang et al. 2023, "Adding Conditional Control"; diffusers `ControlNetModel` (keys); FoleyCrafter for the
 * one-channel hint (+1 sound, -1 silence, constant over height).
 */
import { add, mul, reshape, silu, slice, transpose, type Value } from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import { type SiteKeysValues, textKeysValues } from './cross-keys-values.js';
import { convolution2d } from './layers.js';
import { activatedTimeEmbedding } from './time-embedding.js';
import { type ControlResiduals, contextOf } from './unet.js';
import { middle, wayDown } from './unet-blocks.js';
import { controlNetSites, type UnetConfig } from './unet-config.js';

export interface ControlNetConfig {
  /** The sizes of the UNet it steers; only the way down and the middle are used. */
  readonly unet: UnetConfig;
  /** Channels of the hint encoder; published 16, 32, 96, 256. */
  readonly hintChannels: readonly number[];
  /** Strides between them, one fewer; published 2, 2, 2. */
  readonly hintStrides: readonly number[];
  /**
   * 1: the raster enters as it is. n > 1: every n-th row is kept and n neighbouring columns become channels, which
   * loses nothing (rows are equal) and costs n times n fewer pixels.
   */
  readonly hintFold: number;
}

/**
 * The hint encoder; independent of the step, so it runs once a generation.
 * @param p prefix `controlnet_cond_embedding`.
 * @param hint timing raster `[B, 1, rows, columns]` in -1..1.
 * @returns `[B, blockOutChannels[0], H, W]`, the size of the latents.
 */
export function encodeHint(p: Parameters, hint: Value, config: ControlNetConfig): Value {
  const [first, ...rest] = config.hintChannels as [number, ...number[]];
  let hidden = silu(convolution2d(p.at('conv_in'), foldColumns(hint, config.hintFold), first, 3));
  rest.forEach((channels, i) => {
    hidden = silu(convolution2d(p.at(`blocks.${2 * i}`), hidden, hidden.shape[1]!, 3));
    const stride = config.hintStrides[i]!;
    hidden = silu(convolution2d(p.at(`blocks.${2 * i + 1}`), hidden, channels, 3, { stride }));
  });
  return convolution2d(p.at('conv_out'), hidden, config.unet.blockOutChannels[0]!, 3);
}

/** `[B, 1, rows, columns]` -> `[B, fold, rows / fold, columns / fold]`; channel k holds columns k, k + fold, ... */
function foldColumns(hint: Value, fold: number): Value {
  if (fold === 1) return hint;
  const [batch, , rows, columns] = hint.shape as [number, number, number, number];
  const kept = slice(hint, 2, 0, rows, fold); // [B, 1, rows / fold, columns]
  const pairs = reshape(kept, [batch, rows / fold, columns / fold, fold]);
  return transpose(pairs, [0, 3, 1, 2]);
}

export interface ControlNetStepInputs {
  /** `[B, inChannels, H, W]`. */
  readonly latents: Value;
  /** `[B]`, float. */
  readonly timestep: Value;
  /** Made with the ControlNet's own projections over `controlNetSites`. */
  readonly text: SiteKeysValues;
  /** From `encodeHint`. */
  readonly hintFeatures: Value;
  /** Factor on every residual; at 0 the caller leaves the ControlNet out. */
  readonly scale: number | Value;
}

/** One evaluation: a residual for each skip connection of the UNet (12 as published) and one for its middle. */
export function controlNetStep(
  p: Parameters,
  inputs: ControlNetStepInputs,
  config: ControlNetConfig,
): ControlResiduals {
  const { unet } = config;
  const contextAt = contextOf(inputs.text, null); // text only: frames go to the UNet alone
  const time = activatedTimeEmbedding(p.at('time_embedding'), inputs.timestep, unet.blockOutChannels[0]!);
  const stem = add(
    convolution2d(p.at('conv_in'), inputs.latents, unet.blockOutChannels[0]!, 3),
    inputs.hintFeatures,
  );
  const skips = wayDown(p, stem, time, contextAt, unet);
  const bottom = middle(p, skips.at(-1)!, time, contextAt, unet);
  const residual = (name: string, x: Value) =>
    mul(convolution2d(p.at(name), x, x.shape[1]!, 1), inputs.scale);
  return {
    skips: skips.map((skip, i) => residual(`controlnet_down_blocks.${i}`, skip)),
    middle: residual('controlnet_mid_block', bottom),
  };
}

/** The same from raw conditions: `[B, tokens, dim]` text states and the `[B, 1, rows, columns]` raster. */
export function controlNet(
  p: Parameters,
  inputs: { latents: Value; timestep: Value; textStates: Value; hint: Value; scale: number | Value },
  config: ControlNetConfig,
): ControlResiduals {
  const { latents, timestep, textStates, hint, scale } = inputs;
  const text = textKeysValues(p, textStates, controlNetSites(config.unet));
  const hintFeatures = encodeHint(p.at('controlnet_cond_embedding'), hint, config);
  return controlNetStep(p, { latents, timestep, text, hintFeatures, scale }, config);
}
