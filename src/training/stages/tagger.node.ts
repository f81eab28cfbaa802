/** @file Stage `tagger`: the classifier that judges generated sound, trained on crops of train recordings alone. */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { flipBands } from '../../audio/mel-image.js';
import { type SeededRandom, seededRandom } from '../../data/seeded-random.js';
import { tagger, taggerConfig, taggerCropColumns, taggerLoss } from '../../evaluation/tagger.js';
import { cast, equal, input, max, meanAll, mul, sum, tensor } from '../../graph/index.js';
import { collectParameters, type Parameters } from '../../weights/parameters.js';
import type { Corpus } from '../corpus.node.js';
import { corpusSchema } from '../corpus-config.js';
import { changeLevel, varyMel } from '../mel-augmentation.js';
import { openCorpora } from '../open-corpora.node.js';
import { saveWeights } from '../save-weights.node.js';
import type { Batch, LossGraph, StageRun } from '../stage.js';
import type { StageContext } from '../stage-context.js';
import { startingWeights } from '../starting-weights.node.js';
import { trainingSchema } from '../trainer.node.js';

export const taggerStageSchema = z.strictObject({
  training: trainingSchema,
  data: corpusSchema,
  /** How crops differ from the recordings: by their level, or by level, colour and what of them is hidden, and blended. */
  variation: z.enum(['level', 'colour']).default('level'),
  /** A tagger to begin with; random weights without it. */
  startFrom: z.string().nullable().default(null),
});

const validationBatchCount = 8;
const columnSeconds = 0.01;
/** A crop is moved by up to this much around the sound it is about. */
const jitterColumns = taggerCropColumns / 2;
/** Image values by which a crop may be louder or quieter: 0.06 of 16.8 nepers are 8.8 dB. */
const largestGain = 0.06;
/** Two crops of a batch are blended into one, so much of the other at most (mixup, arXiv 1710.09412). */
const largestBlend = 0.5;

export async function openTaggerStage(
  config: z.infer<typeof taggerStageSchema>,
  context: StageContext,
): Promise<StageRun> {
  const { train, validation } = await openCorpora(config.data, context);
  const { batchSize, seed } = config.training;
  const { classIds, bands } = taggerConfig;
  const melShape = [batchSize, 1, bands, taggerCropColumns];

  const vary = (image: Float32Array, random: SeededRandom): void => {
    if (config.variation === 'colour') varyMel(image, bands, random);
    else changeLevel(image, random.uniform(-largestGain, largestGain));
  };
  const drawBatch = async (corpus: Corpus, random: SeededRandom, isAugmented: boolean): Promise<Batch> => {
    const mel = new Float32Array(batchSize * bands * taggerCropColumns);
    const targets = new Float32Array(batchSize * classIds.length);
    for (let item = 0; item < batchSize; item++) {
      const index = random.integer(0, corpus.items.length - 1);
      const facts = corpus.items[index]!;
      const start = cropStart(corpus, index, random);
      const image = await corpus.melImage(index, start, taggerCropColumns);
      if (isAugmented) vary(image, random);
      mel.set(flipBands({ bands, columns: taggerCropColumns, data: image }).data, item * image.length);
      for (const id of facts.classIds) {
        targets[item * classIds.length + classIds.indexOf(id)]! += 1 / facts.classIds.length;
      }
    }
    if (isAugmented && config.variation === 'colour') blendNeighbours([mel, targets], batchSize, random);
    return { mel: tensor(melShape, mel), targets: tensor([batchSize, classIds.length], targets) };
  };
  const buildLoss = (p: Parameters): LossGraph => {
    const mel = input('mel', melShape);
    const targets = input('targets', [batchSize, classIds.length]);
    const logits = tagger(p, mel);
    const named = cast(equal(logits, max(logits, [1], { keepDims: true })), 'float32');
    const right = mul(named, cast(equal(targets, max(targets, [1], { keepDims: true })), 'float32'));
    return {
      inputs: [mel, targets],
      loss: taggerLoss(logits, targets),
      metrics: { accuracy: meanAll(sum(right, [1])) },
    };
  };
  return {
    recomputes: false,
    initialiserRules: [],
    initialValues: async () =>
      config.startFrom === null ? new Map() : startingWeights(config.startFrom, buildLoss),
    buildLoss,
    batch: (index) => drawBatch(train, seededRandom(`tagger/${seed}/${index}`), true),
    validationBatches: await Promise.all(
      Array.from({ length: validationBatchCount }, (_, i) =>
        drawBatch(validation, seededRandom(`tagger/val/${i}`), false),
      ),
    ),
    samples: async () => [],
    async exportWeights(average, metadata) {
      // beside the model, not in it: it judges and is not part of what makes sound
      const path = join(dirname(context.modelFolder), 'tagger', 'tagger.safetensors');
      await saveWeights(
        path,
        collectParameters((p) => buildLoss(p)),
        average,
        metadata,
      );
      return path;
    },
    async close() {
      await train.close();
      await validation.close();
    },
  };
}

/** A stretch around a random stretch that sounds. */
function cropStart(corpus: Corpus, index: number, random: SeededRandom): number {
  const { spans } = corpus.items[index]!;
  const last = corpus.columns - taggerCropColumns;
  if (spans.length === 0) return random.integer(0, last);
  const span = random.pick(spans);
  const middle = random.uniform(span.startSeconds, span.endSeconds) / columnSeconds;
  const start = middle - taggerCropColumns / 2 + random.uniform(-jitterColumns, jitterColumns);
  return Math.max(0, Math.min(last, Math.round(start)));
}

/** Blends every second item with the one before it; the same share in every list. */
function blendNeighbours(lists: readonly Float32Array[], batchSize: number, random: SeededRandom): void {
  for (let item = 1; item < batchSize; item += 2) {
    const share = largestBlend * random.next() ** 2; // mostly little
    for (const values of lists) {
      const size = values.length / batchSize;
      for (let at = item * size; at < (item + 1) * size; at++) {
        values[at] = (1 - share) * values[at]! + share * values[at - size]!;
      }
    }
  }
}
