/** @file Stage `vae`: the autoencoder of mel images, on random crops of mixtures. */
import { join } from 'node:path';
import { z } from 'zod';
import { type SeededRandom, seededRandom } from '../../data/seeded-random.js';
import { elementCount, floats, input, tensor } from '../../graph/index.js';
import { decodeLatents, encodeImage, latentStride } from '../../models/autoencoder.js';
import {
  collectParameters,
  frozenParameters,
  overlayParameters,
  type Parameters,
  trainableParameters,
} from '../../weights/parameters.js';
import { openSafetensors } from '../../weights/safetensors-file.node.js';
import { autoencoderLoss, autoencoderWeightsSchema } from '../autoencoder-loss.js';
import type { Corpus } from '../corpus.node.js';
import { corpusSchema } from '../corpus-config.js';
import { imageForEncoder, imageOfEncoder } from '../mel-crops.js';
import { weightFileNames } from '../model-folder.node.js';
import { openCorpora } from '../open-corpora.node.js';
import { runOnce } from '../run-once.js';
import { readWeights, saveWeights } from '../save-weights.node.js';
import type { Batch, LossGraph, ParameterValues, SampleImage, StageRun } from '../stage.js';
import type { StageContext } from '../stage-context.js';
import { trainingSchema } from '../trainer.node.js';

export const vaeSchema = z.strictObject({
  training: trainingSchema,
  data: corpusSchema,
  /** Mel columns of a crop; a multiple of the latent stride. */
  cropColumns: z.int().positive(),
  weights: autoencoderWeightsSchema.prefault({}),
  /**
   * `all`, or `decoder`: the encoder of the model folder's file stays as it is, so that latents that were made with it
   * stay good, and the decoder goes on from that file.
   */
  train: z.enum(['all', 'decoder']).default('all'),
});
type VaeConfig = z.infer<typeof vaeSchema>;

/** Items of the validation batches and of the picture. */
const validationBatchCount = 4;
const sampleCount = 6;

const decoderPrefixes = ['decoder', 'post_quant_conv'];

function isOfDecoder(key: string): boolean {
  return decoderPrefixes.some((prefix) => key.startsWith(`${prefix}.`));
}

function isNotOfDecoder(key: string): boolean {
  return !isOfDecoder(key);
}

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
  const path = join(context.modelFolder, weightFileNames.autoencoder);
  const frozen = config.train === 'decoder' ? await openSafetensors(path) : null;
  const withFrozen = (p: Parameters): Parameters =>
    frozen === null ? p : overlayParameters(frozenParameters(frozen), p, decoderPrefixes);
  const buildLoss = (p: Parameters): LossGraph => {
    const image = input('image', [batchSize, ...imageShape]);
    const noise = input('noise', [batchSize, ...latentShape]);
    return autoencoderLoss(withFrozen(p), image, noise, model, config.weights);
  };
  return {
    recomputes: false,
    initialiserRules: [],
    initialValues: async () => (frozen === null ? new Map() : readWeights(frozen, isOfDecoder)),
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
      const { mean: latents } = encodeImage(withFrozen(p), picture, model);
      const run = await runOnce(
        context.engine,
        p,
        [picture],
        { decoded: decodeLatents(withFrozen(p), latents, model) },
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
      const kept =
        frozen === null ? new Map<string, Float32Array>() : await readWeights(frozen, isNotOfDecoder);
      const shapes = collectParameters((p) => {
        const image = input('image', [batchSize, ...imageShape]);
        decodeLatents(p, encodeImage(p, image, model).mean, model);
      });
      await saveWeights(path, shapes, new Map([...kept, ...average]), metadata);
      return path;
    },
    async close() {
      await train.close();
      await validation.close();
    },
  };
}
