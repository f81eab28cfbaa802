/** @file Stage `vae`: the autoencoder of mel images, on random crops of mixtures. */
import { join } from 'node:path';
import { z } from 'zod';
import { type SeededRandom, seededRandom } from '../../data/seeded-random.js';
import { elementCount, floats, input, tensor } from '../../graph/index.js';
import { decodeLatents, encodeImage, latentStride } from '../../models/autoencoder.js';
import type { Parameters } from '../../weights/parameters.js';
import { collectParameters, trainableParameters } from '../../weights/parameters.js';
import { autoencoderLoss, autoencoderWeightsSchema } from '../autoencoder-loss.js';
import type { Corpus } from '../corpus.node.js';
import { corpusSchema } from '../corpus-config.js';
import { imageForEncoder, imageOfEncoder } from '../mel-crops.js';
import { weightFileNames } from '../model-folder.node.js';
import { openCorpora } from '../open-corpora.node.js';
import { runOnce } from '../run-once.js';
import { saveWeights } from '../save-weights.node.js';
import type { Batch, LossGraph, ParameterValues, SampleImage, StageRun } from '../stage.js';
import type { StageContext } from '../stage-context.js';
import { trainingSchema } from '../trainer.node.js';

export const vaeSchema = z.strictObject({
  training: trainingSchema,
  data: corpusSchema,
  /** Mel columns of a crop; a multiple of the latent stride. */
  cropColumns: z.int().positive(),
  weights: autoencoderWeightsSchema.prefault({}),
});
type VaeConfig = z.infer<typeof vaeSchema>;

/** Items of the validation batches and of the picture. */
const validationBatchCount = 4;
const sampleCount = 6;

export async function openVaeStage(config: VaeConfig, context: StageContext): Promise<StageRun> {
  const { cropColumns } = config;
  const model = context.model.autoencoder;
  const { train, validation } = await openCorpora(config.data, context);
  const { batchSize, seed } = config.training;
  const stride = latentStride(model);
  const imageShape = [model.imageChannels, train.bands, cropColumns];
  const latentShape = [model.latentChannels, train.bands / stride, cropColumns / stride];

  const drawBatch = async (corpus: Corpus, random: SeededRandom): Promise<Batch> => {
    const image = new Float32Array(batchSize * train.bands * cropColumns);
    for (let item = 0; item < batchSize; item++) {
      const index = random.integer(0, corpus.items.length - 1);
      const start = random.integer(0, corpus.columns - cropColumns);
      const crop = await corpus.melImage(index, start, cropColumns);
      image.set(imageForEncoder(crop, corpus.bands, cropColumns), item * train.bands * cropColumns);
    }
    const noise = new Float32Array(batchSize * elementCount(latentShape));
    for (let i = 0; i < noise.length; i++) noise[i] = random.normal();
    return {
      image: tensor([batchSize, ...imageShape], image),
      noise: tensor([batchSize, ...latentShape], noise),
    };
  };
  const buildLoss = (p: Parameters): LossGraph => {
    const image = input('image', [batchSize, ...imageShape]);
    const noise = input('noise', [batchSize, ...latentShape]);
    return autoencoderLoss(p, image, noise, model, config.weights);
  };
  return {
    recomputes: false,
    initialiserRules: [],
    initialValues: new Map(),
    buildLoss,
    batch: (index) => drawBatch(train, seededRandom(`vae/${seed}/${index}`)),
    validationBatches: await Promise.all(
      Array.from({ length: validationBatchCount }, (_, i) =>
        drawBatch(validation, seededRandom(`vae/val/${i}`)),
      ),
    ),
    async samples(average: ParameterValues) {
      const { bands, columns } = validation;
      const chosen = Array.from({ length: sampleCount }, (_, i) =>
        Math.floor((i * validation.items.length) / sampleCount),
      );
      const shape = [1, 1, bands, columns];
      const picture = input('image', shape);
      const p = trainableParameters();
      const { mean: latents } = encodeImage(p, picture, model);
      const run = await runOnce(
        context.engine,
        p,
        [picture],
        { decoded: decodeLatents(p, latents, model) },
        average,
      );
      const images: SampleImage[] = [];
      for (const index of chosen) {
        const whole = await validation.melImage(index);
        const feed = imageForEncoder(whole, bands, columns);
        const { decoded } = await run.once({ image: tensor(shape, feed) });
        const { caption } = validation.items[index]!;
        const remade = imageOfEncoder(floats(decoded!), bands, columns);
        images.push({ name: `${caption} (true)`, image: { bands, columns, data: whole } });
        images.push({ name: `${caption} (decoded)`, image: { bands, columns, data: remade } });
      }
      await run.close();
      return images;
    },
    async exportWeights(average, metadata) {
      const path = join(context.modelFolder, weightFileNames.autoencoder);
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
