/** @file CLIP's text and image towers. */
import {
  add,
  attention,
  concat,
  constant,
  conv2d,
  expand,
  gather,
  gelu,
  linear,
  log,
  maskedAttention,
  mean,
  mul,
  quickGelu,
  reshape,
  slice,
  sum,
  tensor,
  transpose,
  type Value,
} from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import { dense, normalizeLast } from './layers.js';
import { largestMerge, mergeTokens, type SizedTokens } from './token-merging.js';

// Radford et al. 2021. Key names and constants: transformers CLIPTextModel, CLIPVisionModelWithProjection, CLIPModel.

export interface ClipTransformerConfig {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly hiddenWidth: number;
  /** OpenAI's towers use x * sigmoid(1.702 x), OpenCLIP's the exact GELU. */
  readonly activation: 'quick-gelu' | 'gelu';
}

export interface ClipTextConfig extends ClipTransformerConfig {
  readonly vocabularySize: number;
  /** Tokens of one text, padding included. */
  readonly tokens: number;
  /** Width of the shared space. */
  readonly projectionWidth: number;
}

export interface ClipImageConfig extends ClipTransformerConfig {
  readonly imageSize: number;
  readonly patchSize: number;
  readonly projectionWidth: number;
}

/** openai/clip-vit-large-patch14; its text tower is the text encoder of Stable Diffusion 1.5 and of Auffusion. */
export const clipL14 = {
  text: {
    width: 768,
    layers: 12,
    heads: 12,
    hiddenWidth: 3072,
    activation: 'quick-gelu',
    vocabularySize: 49_408,
    tokens: 77,
    projectionWidth: 768,
  },
  image: {
    width: 1024,
    layers: 24,
    heads: 16,
    hiddenWidth: 4096,
    activation: 'quick-gelu',
    imageSize: 224,
    patchSize: 14,
    projectionWidth: 768,
  },
} as const satisfies { text: ClipTextConfig; image: ClipImageConfig };

/** laion/CLIP-ViT-H-14-laion2B-s32B-b79K; its image tower is the image encoder of IP-Adapter and FoleyCrafter. */
export const clipH14 = {
  text: {
    width: 1024,
    layers: 24,
    heads: 16,
    hiddenWidth: 4096,
    activation: 'gelu',
    vocabularySize: 49_408,
    tokens: 77,
    projectionWidth: 1024,
  },
  image: {
    width: 1280,
    layers: 32,
    heads: 16,
    hiddenWidth: 5120,
    activation: 'gelu',
    imageSize: 224,
    patchSize: 14,
    projectionWidth: 1024,
  },
} as const satisfies { text: ClipTextConfig; image: ClipImageConfig };

/** openai/clip-vit-base-patch32, whose space Wav2CLIP's sounds lie in. */
export const clipB32 = {
  text: {
    width: 512,
    layers: 12,
    heads: 8,
    hiddenWidth: 2048,
    activation: 'quick-gelu',
    vocabularySize: 49_408,
    tokens: 77,
    projectionWidth: 512,
  },
  image: {
    width: 768,
    layers: 12,
    heads: 12,
    hiddenWidth: 3072,
    activation: 'quick-gelu',
    imageSize: 224,
    patchSize: 32,
    projectionWidth: 512,
  },
} as const satisfies { text: ClipTextConfig; image: ClipImageConfig };

const normEpsilon = 1e-5;

/**
 * States of all tokens after the last normalisation, [B, tokens, width]: what a diffusion model reads.
 *
 * @param p the root of the file; keys begin with `text_model.`, or stand without it.
 * @param ids [B, tokens] int64.
 */
export function clipTextStates(p: Parameters, ids: Value, config: ClipTextConfig): Value {
  const { width, tokens } = config;
  // transformers 5 saves the tower that stands alone without the prefix
  const model = p.has('text_model.final_layer_norm.weight') ? p.at('text_model') : p;
  const words = gather(model.get('embeddings.token_embedding.weight', [config.vocabularySize, width]), ids); // [B, N, C]
  const x = add(words, model.get('embeddings.position_embedding.weight', [tokens, width]));
  return normalizeLast(
    model.at('final_layer_norm'),
    transformer(model, x, config, causalBias(tokens)),
    normEpsilon,
  );
}

/**
 * Embedding of each text in the shared space, [B, projectionWidth], not normalised.
 *
 * @param states from `clipTextStates`.
 * @param atEnd [B, tokens] float32: 1 at the end-of-text token, 0 elsewhere.
 */
export function clipTextEmbedding(p: Parameters, states: Value, atEnd: Value, config: ClipTextConfig): Value {
  const { width, tokens, projectionWidth } = config;
  const pooled = sum(mul(states, reshape(atEnd, [atEnd.shape[0]!, tokens, 1])), [1]); // [B, C]
  return linear(pooled, p.get('text_projection.weight', [projectionWidth, width]), null);
}

/**
 * Embedding of each image in the shared space, [B, projectionWidth], not normalised: what IP-Adapter reads.
 *
 * @param p the root of the file; keys begin with `vision_model.`.
 * @param images [B, 3, S, S], normalised by `clipPreprocessing`.
 * @param tokenMerging tokens merged in each layer (`mergeTokens`), as long as there are so many; 0 computes exactly.
 */
export function clipImageEmbedding(
  p: Parameters,
  images: Value,
  config: ClipImageConfig,
  tokenMerging = 0,
): Value {
  const { width, patchSize, imageSize, projectionWidth } = config;
  const batch = images.shape[0]!;
  const patches = (imageSize / patchSize) ** 2;
  const model = p.at('vision_model');
  const embeddings = model.at('embeddings');
  const kernel = embeddings.get('patch_embedding.weight', [width, 3, patchSize, patchSize]);
  const map = conv2d(images, kernel, null, { stride: patchSize }); // [B, C, S/p, S/p]
  const tokens = transpose(reshape(map, [batch, width, patches]), [0, 2, 1]); // [B, P, C]
  const whole = expand(embeddings.get('class_embedding', [width]), [batch, 1, width]);
  const positions = embeddings.get('position_embedding.weight', [patches + 1, width]);
  const x = normalizeLast(model.at('pre_layrnorm'), add(concat([whole, tokens], 1), positions), normEpsilon); // sic
  const states =
    tokenMerging === 0
      ? transformer(model, x, config, null) // [B, 1 + P, C]
      : mergingTransformer(model, x, config, tokenMerging); // [B, fewer, C]
  const pooled = reshape(slice(states, 1, 0, 1), [batch, width]);
  const normal = normalizeLast(model.at('post_layernorm'), pooled, normEpsilon);
  return linear(normal, p.get('visual_projection.weight', [projectionWidth, width]), null);
}

function transformer(
  model: Parameters,
  input: Value,
  config: ClipTransformerConfig,
  bias: Value | null,
): Value {
  const activate = config.activation === 'gelu' ? gelu : quickGelu;
  let x = input;
  for (let layer = 0; layer < config.layers; layer++) {
    const p = model.at(`encoder.layers.${layer}`);
    const normal = normalizeLast(p.at('layer_norm1'), x, normEpsilon);
    const heads = p.at('self_attn');
    x = add(x, mixed(heads, queryKeyValue(heads, normal, config), config, bias));
    const hidden = dense(
      p.at('mlp.fc1'),
      normalizeLast(p.at('layer_norm2'), x, normEpsilon),
      config.hiddenWidth,
    );
    x = add(x, dense(p.at('mlp.fc2'), activate(hidden), config.width));
  }
  return x;
}

/** The same layers on ever fewer tokens: alike ones are merged between attention and feed-forward. */
function mergingTransformer(
  model: Parameters,
  input: Value,
  config: ClipTransformerConfig,
  perLayer: number,
): Value {
  const activate = config.activation === 'gelu' ? gelu : quickGelu;
  const [batch, count] = input.shape as [number, number];
  let tokens: SizedTokens = {
    states: input,
    sizes: constant(tensor([batch, count, 1], new Float32Array(batch * count).fill(1))),
  };
  for (let layer = 0; layer < config.layers; layer++) {
    const p = model.at(`encoder.layers.${layer}`);
    const normal = normalizeLast(p.at('layer_norm1'), tokens.states, normEpsilon);
    const bias = layer === 0 ? null : reshape(log(tokens.sizes), [batch, 1, 1, tokens.sizes.shape[1]!]);
    const projected = queryKeyValue(p.at('self_attn'), normal, config);
    const attended = add(tokens.states, mixed(p.at('self_attn'), projected, config, bias));
    const merge = Math.min(perLayer, largestMerge(attended.shape[1]!));
    tokens = mergeTokens({ ...tokens, states: attended }, meanOverHeads(projected.key, config.heads), merge);
    const x = tokens.states;
    const hidden = dense(
      p.at('mlp.fc1'),
      normalizeLast(p.at('layer_norm2'), x, normEpsilon),
      config.hiddenWidth,
    );
    tokens = { ...tokens, states: add(x, dense(p.at('mlp.fc2'), activate(hidden), config.width)) };
  }
  return tokens.states;
}

/** [B, N, heads * D] -> [B, N, D] */
function meanOverHeads(keys: Value, heads: number): Value {
  const [batch, count, width] = keys.shape as [number, number, number];
  return mean(reshape(keys, [batch, count, heads, width / heads]), [2]);
}

interface QueryKeyValue {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
}

function queryKeyValue(p: Parameters, x: Value, { width }: ClipTransformerConfig): QueryKeyValue {
  return {
    query: dense(p.at('q_proj'), x, width),
    key: dense(p.at('k_proj'), x, width),
    value: dense(p.at('v_proj'), x, width),
  };
}

function mixed(
  p: Parameters,
  { query, key, value }: QueryKeyValue,
  { width, heads }: ClipTransformerConfig,
  bias: Value | null,
): Value {
  const states =
    bias === null
      ? attention(query, key, value, { heads })
      : maskedAttention(query, key, value, { heads }, bias);
  return dense(p.at('out_proj'), states, width);
}

/** [tokens, tokens]: a token does not see later ones. */
function causalBias(tokens: number): Value {
  const bias = Float32Array.from({ length: tokens * tokens }, (_, i) =>
    i % tokens > Math.floor(i / tokens) ? -1e9 : 0,
  );
  return constant(tensor([tokens, tokens], bias));
}
