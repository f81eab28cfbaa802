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

/** Back to the finest level; each layer first takes the latest skip connection that is left, joined by channels. */
export function wayUp(
  p: Parameters,
  x: Value,
  skips: readonly Value[],
  time: Value,
  contextAt: ContextAt,
  config: UnetConfig,
): Value {
  const { blockOutChannels, attentionLevels, layersPerBlock, heads, normGroups } = config;
  const norm = { groups: normGroups, eps: unetNormEpsilon };
  const levels = blockOutChannels.length;
  const left = [...skips];
  let hidden = x;
  for (let step = 0; step < levels; step++) {
    const level = levels - 1 - step;
    const block = `up_blocks.${step}`;
    for (let layer = 0; layer <= layersPerBlock; layer++) {
      const joined = concat([hidden, left.pop()!], 1);
      hidden = resnetBlock(p.at(`${block}.resnets.${layer}`), joined, time, blockOutChannels[level]!, norm);
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
    }
    if (level > 0) hidden = upsample(p.at(`${block}.upsamplers.0`), hidden);
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
