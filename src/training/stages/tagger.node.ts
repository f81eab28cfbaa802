/** @file Stage `tagger`: the classifier that judges generated sound, trained on crops of train recordings alone. */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { type SeededRandom, seededRandom } from '../../data/seeded-random.js';
import { tagger, taggerConfig, taggerCropColumns, taggerLoss } from '../../evaluation/tagger.js';
import { cast, equal, input, max, meanAll, mul, sum, tensor } from '../../graph/index.js';
import { collectParameters, type Parameters } from '../../weights/parameters.js';
import type { Corpus } from '../corpus.node.js';
import { corpusSchema } from '../corpus-config.js';
import { openCorpora } from '../open-corpora.node.js';
import { saveWeights } from '../save-weights.node.js';
import type { Batch, LossGraph, StageRun } from '../stage.js';
import type { StageContext } from '../stage-context.js';
import { trainingSchema } from '../trainer.node.js';

export const taggerStageSchema = z.strictObject({
  training: trainingSchema,
  data: corpusSchema,
});

const validationBatchCount = 8;
const columnSeconds = 0.01;
/** A crop is moved by up to this much around the sound it is about. */
const jitterColumns = taggerCropColumns / 2;
/** Image values by which a crop may be louder or quieter: 0.06 of 16.8 nepers are 8.8 dB. */
const largestGain = 0.06;

export async function openTaggerStage(
  config: z.infer<typeof taggerStageSchema>,
  context: StageContext,
): Promise<StageRun> {
  const { train, validation } = await openCorpora(config.data, context);
  const { batchSize, seed } = config.training;
  const { classIds, bands } = taggerConfig;
  const melShape = [batchSize, 1, bands, taggerCropColumns];

  const drawBatch = async (corpus: Corpus, random: SeededRandom, isAugmented: boolean): Promise<Batch> => {
    const mel = new Float32Array(batchSize * bands * taggerCropColumns);
    const targets = new Float32Array(batchSize * classIds.length);
    for (let item = 0; item < batchSize; item++) {
      const index = random.integer(0, corpus.items.length - 1);
      const facts = corpus.items[index]!;
      const start = cropStart(corpus, index, random);
      const image = await corpus.melImage(index, start, taggerCropColumns);
      const gain = isAugmented ? random.uniform(-largestGain, largestGain) : 0;
      mel.set(turned(image, bands, gain), item * image.length);
      for (const id of facts.classIds) {
        targets[item * classIds.length + classIds.indexOf(id)]! += 1 / facts.classIds.length;
      }
    }
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
    initialValues: new Map(),
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

/** Highest band first, as the tagger reads it, and louder or quieter by a constant where there is sound. */
function turned(image: Float32Array, bands: number, gain: number): Float32Array {
  const columns = image.length / bands;
  const result = new Float32Array(image.length);
  for (let band = 0; band < bands; band++) {
    for (let column = 0; column < columns; column++) {
      const value = image[band * columns + column]!;
      result[(bands - 1 - band) * columns + column] = value === 0 ? 0 : Math.max(0, value + gain);
    }
  }
  return result;
}
