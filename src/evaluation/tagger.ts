/** @file A small log-mel network that names the class of a sound: the judge of what was generated. */
import { SOUND_CLASSES } from '../data/sound-classes.js';
import { FoleyError } from '../errors/foley-error.js';
import {
  add,
  averagePool2d,
  concat,
  constant,
  conv2d,
  expand,
  groupNorm,
  layerNorm,
  linear,
  logSoftmax,
  max,
  mean,
  mul,
  neg,
  silu,
  sub,
  sum,
  tensor,
  type Value,
} from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';

/** Sizes of the tagger. */
export interface TaggerConfig {
  /** What the outputs stand for, in order. */
  readonly classIds: readonly string[];
  /** Rows of the mel image. */
  readonly bands: number;
  /** So many rows and columns become one, by their mean, before anything else. */
  readonly pooling: number;
  /** Channels per level; each level halves rows and columns. */
  readonly channels: readonly number[];
  readonly embeddingWidth: number;
  readonly normGroups: number;
}

/** All sound classes of the data: 0.63 million weights, 0.12 GFLOP for 3.04 s (304 columns). */
export const taggerConfig: TaggerConfig = {
  classIds: SOUND_CLASSES.map((soundClass) => soundClass.id),
  bands: 256,
  pooling: 4,
  channels: [32, 64, 96, 160],
  embeddingWidth: 128,
  normGroups: 8,
};

/** Columns of the crops that the tagger is trained on, 3.04 s. Other lengths work too. */
export const taggerCropColumns = 304;

/**
 * Class logits of mel images.
 *
 * @param mel `[B, 1, 256, W]`, image values 0..1, highest band in the first row (as the autoencoder's picture), one
 *   column each 10 ms; W from 64
 * @returns `[B, classes]`; softmax for one sound a clip
 */
export function tagger(parameters: Parameters, mel: Value, config: TaggerConfig = taggerConfig): Value {
  const embedding = taggerEmbedding(parameters, mel, config); // [B, E]
  const head = parameters.at('head');
  const classes = config.classIds.length;
  return linear(
    silu(embedding),
    head.get('weight', [classes, config.embeddingWidth]),
    head.get('bias', [classes]),
  );
}

/** The vector `[B, embeddingWidth]` before the last layer: the space of the Fréchet distance. */
export function taggerEmbedding(
  parameters: Parameters,
  mel: Value,
  config: TaggerConfig = taggerConfig,
): Value {
  const [, channels, bands, columns] = mel.shape;
  if (mel.shape.length !== 4 || channels !== 1 || bands !== config.bands || columns! < 64) {
    throw new FoleyError(
      'graph-invalid',
      `tagger: needs [B, 1, ${config.bands}, 64 or more], not [${mel.shape}]`,
    );
  }
  const pooled = averagePool2d(sub(mul(mel, 2), 1), { kernel: config.pooling, stride: config.pooling }); // [B, 1, 64, W/4]
  let features = concat([pooled, frequencyRamp(pooled)], 1); // [B, 2, 64, W/4]
  features = normed(parameters.at('stem'), features, 2, config.channels[0]!, 1, config);
  for (const [level, width] of config.channels.entries()) {
    const before = config.channels[Math.max(0, level - 1)]!;
    const block = parameters.at(`levels.${level}`);
    features = normed(block.at('down'), features, before, width, 2, config); // halves rows and columns
    features = add(features, normed(block.at('refine'), features, width, width, 1, config));
  }
  const width = config.channels.at(-1)!;
  const pooledAll = concat([mean(features, [2, 3]), max(features, [2, 3])], 1); // [B, 2 * width]
  const norm = parameters.at('pool_norm');
  const evened = layerNorm(pooledAll, norm.get('weight', [2 * width]), norm.get('bias', [2 * width]), {
    eps: 1e-5,
  });
  const projection = parameters.at('projection');
  return linear(
    evened,
    projection.get('weight', [config.embeddingWidth, 2 * width]),
    projection.get('bias', [config.embeddingWidth]),
  );
}

/** Softmax cross-entropy, a scalar. @param targets `[B, classes]`, each row adding up to 1 */
export function taggerLoss(logits: Value, targets: Value): Value {
  return mean(neg(sum(mul(targets, logSoftmax(logits, 1)), [1])), [0]);
}

/** Convolution 3x3, group norm, SiLU. */
function normed(
  parameters: Parameters,
  x: Value,
  from: number,
  to: number,
  stride: number,
  config: TaggerConfig,
): Value {
  const convolution = parameters.at('conv');
  const norm = parameters.at('norm');
  const convolved = conv2d(x, convolution.get('weight', [to, from, 3, 3]), convolution.get('bias', [to]), {
    stride,
    padding: 1,
  });
  const groups = { groups: config.normGroups, eps: 1e-5 };
  return silu(groupNorm(convolved, norm.get('weight', [to]), norm.get('bias', [to]), groups));
}

/** A channel that tells a row its pitch, from 1 (highest) to -1: convolutions alone would not know it. */
function frequencyRamp(x: Value): Value {
  const [batch, , rows, columns] = x.shape as [number, number, number, number];
  const ramp = Float32Array.from({ length: rows }, (_, row) => 1 - (2 * row) / (rows - 1));
  return expand(constant(tensor([1, 1, rows, 1], ramp)), [batch, 1, rows, columns]);
}
