/** @file The sizes of a UNet, and the places in it that attend to text and frames. */
import { FoleyError } from '../errors/foley-error.js';

export interface UnetConfig {
  /** Channels of the latents. */
  readonly inChannels: number;
  readonly outChannels: number;
  /** Channels of each level, finest first; every level but the last halves height and width. */
  readonly blockOutChannels: readonly number[];
  /** Whether a level has transformers; published: all but the coarsest. The middle always has one. */
  readonly attentionLevels: readonly boolean[];
  /** ResNet blocks a level on the way down; one more on the way up. */
  readonly layersPerBlock: number;
  /** Attention heads of each level. diffusers calls this count `attention_head_dim`, against its name. */
  readonly heads: readonly number[];
  readonly normGroups: number;
  /** Width of text and frame tokens. */
  readonly crossAttentionDim: number;
}

export const unetNormEpsilon = 1e-5;

/** One cross attention of the UNet. */
export interface CrossAttentionSite {
  /** Key prefix of its parameters, such as `down_blocks.0.attentions.1.transformer_blocks.0.attn2`. */
  readonly path: string;
  readonly channels: number;
  /** Level of resolution, 0 the finest. */
  readonly level: number;
}

/** The transformer's prefix -> the prefix of its cross attention. */
export function crossAttentionPath(transformer: string): string {
  return `${transformer}.transformer_blocks.0.attn2`;
}

/**
 * Every cross attention in the order modules are registered upstream: down, up, middle. Adapter files number the
 * sites in this order (see `frame-adapter.ts`).
 * @throws FoleyError `usage` when the lists of the configuration differ in length.
 */
export function crossAttentionSites(config: UnetConfig): CrossAttentionSite[] {
  const { blockOutChannels, attentionLevels, heads, layersPerBlock } = config;
  const levels = blockOutChannels.length;
  if (attentionLevels.length !== levels || heads.length !== levels) {
    throw new FoleyError(
      'usage',
      `unet: attentionLevels and heads must have one entry for each of the ${levels} levels`,
    );
  }
  const sites: CrossAttentionSite[] = [];
  const visit = (block: string, level: number, layers: number) => {
    for (let layer = 0; layer < layers; layer++) {
      const path = crossAttentionPath(`${block}.attentions.${layer}`);
      sites.push({ path, channels: blockOutChannels[level]!, level });
    }
  };
  for (let level = 0; level < levels; level++) {
    if (attentionLevels[level]) visit(`down_blocks.${level}`, level, layersPerBlock);
  }
  for (let level = levels - 1; level >= 0; level--) {
    if (attentionLevels[level]) visit(`up_blocks.${levels - 1 - level}`, level, layersPerBlock + 1);
  }
  visit('mid_block', levels - 1, 1);
  return sites;
}

/** The sites of the way down and the middle only: those a ControlNet has. */
export function controlNetSites(config: UnetConfig): CrossAttentionSite[] {
  return crossAttentionSites(config).filter((site) => !site.path.startsWith('up_blocks'));
}
