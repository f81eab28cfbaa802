/** @file Stage `places`: what the places of a picture show, in one space with the labels; the image network stays frozen. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { seededRandom } from '../../data/seeded-random.js';
import { SOUND_CLASSES } from '../../data/sound-classes.js';
import {
  abs,
  add,
  cast,
  constant,
  div,
  exp,
  floats,
  greater,
  input,
  log,
  matmul,
  mul,
  neg,
  relu,
  sub,
  sumAll,
  type Tensor,
  tensor,
  transpose,
  type Value,
} from '../../graph/index.js';
import { namePositions } from '../../models/class-space.js';
import { efficientNetLite } from '../../models/efficientnet-lite.js';
import {
  bankRows,
  placeBias,
  placeEmbeddings,
  placeGrid,
  placeLabels,
  placeWidth,
} from '../../models/picture-places.js';
import { miniLmL6 } from '../../models/sentence-encoder.js';
import { createSmallEncoder } from '../../models/small-image-text-encoder.js';
import { createWordpieceTokenizer } from '../../models/wordpiece-tokenizer.js';
import {
  constantParameters,
  frozenParameters,
  overlayParameters,
  type Parameters,
} from '../../weights/parameters.js';
import { openSafetensors, writeSafetensors } from '../../weights/safetensors-file.node.js';
import { hashOf } from '../file-hash.node.js';
import { openPlaceDataset, type PlaceDataset } from '../place-dataset.node.js';
import type { Rows } from '../row-cache.node.js';
import type { Batch, LossGraph, ParameterValues, StageRun } from '../stage.js';
import type { StageContext } from '../stage-context.js';
import { trainingSchema } from '../trainer.node.js';

export const placesStageSchema = z.strictObject({
  training: trainingSchema,
  scenes: z.strictObject({
    trainCount: z.int().positive(),
    validationCount: z.int().positive(),
    framesPerScene: z.int().positive().default(8),
    /** Learn from three quarters of the train pictures only, so that thresholds can be chosen on the others. */
    holdsOut: z.boolean().default(false),
  }),
  /** Share of the feature channels that are left out of a frame. */
  dropout: z.number().min(0).max(0.9).default(0.3),
  /** Weight of what is there against what is not: an object covers few places, and one class of many. */
  presenceWeight: z.number().positive().default(5),
});

const network = efficientNetLite.lite0;
const { features } = network;
const { width } = miniLmL6;
const config = { network, width };
const sizes = { features, width };
const classes = SOUND_CLASSES.length;
/** A place shows what covers so much of it, and does not show what covers less than that; between, nobody knows. */
const shownShare = { least: 0.3, most: 0.05 };
const validationBatchCount = 6;
/** Frames whose features tell the mean and deviation of each channel: every so many-th. */
const statisticsStride = 7;

export async function openPlacesStage(
  settings: z.infer<typeof placesStageSchema>,
  context: StageContext,
): Promise<StageRun> {
  const imagePath = join(context.modelFolder, 'image_encoder.safetensors');
  const file = await openSafetensors(imagePath);
  const image = frozenParameters(file);
  const backbone = [...file.tensors.keys()].filter((key) => !key.startsWith('places.'));
  const weightsId = hashOf(
    await Promise.all(
      ['_fc.weight', 'class_embeddings.weight'].map(async (key) => [
        ...floats(await file.readFloat32(key)).subarray(0, 4096),
      ]),
    ),
  );
  const { trainCount, validationCount, framesPerScene, holdsOut } = settings.scenes;
  const open = (split: 'train' | 'val', sceneCount: number) =>
    openPlaceDataset(
      {
        split,
        heldOut: split === 'train' && holdsOut ? false : null,
        sceneCount,
        framesPerScene,
        isJittered: split === 'train',
      },
      { parameters: image, weightsId },
      context,
    );
  const train = await open('train', trainCount);
  const validation = await open('val', validationCount);
  const { rows, columns } = placeGrid(context.model.imageEncoder.imageSize);
  const placeCount = rows * columns;
  const channels = channelStatistics(train.features, placeCount);
  const labels = await openLabels(context);
  const { batchSize, seed } = settings.training;

  const drawBatch = (data: PlaceDataset, name: string, isTraining: boolean): Batch => {
    const random = seededRandom(name);
    const positions = new Float32Array(batchSize * placeCount * features);
    const cover = new Float32Array(batchSize * placeCount * classes);
    const kept = new Float32Array(batchSize * features).fill(1);
    for (let item = 0; item < batchSize; item++) {
      const frame = random.integer(0, data.count - 1);
      data.features.copyTo(frame, positions, item * placeCount * features);
      cover.set(data.coverOf(frame), item * placeCount * classes);
    }
    if (isTraining) {
      for (let i = 0; i < kept.length; i++)
        kept[i] = random.chance(settings.dropout) ? 0 : 1 / (1 - settings.dropout);
    }
    const texts = new Float32Array(classes * width);
    labels.phrases.forEach((phrases, index) => {
      texts.set(isTraining ? random.pick(phrases) : phrases[0]!, index * width);
    });
    return {
      positions: tensor([batchSize, placeCount, features], positions),
      cover: tensor([batchSize, placeCount, classes], cover),
      kept: tensor([batchSize, 1, features], kept),
      texts: tensor([classes, width], texts),
    };
  };
  const buildLoss = (p: Parameters): LossGraph => {
    const positions = input('positions', [batchSize, placeCount, features]);
    const cover = input('cover', [batchSize, placeCount, classes]);
    const kept = input('kept', [batchSize, 1, features]);
    const texts = input('texts', [classes, width]);
    const pictured = namePositions(image, positions, config);
    // the network learns on features of mean 0 and deviation 1; the export folds that into its weights
    const standard = mul(
      mul(sub(positions, constant(channels.mean)), constant(channels.inverseDeviation)),
      kept,
    );
    const trained = overlayParameters(labels.parameters, p, (key) => !key.endsWith('places.mean')).at(
      'places',
    );
    const places = placeEmbeddings(trained, { ...pictured, positions: standard }, sizes);
    const logits = add(
      matmul(places, transpose(placeLabels(trained, texts, sizes), [1, 0])), // [B, P, classes]
      placeBias(trained),
    );
    return {
      inputs: [positions, cover, kept, texts],
      ...presenceLoss(logits, cover, settings.presenceWeight),
    };
  };
  return {
    recomputes: false,
    initialiserRules: [
      ({ key }) => {
        if (key === 'places.image.weight') return { kind: 'normal', deviation: 0.02 };
        if (key === 'places.image.bias') return { kind: 'constant', value: 0 };
        if (key === 'places.label.weight') return { kind: 'normal', deviation: 1 / Math.sqrt(width) };
        if (key === 'places.certainty') return { kind: 'constant', value: 2 };
        if (key === 'places.bias') return { kind: 'constant', value: -4 };
        return null;
      },
    ],
    initialValues: async () => new Map(),
    buildLoss,
    batch: async (index) => drawBatch(train, `places/${seed}/${index}`, true),
    validationBatches: Array.from({ length: validationBatchCount }, (_, i) =>
      drawBatch(validation, `places/val/${i}`, false),
    ),
    samples: async () => [],
    async exportWeights(average, metadata) {
      const kept = await Promise.all(
        backbone.map(async (key) => [key, await file.readFloat32(key)] as const),
      );
      const learned = foldedWeights(average, channels, labels);
      const tensors: (readonly [string, Tensor])[] = [...kept, ...learned];
      const shapes = new Map(tensors.map(([key, { shape }]) => [key, shape]));
      // vectors stay float32, because batch normalisation divides by running variances
      const published = {
        model: 'EfficientNet-Lite0 (ImageNet-1k), with places trained here',
        licence: 'Apache-2.0; places: CC-BY-SA-4.0',
      };
      await writeSafetensors(imagePath, tensors, {
        metadata: { format: 'pt', ...published, ...metadata },
        asFloat16: (name) => shapes.get(name)?.length !== 1,
      });
      return imagePath;
    },
    async close() {},
  };
}

/** Cross entropy of "this class is here", and how much of what is there is found at even odds. */
function presenceLoss(
  logits: Value,
  cover: Value,
  presenceWeight: number,
): Pick<LossGraph, 'loss' | 'metrics'> {
  const isShown = cast(greater(cover, shownShare.least), 'float32');
  const isAbsent = mul(
    cast(greater(shownShare.most, cover), 'float32'),
    cast(greater(cover, -0.5), 'float32'),
  );
  const weights = add(mul(isShown, presenceWeight), isAbsent);
  // log(1 + exp(x)) - x * target, without overflow
  const surprise = add(sub(relu(logits), mul(logits, isShown)), log(add(exp(neg(abs(logits))), 1)));
  const isOn = cast(greater(logits, 0), 'float32');
  return {
    loss: div(sumAll(mul(surprise, weights)), sumAll(weights)),
    metrics: {
      found: div(sumAll(mul(isOn, isShown)), add(sumAll(isShown), 1e-6)),
      precise: div(sumAll(mul(isOn, isShown)), add(sumAll(mul(isOn, add(isShown, isAbsent))), 1e-6)),
    },
  };
}

interface ChannelStatistics {
  /** [features] */
  readonly mean: Tensor;
  readonly inverseDeviation: Tensor;
}

function channelStatistics(rows: Rows, placeCount: number): ChannelStatistics {
  const sums = new Float64Array(features);
  const squares = new Float64Array(features);
  const row = new Float32Array(placeCount * features);
  let count = 0;
  for (let frame = 0; frame < rows.count; frame += statisticsStride) {
    rows.copyTo(frame, row, 0);
    for (let i = 0; i < row.length; i++) {
      sums[i % features]! += row[i]!;
      squares[i % features]! += row[i]! ** 2;
    }
    count += placeCount;
  }
  const mean = Float32Array.from(sums, (sum) => sum / count);
  const inverseDeviation = Float32Array.from(
    squares,
    (square, i) => 1 / (Math.sqrt(Math.max(0, square / count - mean[i]! ** 2)) + leastDeviation),
  );
  return { mean: tensor([features], mean), inverseDeviation: tensor([features], inverseDeviation) };
}

/** Channels that hardly ever fire are not blown up. */
const leastDeviation = 0.05;

/** The weights as the encoder reads them: over features as they are, and with the mean of the labels. */
function foldedWeights(
  average: ParameterValues,
  channels: ChannelStatistics,
  labels: { readonly phrases: readonly (readonly Float32Array[])[]; readonly mean: Tensor },
): [string, Tensor][] {
  const value = (key: string): Float32Array => average.get(`places.${key}`)!;
  const weight = Float32Array.from(
    value('image.weight'),
    (one, i) => one * floats(channels.inverseDeviation)[i % features]!,
  );
  const bias = Float32Array.from(value('image.bias'), (one, row) => {
    let folded = one;
    for (let i = 0; i < features; i++) folded -= weight[row * features + i]! * floats(channels.mean)[i]!;
    return folded;
  });
  return [
    ['places.image.weight', tensor([placeWidth, features], weight)],
    ['places.image.bias', tensor([placeWidth], bias)],
    ['places.label.weight', tensor([placeWidth, width], value('label.weight').slice())],
    ['places.certainty', tensor([1], value('certainty').slice())],
    ['places.bias', tensor([1], value('bias').slice())],
    ['places.mean', labels.mean],
    [
      'places.bank.weight',
      tensor([bankRows, placeWidth], bankOf(labels.phrases, value('label.weight'), labels.mean)),
    ],
  ];
}

/** Each class's label in the space of the places, and zeros for the rows that are left. */
function bankOf(
  phrases: readonly (readonly Float32Array[])[],
  labelWeight: Float32Array,
  labelMean: Tensor,
): Float32Array {
  const mean = floats(labelMean);
  const bank = new Float32Array(bankRows * placeWidth);
  phrases.forEach(([label], index) => {
    for (let row = 0; row < placeWidth; row++) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += labelWeight[row * width + i]! * (label![i]! - mean[i]!);
      bank[index * placeWidth + row] = sum;
    }
  });
  return bank;
}

/** The sentence embeddings of every phrase of every class, and the mean of the classes' labels. */
async function openLabels(context: StageContext) {
  const encoder = createSmallEncoder({
    engine: context.engine,
    text: frozenParameters(await openSafetensors(join(context.modelFolder, 'text_encoder.safetensors'))),
    image: frozenParameters(await openSafetensors(join(context.modelFolder, 'image_encoder.safetensors'))),
    tokenizer: createWordpieceTokenizer(
      await readFile(join(context.modelFolder, 'tokenizer', 'vocab.txt'), 'utf8'),
    ),
    tokens: context.model.textEncoder.tokens,
    weightsId: 'labels',
  });
  const phrases: Float32Array[][] = [];
  for (const entry of SOUND_CLASSES) phrases.push(await encoder.embedTexts([...entry.phrases]));
  await encoder.close();
  const sum = new Float32Array(width);
  for (const [first] of phrases) for (let i = 0; i < width; i++) sum[i]! += first![i]! / classes;
  const mean = tensor([width], sum);
  return { phrases, mean, parameters: constantParameters(new Map([['places.mean', mean]])) };
}
