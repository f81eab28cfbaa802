/**
 * @file The frame adapter: every frame's embedding becomes tokens, and every cross attention of the UNet gets keys and
 * values for them. What the paper leaves open (tokens per frame, position code, projection) is configuration.
 * References: Smooth-Foley (arXiv 2412.18157) for conditions per frame instead of a mean; IP-Adapter for the parallel
 * attention and the keys (`image_proj.proj`, `image_proj.norm`, `ip_adapter.{1,3,5,...}.to_k_ip`).
 */
import {
  add,
  cast,
  clamp,
  concat,
  constant,
  cos,
  gather,
  mean,
  mul,
  reshape,
  sin,
  tensor,
  type Value,
} from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import type { SiteKeysValues } from './cross-keys-values.js';
import { dense, normalizeLast } from './layers.js';
import type { CrossAttentionSite } from './unet-config.js';

export interface FrameAdapterConfig {
  /** Width of a frame embedding: 1024 for CLIP ViT-H/14. */
  readonly embeddingDim: number;
  /** Width of a token, the UNet's `crossAttentionDim`. */
  readonly tokenDim: number;
  /** `none`: each frame on its own (Smooth-Foley). `mean`: one vector for the clip (FoleyCrafter), without position. */
  readonly pooling: 'none' | 'mean';
  readonly tokensPerFrame: 1 | 4;
  readonly projection: 'linear' | 'linear-layernorm';
  /** How a token says when its frame was; without it (and without a window) the order of frames cannot be heard. */
  readonly position: 'none' | 'sinusoidal' | 'learned';
  /** A latent column sees frames at most this many seconds outside itself; null: all frames. */
  readonly windowSeconds: number | null;
  /** Time that one column of the latents spans: latent stride times 10 ms. */
  readonly latentColumnSeconds: number;
}

/** The sinusoids' periods run geometrically from two frames at 30 a second to two windows of 10.24 s. */
const periodsSeconds = { shortest: 2 / 30, longest: 20.48 };
/** The learned table has a row for each thirtieth of a second of 10.24 s. */
const learnedRows = { perSecond: 30, count: 308 };
/** torch's default, as in IP-Adapter. */
const normEpsilon = 1e-5;

/**
 * Frames -> tokens.
 * @param p prefix `image_proj`.
 * @param embeddings `[B, T, D]`. The negative condition is zeros *through* this projection, with the same T: bias,
 * norm and position still act, so they are not zero tokens (as in FoleyCrafter).
 * @param timesSeconds `[B, T]`, since the window began.
 * @returns `[B, T * tokensPerFrame, tokenDim]`, the tokens of a frame side by side; T is 1 after pooling.
 */
export function frameTokens(
  p: Parameters,
  embeddings: Value,
  timesSeconds: Value,
  config: FrameAdapterConfig,
): Value {
  const { tokensPerFrame, tokenDim } = config;
  const pooled = config.pooling === 'mean' ? mean(embeddings, [1], { keepDims: true }) : embeddings;
  const [batch, frames] = pooled.shape as [number, number, number];
  const projected = dense(p.at('proj'), pooled, tokensPerFrame * tokenDim);
  let tokens = reshape(projected, [batch, frames, tokensPerFrame, tokenDim]);
  if (config.projection === 'linear-layernorm') tokens = normalizeLast(p.at('norm'), tokens, normEpsilon);
  const position = positionCode(p, timesSeconds, config); // [B, T, tokenDim]
  if (position !== null) tokens = add(tokens, reshape(position, [batch, frames, 1, tokenDim]));
  return reshape(tokens, [batch, frames * tokensPerFrame, tokenDim]);
}

/**
 * Keys and values of the frames at every cross attention. Site i (in the order down, up, middle) has the key number
 * 2 i + 1: upstream counts self attentions too.
 * @param p prefix `ip_adapter`.
 * @param tokens from `frameTokens`.
 */
export function frameKeysValues(
  p: Parameters,
  tokens: Value,
  sites: readonly CrossAttentionSite[],
): SiteKeysValues {
  return new Map(
    sites.map(({ path, channels }, i) => {
      const site = p.at(`${2 * i + 1}`);
      const key = dense(site.at('to_k_ip'), tokens, channels, { bias: false });
      const value = dense(site.at('to_v_ip'), tokens, channels, { bias: false });
      return [path, { key, value }];
    }),
  );
}

function positionCode(p: Parameters, timesSeconds: Value, config: FrameAdapterConfig): Value | null {
  switch (config.position) {
    case 'none':
      return null;
    case 'sinusoidal':
      return timeSinusoids(timesSeconds, config.tokenDim);
    case 'learned': {
      const table = p.get('position.weight', [learnedRows.count, config.tokenDim]);
      const nearest = add(mul(timesSeconds, learnedRows.perSecond), 0.5); // truncated by the cast
      return gather(table, cast(clamp(nearest, 0, learnedRows.count - 1), 'int64'), 0); // [B, T, tokenDim]
    }
  }
}

/** `[B, T]` seconds -> `[B, T, width]`: cosines, then sines, of geometrically spaced periods. */
function timeSinusoids(timesSeconds: Value, width: number): Value {
  const half = width / 2;
  const { shortest, longest } = periodsSeconds;
  const frequencies = Float32Array.from({ length: half }, (_, i) => {
    const period = shortest * (longest / shortest) ** (i / (half - 1));
    return (2 * Math.PI) / period;
  });
  const [batch, frames] = timesSeconds.shape as [number, number];
  const times = reshape(timesSeconds, [batch, frames, 1]);
  const angles = mul(times, constant(tensor([1, 1, half], frequencies)));
  return concat([cos(angles), sin(angles)], 2);
}
