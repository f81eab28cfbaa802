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
import { type ContextAt, middle, upLayers, wayDown, wayUp } from './unet-blocks.js';
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
  /** Told what every cross attention asks, while the graph is built. */
  readonly watch?: (asked: WatchedQuery) => void;
}

/** What one cross attention asks. */
export interface WatchedQuery {
  /** As in `crossAttentionSites`. */
  readonly path: string;
  /** `[B, rows * columns, C]`, row by row. */
  readonly query: Value;
  readonly columns: number;
  readonly heads: number;
}

/** One evaluation with everything that does not depend on the step made before. Returns `[B, outChannels, H, W]`. */
export function unetStep(p: Parameters, inputs: UnetStepInputs, config: UnetConfig): Value {
  const { time, contextAt, skips } = descend(p, inputs, config);
  const bottom = bottomOf(p, skips, time, contextAt, inputs, config);
  const steered = withResiduals(skips, inputs);
  return predictionOf(p, wayUp(p, bottom, steered, time, contextAt, config), config);
}

/**
 * The same in two parts, for steps that reuse deep features (DeepCache, arXiv 2312.00858): what comes up to the layers
 * that take the `depth + 1` finest skip connections changes little from step to step.
 */
export interface DeepReuse {
  /** 0: only the last layer of the way up, and the first convolution of the way down, are computed anew. */
  readonly depth: number;
}

/**
 * One evaluation that also gives what later ones may reuse.
 * @returns the prediction, as of `unetStep`, and the features, of `deepShape`.
 */
export function unetStepKeeping(
  p: Parameters,
  inputs: UnetStepInputs,
  { depth }: DeepReuse,
  config: UnetConfig,
): { readonly prediction: Value; readonly deep: Value } {
  const { time, contextAt, skips } = descend(p, inputs, config);
  const bottom = bottomOf(p, skips, time, contextAt, inputs, config);
  const steered = withResiduals(skips, inputs);
  const shallow = checkDepth(depth, config) + 1;
  const from = skips.length - shallow;
  const deep = wayUp(p, bottom, steered.slice(shallow), time, contextAt, config, { until: from });
  const top = wayUp(p, deep, steered.slice(0, shallow), time, contextAt, config, { from });
  return { prediction: predictionOf(p, top, config), deep };
}

/**
 * One evaluation of the shallow part alone.
 * @param inputs of the ControlNet's residuals, only those of the `depth + 1` finest skip connections count.
 * @param deep what `unetStepKeeping` gave at an earlier step.
 */
export function unetStepReusing(
  p: Parameters,
  inputs: UnetStepInputs,
  deep: Value,
  { depth }: DeepReuse,
  config: UnetConfig,
): Value {
  const { time, contextAt, skips } = descend(p, inputs, config);
  const shallow = checkDepth(depth, config) + 1;
  const steered = withResiduals(skips, inputs).slice(0, shallow);
  const from = skips.length - shallow;
  return predictionOf(p, wayUp(p, deep, steered, time, contextAt, config, { from }), config);
}

/** `[C, H, W]` of the features that are reused, for latents of `[C, H, W]`. */
export function deepShape(
  latentShape: readonly number[],
  { depth }: DeepReuse,
  config: UnetConfig,
): readonly [number, number, number] {
  const layers = upLayers(config);
  const at = layers.length - 1 - checkDepth(depth, config);
  // the first layer of the way up receives what the middle gives; else the channels are those of the layer before
  const channelsLevel = layers[Math.max(0, at - 1)]!.level;
  const shrink = 2 ** layers[at]!.level;
  return [config.blockOutChannels[channelsLevel]!, latentShape[1]! / shrink, latentShape[2]! / shrink];
}

/** How deep the shallow part can reach: everything but the middle. */
export function largestReuseDepth(config: UnetConfig): number {
  return upLayers(config).length - 1;
}

function checkDepth(depth: number, config: UnetConfig): number {
  const most = largestReuseDepth(config);
  if (Number.isInteger(depth) && depth >= 0 && depth <= most) return depth;
  throw new FoleyError('usage', `the reuse depth must be a whole number from 0 to ${most}, not ${depth}`);
}

function descend(
  p: Parameters,
  { latents, timestep, text, frames = null, watch }: UnetStepInputs,
  config: UnetConfig,
) {
  const contextAt = contextOf(text, frames, watch);
  const time = activatedTimeEmbedding(p.at('time_embedding'), timestep, config.blockOutChannels[0]!);
  const stem = convolution2d(p.at('conv_in'), latents, config.blockOutChannels[0]!, 3);
  return { time, contextAt, skips: wayDown(p, stem, time, contextAt, config) };
}

function bottomOf(
  p: Parameters,
  skips: readonly Value[],
  time: Value,
  contextAt: ContextAt,
  { control = null }: UnetStepInputs,
  config: UnetConfig,
): Value {
  const bottom = middle(p, skips.at(-1)!, time, contextAt, config);
  return control === null ? bottom : add(bottom, control.middle);
}

function withResiduals(skips: readonly Value[], { control = null }: UnetStepInputs): readonly Value[] {
  return control === null ? skips : skips.map((skip, i) => add(skip, control.skips[i]!));
}

function predictionOf(p: Parameters, hidden: Value, config: UnetConfig): Value {
  const norm = { groups: config.normGroups, eps: unetNormEpsilon };
  return convolution2d(
    p.at('conv_out'),
    silu(normalizeGroups(p.at('conv_norm_out'), hidden, norm)),
    config.outChannels,
    3,
  );
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
export function contextOf(
  text: SiteKeysValues,
  frames: FrameContext | null,
  watch?: UnetStepInputs['watch'],
): ContextAt {
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
    ...(watch === undefined
      ? {}
      : { watch: (query: Value, heads: number) => watch({ path, query, columns, heads }) }),
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
