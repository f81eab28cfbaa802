/**
 * @file The way down, the middle and the way up of the UNet; the ControlNet shares the first two.
 * Reference: diffusers `CrossAttnDownBlock2D`, `UNetMidBlock2DCrossAttn`, `CrossAttnUpBlock2D`.
 */
import { concat, type Value } from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import { downsample, resnetBlock, upsample } from './resnet-block.js';
import { type CrossContext, spatialTransformer } from './transformer-block.js';
import { crossAttentionPath, type UnetConfig, unetNormEpsilon } from './unet-config.js';

/** What the cross attention at a path attends to, for a latent grid with that many columns. */
export type ContextAt = (path: string, columns: number) => CrossContext;

/**
 * @param x `[B, C0, H, W]`, after `conv_in`.
 * @param time `[B, 4 * C0]`.
 * @returns the skip connections, finest first: `x` itself, each layer's output, each halving's output. The last one is
 * the input of the middle. 12 for the published UNet.
 */
export function wayDown(
  p: Parameters,
  x: Value,
  time: Value,
  contextAt: ContextAt,
  config: UnetConfig,
): Value[] {
  const { blockOutChannels, attentionLevels, layersPerBlock, heads, normGroups } = config;
  const norm = { groups: normGroups, eps: unetNormEpsilon };
  let hidden = x;
  const skips = [hidden];
  blockOutChannels.forEach((channels, level) => {
    const block = `down_blocks.${level}`;
    for (let layer = 0; layer < layersPerBlock; layer++) {
      hidden = resnetBlock(p.at(`${block}.resnets.${layer}`), hidden, time, channels, norm);
      if (attentionLevels[level]) {
        hidden = transformerAt(
          p,
          `${block}.attentions.${layer}`,
          hidden,
          contextAt,
          heads[level]!,
          normGroups,
        );
      }
      skips.push(hidden);
    }
    if (level < blockOutChannels.length - 1) {
      hidden = downsample(p.at(`${block}.downsamplers.0`), hidden, 1);
      skips.push(hidden);
    }
  });
  return skips;
}

/** ResNet, transformer, ResNet at the coarsest level. */
export function middle(
  p: Parameters,
  x: Value,
  time: Value,
  contextAt: ContextAt,
  config: UnetConfig,
): Value {
  const norm = { groups: config.normGroups, eps: unetNormEpsilon };
  const channels = x.shape[1]!;
  let hidden = resnetBlock(p.at('mid_block.resnets.0'), x, time, channels, norm);
  hidden = transformerAt(
    p,
    'mid_block.attentions.0',
    hidden,
    contextAt,
    config.heads.at(-1)!,
    config.normGroups,
  );
  return resnetBlock(p.at('mid_block.resnets.1'), hidden, time, channels, norm);
}

/** A layer of the way up: it takes one skip connection. */
interface UpLayer {
  /** Block of the way up, coarsest first. */
  readonly block: number;
  readonly layer: number;
  readonly level: number;
  /** Whether resolution doubles after it. */
  readonly isBeforeUpsampling: boolean;
}

/** The layers of the way up in order, one for each skip connection. */
export function upLayers({ blockOutChannels, layersPerBlock }: UnetConfig): UpLayer[] {
  const levels = blockOutChannels.length;
  return blockOutChannels.flatMap((_, block) => {
    const level = levels - 1 - block;
    return Array.from({ length: layersPerBlock + 1 }, (__, layer) => ({
      block,
      layer,
      level,
      isBeforeUpsampling: layer === layersPerBlock && level > 0,
    }));
  });
}

/**
 * Back to the finest level; each layer first takes the latest skip connection that is left, joined by channels.
 * @param skips finest first, as many as there are layers left to go (`upLayers`).
 * @param part which layers to go, both bounds counted over all; everything unless given. Upsampling belongs to the
 * layer before it.
 */
export function wayUp(
  p: Parameters,
  x: Value,
  skips: readonly Value[],
  time: Value,
  contextAt: ContextAt,
  config: UnetConfig,
  part: { readonly from?: number; readonly until?: number } = {},
): Value {
  const { blockOutChannels, attentionLevels, heads, normGroups } = config;
  const norm = { groups: normGroups, eps: unetNormEpsilon };
  const left = [...skips];
  let hidden = x;
  for (const { block, layer, level, isBeforeUpsampling } of upLayers(config).slice(part.from, part.until)) {
    const prefix = `up_blocks.${block}`;
    const joined = concat([hidden, left.pop()!], 1);
    hidden = resnetBlock(p.at(`${prefix}.resnets.${layer}`), joined, time, blockOutChannels[level]!, norm);
    if (attentionLevels[level]) {
      hidden = transformerAt(
        p,
        `${prefix}.attentions.${layer}`,
        hidden,
        contextAt,
        heads[level]!,
        normGroups,
      );
    }
    if (isBeforeUpsampling) hidden = upsample(p.at(`${prefix}.upsamplers.0`), hidden);
  }
  return hidden;
}

function transformerAt(
  p: Parameters,
  prefix: string,
  x: Value,
  contextAt: ContextAt,
  heads: number,
  normGroups: number,
): Value {
  return spatialTransformer(
    p.at(prefix),
    x,
    contextAt(crossAttentionPath(prefix), x.shape[3]!),
    heads,
    normGroups,
  );
}
