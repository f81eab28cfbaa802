/** @file A BERT encoder with mean pooling, as sentence-transformers publish it (MiniLM-L6 by default). */
import {
  add,
  div,
  gather,
  gelu,
  maskedAttention,
  maximum,
  mul,
  reshape,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type Value,
} from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import { dense, normalizeLast } from './layers.js';

// Key names: transformers BertModel. Pooling: sentence-transformers models Pooling (mean) and Normalize.

export interface SentenceEncoderConfig {
  readonly vocabularySize: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly hiddenWidth: number;
  readonly mostTokens: number;
  readonly normEpsilon: number;
}

/** sentence-transformers/all-MiniLM-L6-v2, config.json. */
export const miniLmL6: SentenceEncoderConfig = {
  vocabularySize: 30_522,
  width: 384,
  layers: 6,
  heads: 12,
  hiddenWidth: 1536,
  mostTokens: 512,
  normEpsilon: 1e-12,
};

export interface SentenceEncoding {
  /** [B, N, width]; zero where the mask is zero. */
  readonly tokenStates: Value;
  /** [B, width], of length 1. */
  readonly embedding: Value;
}

/**
 * Encodes texts.
 *
 * @param ids [B, N] int64.
 * @param mask [B, N] float32: 1 for tokens, 0 for padding.
 */
export function sentenceEncoder(
  p: Parameters,
  ids: Value,
  mask: Value,
  config: SentenceEncoderConfig,
): SentenceEncoding {
  const [batch, tokens] = ids.shape as [number, number];
  const { width, normEpsilon } = config;
  const embeddings = p.at('embeddings');
  const words = gather(embeddings.get('word_embeddings.weight', [config.vocabularySize, width]), ids); // [B, N, C]
  const positions = embeddings.get('position_embeddings.weight', [config.mostTokens, width]);
  const kinds = embeddings.get('token_type_embeddings.weight', [2, width]); // one text: every token is of kind 0
  const place = add(slice(positions, 0, 0, tokens), slice(kinds, 0, 0, 1)); // [N, C]
  let states = normalizeLast(embeddings.at('LayerNorm'), add(words, place), normEpsilon);

  const columns = reshape(mask, [batch, 1, 1, tokens]);
  const bias = mul(sub(1, columns), -1e9); // padding gets no weight: exp(-1e9) is 0
  for (let layer = 0; layer < config.layers; layer++) {
    states = encoderLayer(p.at(`encoder.layer.${layer}`), states, bias, config);
  }

  const rows = reshape(mask, [batch, tokens, 1]);
  const tokenStates = mul(states, rows);
  const mean = div(sum(tokenStates, [1]), maximum(sum(rows, [1]), 1e-9)); // [B, C]
  const length = sqrt(sum(square(mean), [1], { keepDims: true }));
  return { tokenStates, embedding: div(mean, maximum(length, 1e-12)) };
}

function encoderLayer(p: Parameters, x: Value, bias: Value, config: SentenceEncoderConfig): Value {
  const { width, heads, hiddenWidth, normEpsilon } = config;
  const self = p.at('attention.self');
  const [query, key, value] = ['query', 'key', 'value'].map((name) => dense(self.at(name), x, width));
  const mixed = maskedAttention(query!, key!, value!, { heads }, bias);
  const attended = dense(p.at('attention.output.dense'), mixed, width);
  const middle = normalizeLast(p.at('attention.output.LayerNorm'), add(attended, x), normEpsilon);
  const hidden = gelu(dense(p.at('intermediate.dense'), middle, hiddenWidth));
  const output = dense(p.at('output.dense'), hidden, width);
  return normalizeLast(p.at('output.LayerNorm'), add(output, middle), normEpsilon);
}
