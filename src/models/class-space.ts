/** @file The small image tower: EfficientNet-Lite brought into the space of a sentence encoder. */
import { div, linear, matmul, maximum, softmax, sqrt, square, sum, type Value } from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import { type EfficientNetLiteConfig, efficientNet } from './efficientnet-lite.js';

export interface ClassSpaceConfig {
  readonly network: EfficientNetLiteConfig;
  /** Width of the sentence space. */
  readonly width: number;
}

export interface ClassSpaceOutput {
  /** [B, width], of length 1. */
  readonly embedding: Value;
  /** [B, 1280], the mean of the last feature map. */
  readonly features: Value;
}

/**
 * Embeds images among sentences. With `projection.weight` [width, features] and `projection.bias` the features
 * are projected (Frome et al. 2013, DeViSE). Without, the embedding is the sum of the class names' sentence
 * embeddings, `class_embeddings.weight` [classes, width], weighted by probability (Norouzi et al. 2014, ConSE).
 *
 * @param images [B, 3, S, S], preprocessed.
 */
export function classSpace(
  p: Parameters,
  images: Value,
  { network, width }: ClassSpaceConfig,
): ClassSpaceOutput {
  const { features, logits } = efficientNet(p, images, network);
  const embedding = p.has('projection.weight')
    ? linear(
        features,
        p.get('projection.weight', [width, network.features]),
        p.get('projection.bias', [width]),
      )
    : matmul(softmax(logits, -1), p.get('class_embeddings.weight', [network.classes, width]));
  const length = sqrt(sum(square(embedding), [1], { keepDims: true }));
  return { embedding: div(embedding, maximum(length, 1e-12)), features };
}
