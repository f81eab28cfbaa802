/** @file The small image tower: EfficientNet-Lite brought into the space of a sentence encoder. */
import {
  div,
  linear,
  matmul,
  max,
  maximum,
  mul,
  reshape,
  softmax,
  sqrt,
  square,
  sum,
  transpose,
  type Value,
} from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import { classLogits, type EfficientNetLiteConfig, efficientNet } from './efficientnet-lite.js';
import { type PicturedPlaces, placeEmbeddings, soundingPlaces } from './picture-places.js';

export interface ClassSpaceConfig {
  readonly network: EfficientNetLiteConfig;
  /** Width of the sentence space. */
  readonly width: number;
}

export interface ClassSpaceOutput {
  /** [B, width]. */
  readonly embedding: Value;
  /** [B, 1280], the mean of the last feature map. */
  readonly features: Value;
  /** [B, P, placeWidth], P = rows x columns; null without weights for them. */
  readonly places: Value | null;
}

/**
 * Embeds images among sentences. Each position of the last feature map is the sum of the class names' sentence
 * embeddings, `class_embeddings.weight` [classes, width], weighted by its probabilities (Norouzi et al. 2014, ConSE).
 * With trained `places` the picture is what sounds among them (picture-places.ts); without, it is the mean direction of its
 * positions, each weighted by its largest probability. With `projection.weight` [width, features] and
 * `projection.bias` the mean features are projected instead (Frome et al. 2013, DeViSE).
 *
 * @param images [B, 3, S, S], preprocessed.
 */
export function classSpace(p: Parameters, images: Value, config: ClassSpaceConfig): ClassSpaceOutput {
  const { network, width } = config;
  const { featureMap, features } = efficientNet(p, images, network);
  if (p.has('projection.weight')) {
    const weight = p.get('projection.weight', [width, network.features]);
    const embedding = direction(linear(features, weight, p.get('projection.bias', [width])));
    return { embedding, features, places: null };
  }
  const pictured = namePositions(p, positionsOf(featureMap), config);
  if (!p.has('places.image.weight')) {
    const embedding = direction(sum(mul(pictured.named, pictured.certainty), [1]));
    return { embedding, features, places: null };
  }
  const sizes = { features: network.features, width };
  const places = placeEmbeddings(p.at('places'), pictured, sizes);
  return { embedding: soundingPlaces(p.at('places'), places, sizes), features, places };
}

/** [B, C, rows, columns] -> [B, P, C] */
export function positionsOf(featureMap: Value): Value {
  const [batch, channels, rows, columns] = featureMap.shape as [number, number, number, number];
  const flat = reshape(featureMap, [batch, channels, rows * columns]); // [B, 1280, P]
  return transpose(flat, [0, 2, 1]); // [B, P, 1280]
}

/**
 * What the class names say of each position.
 * @param positions [B, P, 1280]
 */
export function namePositions(
  p: Parameters,
  positions: Value,
  { network, width }: ClassSpaceConfig,
): PicturedPlaces {
  const shares = softmax(classLogits(p, positions, network), -1); // [B, P, 1000]
  const named = matmul(shares, p.get('class_embeddings.weight', [network.classes, width])); // [B, P, width]
  return { positions, named: direction(named), certainty: max(shares, [2], { keepDims: true }) };
}

/** Length 1 along the last axis. */
function direction(x: Value): Value {
  const length = sqrt(sum(square(x), [x.shape.length - 1], { keepDims: true }));
  return div(x, maximum(length, 1e-12));
}
