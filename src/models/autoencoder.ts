/**
 * @file The variational autoencoder between mel images and latents.
 * Reference: diffusers `AutoencoderKL` (keys, eps 1e-6, one-headed attention in the middle, one-sided padding when
 * halving). A pixel-unshuffle before the first convolution and a shuffle after the last keep a small model affordable.
 */
import {
  add,
  attention,
  clamp,
  pixelShuffle,
  pixelUnshuffle,
  reshape,
  silu,
  split,
  transpose,
  type Value,
} from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import { convolution2d, dense, normalizeGroups } from './layers.js';
import { downsample, type Normalization, resnetBlock, upsample } from './resnet-block.js';

export interface AutoencoderConfig {
  /** Channels of the mel image: 3 as published (three copies), 1 in the small model. */
  readonly imageChannels: number;
  readonly latentChannels: number;
  /** Channels of each level, finest first; every level but the last halves height and width. */
  readonly blockOutChannels: readonly number[];
  readonly layersPerBlock: number;
  readonly normGroups: number;
  /** Side of the pixel blocks folded into channels before the first convolution; 1 as published. */
  readonly pixelUnshuffle: number;
  /** Latents are multiplied by this before diffusion, so that their deviation is about one. */
  readonly scalingFactor: number;
}

/** A diagonal Gaussian over latents, both `[B, latentChannels, H, W]`. */
export interface LatentDistribution {
  readonly mean: Value;
  readonly logVariance: Value;
}

const epsilon = 1e-6;

/** Side of the square of mel pixels that one latent covers: 8 published, 16 small. */
export function latentStride(config: AutoencoderConfig): number {
  return config.pixelUnshuffle * 2 ** (config.blockOutChannels.length - 1);
}

/**
 * Mel image in -1..1 `[B, imageChannels, H, W]` -> distribution of latents `[B, latentChannels, H / s, W / s]`.
 * The log variance is clamped to -30..20 as published.
 */
export function encodeImage(p: Parameters, image: Value, config: AutoencoderConfig): LatentDistribution {
  const { blockOutChannels, latentChannels, layersPerBlock } = config;
  const norm = { groups: config.normGroups, eps: epsilon };
  const encoder = p.at('encoder');
  const folded = config.pixelUnshuffle === 1 ? image : pixelUnshuffle(image, config.pixelUnshuffle);
  let hidden = convolution2d(encoder.at('conv_in'), folded, blockOutChannels[0]!, 3);
  blockOutChannels.forEach((channels, level) => {
    const block = encoder.at(`down_blocks.${level}`);
    for (let layer = 0; layer < layersPerBlock; layer++) {
      hidden = resnetBlock(block.at(`resnets.${layer}`), hidden, null, channels, norm);
    }
    const isLast = level === blockOutChannels.length - 1;
    if (!isLast) hidden = downsample(block.at('downsamplers.0'), hidden, [0, 0, 1, 1]);
  });
  hidden = middle(encoder.at('mid_block'), hidden, norm);
  hidden = silu(normalizeGroups(encoder.at('conv_norm_out'), hidden, norm));
  hidden = convolution2d(encoder.at('conv_out'), hidden, 2 * latentChannels, 3);
  const moments = convolution2d(p.at('quant_conv'), hidden, 2 * latentChannels, 1);
  const [mean, logVariance] = split(moments, 1, [latentChannels, latentChannels]);
  return { mean: mean!, logVariance: clamp(logVariance!, -30, 20) };
}

/** Latents, already divided by the scaling factor, -> mel image around -1..1 (not clamped). */
export function decodeLatents(p: Parameters, latents: Value, config: AutoencoderConfig): Value {
  const channelsCoarseFirst = config.blockOutChannels.toReversed();
  const norm = { groups: config.normGroups, eps: epsilon };
  const decoder = p.at('decoder');
  let hidden = convolution2d(p.at('post_quant_conv'), latents, config.latentChannels, 1);
  hidden = convolution2d(decoder.at('conv_in'), hidden, channelsCoarseFirst[0]!, 3);
  hidden = middle(decoder.at('mid_block'), hidden, norm);
  channelsCoarseFirst.forEach((channels, level) => {
    const block = decoder.at(`up_blocks.${level}`);
    for (let layer = 0; layer <= config.layersPerBlock; layer++) {
      hidden = resnetBlock(block.at(`resnets.${layer}`), hidden, null, channels, norm);
    }
    const isLast = level === channelsCoarseFirst.length - 1;
    if (!isLast) hidden = upsample(block.at('upsamplers.0'), hidden);
  });
  hidden = silu(normalizeGroups(decoder.at('conv_norm_out'), hidden, norm));
  const image = convolution2d(
    decoder.at('conv_out'),
    hidden,
    config.imageChannels * config.pixelUnshuffle ** 2,
    3,
  );
  return config.pixelUnshuffle === 1 ? image : pixelShuffle(image, config.pixelUnshuffle);
}

function middle(p: Parameters, x: Value, norm: Normalization): Value {
  const channels = x.shape[1]!;
  let hidden = resnetBlock(p.at('resnets.0'), x, null, channels, norm);
  hidden = positionAttention(p.at('attentions.0'), hidden, norm);
  return resnetBlock(p.at('resnets.1'), hidden, null, channels, norm);
}

/** Self attention over all positions, one head as wide as the channels. */
function positionAttention(p: Parameters, x: Value, norm: Normalization): Value {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const normal = reshape(normalizeGroups(p.at('group_norm'), x, norm), [batch, channels, height * width]);
  const tokens = transpose(normal, [0, 2, 1]); // [B, H*W, C]
  const query = dense(p.at('to_q'), tokens, channels);
  const key = dense(p.at('to_k'), tokens, channels);
  const value = dense(p.at('to_v'), tokens, channels);
  const mixed = dense(p.at('to_out.0'), attention(query, key, value, { heads: 1 }), channels);
  return add(x, reshape(transpose(mixed, [0, 2, 1]), x.shape)); // [B, C, H, W]
}
