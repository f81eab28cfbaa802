/**
 * @file The denoising UNet: Stable Diffusion 1.5's layout at any size, with the frame branch beside the text and
 * room for a ControlNet's residuals.
 * References: Rombach et al. 2022; diffusers `UNet2DConditionModel` (keys); Auffusion uses it on mel latents.
 */
import { FoleyError } from '../errors/foley-error.js';
import { add, silu, type Value } from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import { keyValueAt, type SiteKeysValues, textKeysValues } from './cross-keys-values.js';
import { type FrameAdapterConfig, frameKeysValues, frameTokens } from './frame-adapter.js';
import { frameWindowBiases } from './frame-window.js';
import { convolution2d, normalizeGroups } from './layers.js';
import { activatedTimeEmbedding } from './time-embedding.js';
import { type ContextAt, middle, wayDown, wayUp } from './unet-blocks.js';
import { crossAttentionSites, type UnetConfig, unetNormEpsilon } from './unet-config.js';

/** What the frame adapter hands to every step. */
export interface FrameContext {
  readonly keysValues: SiteKeysValues;
  /** Factor on the branch; 0 means that the branch is not built. */
  readonly scale: number | Value;
  /** Additive bias by number of latent columns, from `frameWindowBiases`; empty: every column sees every frame. */
  readonly windowBiases: ReadonlyMap<number, Value>;
}

/** What a ControlNet adds: one residual for each skip connection, and one for the middle. */
export interface ControlResiduals {
  readonly skips: readonly Value[];
  readonly middle: Value;
}

export interface UnetStepInputs {
  /** `[B, inChannels, H, W]`; H and W divisible by 2^(levels - 1). */
  readonly latents: Value;
  /** `[B]`, float, 0..999. */
  readonly timestep: Value;
  readonly text: SiteKeysValues;
  readonly frames?: FrameContext | null;
  readonly control?: ControlResiduals | null;
}

/** One evaluation with everything that does not depend on the step made before. Returns `[B, outChannels, H, W]`. */
export function unetStep(p: Parameters, inputs: UnetStepInputs, config: UnetConfig): Value {
  const { latents, timestep, text, frames = null, control = null } = inputs;
  const contextAt = contextOf(text, frames);
  const time = activatedTimeEmbedding(p.at('time_embedding'), timestep, config.blockOutChannels[0]!);
  const stem = convolution2d(p.at('conv_in'), latents, config.blockOutChannels[0]!, 3);
  let skips = wayDown(p, stem, time, contextAt, config);
  let hidden = middle(p, skips.at(-1)!, time, contextAt, config);
  if (control !== null) {
    skips = skips.map((skip, i) => add(skip, control.skips[i]!));
    hidden = add(hidden, control.middle);
  }
  hidden = wayUp(p, hidden, skips, time, contextAt, config);
  hidden = silu(
    normalizeGroups(p.at('conv_norm_out'), hidden, { groups: config.normGroups, eps: unetNormEpsilon }),
  );
  return convolution2d(p.at('conv_out'), hidden, config.outChannels, 3);
}

export interface UnetInputs {
  readonly latents: Value;
  readonly timestep: Value;
  /** `[B, tokens, crossAttentionDim]`. */
  readonly textStates: Value;
  readonly frame?: {
    /** The adapter's parameters: `image_proj` and `ip_adapter`. */
    readonly parameters: Parameters;
    /** `[B, T, D]` frame embeddings; zeros for the negative. */
    readonly embeddings: Value;
    /** `[B, T]` seconds since the window began. */
    readonly timesSeconds: Value;
    readonly scale: number | Value;
    readonly config: FrameAdapterConfig;
  } | null;
  readonly controlResiduals?: ControlResiduals | null;
}

/** The same from raw conditions, for training: gradients reach the adapter's and the UNet's projections. */
export function unet(p: Parameters, inputs: UnetInputs, config: UnetConfig): Value {
  const { latents, timestep, textStates, frame = null, controlResiduals = null } = inputs;
  const sites = crossAttentionSites(config);
  let frames: FrameContext | null = null;
  if (frame !== null && frame.scale !== 0) {
    const tokens = frameTokens(
      frame.parameters.at('image_proj'),
      frame.embeddings,
      frame.timesSeconds,
      frame.config,
    );
    frames = {
      keysValues: frameKeysValues(frame.parameters.at('ip_adapter'), tokens, sites),
      scale: frame.scale,
      windowBiases: frameWindowBiases(frame.timesSeconds, latents.shape[3]!, config, frame.config),
    };
  }
  const text = textKeysValues(p, textStates, sites);
  return unetStep(p, { latents, timestep, text, frames, control: controlResiduals }, config);
}

/** Looks up what a cross attention attends to. */
export function contextOf(text: SiteKeysValues, frames: FrameContext | null): ContextAt {
  return (path, columns) => ({
    text: keyValueAt(text, path),
    frames:
      frames === null || frames.scale === 0
        ? null
        : {
            ...keyValueAt(frames.keysValues, path),
            scale: frames.scale,
            windowBias: windowBiasFor(frames.windowBiases, columns),
          },
  });
}

function windowBiasFor(biases: ReadonlyMap<number, Value>, columns: number): Value | null {
  if (biases.size === 0) return null;
  const bias = biases.get(columns);
  if (bias === undefined) {
    throw new FoleyError('graph-invalid', `no window bias was given for ${columns} latent columns`);
  }
  return bias;
}
