/** @file Stage `backbone`: the text-to-audio UNet, on the cached latents of mixtures. */
import { join } from 'node:path';
import { z } from 'zod';
import { type SeededRandom, seededRandom } from '../../data/seeded-random.js';
import { input, tensor } from '../../graph/index.js';
import { unet } from '../../models/unet.js';
import { collectParameters, type Parameters } from '../../weights/parameters.js';
import type { CorpusItem } from '../corpus.node.js';
import { corpusSchema } from '../corpus-config.js';
import { asInputs, NoiseDraw, noisePredictionLoss, noisyLatentInputs } from '../diffusion-loss.js';
import { latentShapeOf, openLatents, openMelEncoder } from '../latent-cache.node.js';
import { weightFileNames, writeScalingFactor } from '../model-folder.node.js';
import { openCorpora } from '../open-corpora.node.js';
import type { Rows } from '../row-cache.node.js';
import { pictureLatents } from '../sample-pictures.node.js';
import { saveWeights } from '../save-weights.node.js';
import type { Batch, LossGraph, StageRun } from '../stage.js';
import type { StageContext } from '../stage-context.js';
import { openTextStates } from '../text-states.node.js';
import { trainingSchema } from '../trainer.node.js';

export const backboneSchema = z.strictObject({
  training: trainingSchema,
  data: corpusSchema,
  /** Share of clips that are trained with the empty text, for guidance. */
  textDropout: z.number().min(0).max(1).default(0.1),
  /** Captions of the pictures. */
  sampleCaptions: z
    .array(z.string())
    .default(['dog barking', 'rain falling', 'rooster crowing', 'church bell ringing']),
  sampleGuidance: z.number().default(4),
});
type BackboneConfig = z.infer<typeof backboneSchema>;

const validationBatchCount = 6;
/** Every so many rows are looked at for the deviation of the latents. */
const deviationStride = 4;

export async function openBackboneStage(config: BackboneConfig, context: StageContext): Promise<StageRun> {
  const { batchSize, seed } = config.training;
  const { unet: sizes, textEncoder } = context.model;
  const corpora = await openCorpora(config.data, context);
  const encoder = await openMelEncoder(context);
  const latents = {
    train: await openLatents(corpora.train, encoder, context),
    validation: await openLatents(corpora.validation, encoder, context),
  };
  await encoder.close();
  const items = { train: corpora.train.items, validation: corpora.validation.items };
  await corpora.train.close();
  await corpora.validation.close();
  const captions = [...items.train, ...items.validation].map((item) => item.caption);
  const text = await openTextStates([...captions, ...config.sampleCaptions], context);
  const scalingFactor = 1 / latents.train.deviation(deviationStride);
  context.report(`scaling factor of the latents: ${scalingFactor.toFixed(4)}`);
  await writeScalingFactor(context.modelFolder, scalingFactor);

  const shape = latentShapeOf(context);
  const noiseDraw = new NoiseDraw();
  const textShape = [batchSize, textEncoder.tokens, textEncoder.width];
  const drawBatch = (
    rows: Rows,
    facts: readonly CorpusItem[],
    random: SeededRandom,
    dropout: number,
  ): Batch => {
    const states = new Float32Array(batchSize * textEncoder.tokens * textEncoder.width);
    const clean = Array.from({ length: batchSize }, (_, item) => {
      const index = random.integer(0, rows.count - 1);
      const caption = random.chance(dropout) ? '' : facts[index]!.caption;
      text.copyTo(caption, states, item * textEncoder.tokens * textEncoder.width);
      const row = new Float32Array(rows.width);
      rows.copyTo(index, row, 0, scalingFactor);
      return row;
    });
    return { ...noiseDraw.feeds(clean, shape, random), text: tensor(textShape, states) };
  };
  const buildLoss = (p: Parameters): LossGraph => {
    const noisy = noisyLatentInputs(batchSize, shape);
    const textStates = input('text', textShape);
    const predicted = unet(p, { latents: noisy.noisy, timestep: noisy.timestep, textStates }, sizes);
    const { loss, plain } = noisePredictionLoss(predicted, noisy);
    return { inputs: [...asInputs(noisy), textStates], loss, metrics: { plain } };
  };
  return {
    recomputes: false,
    initialiserRules: [],
    initialValues: new Map(),
    buildLoss,
    batch: async (index) =>
      drawBatch(latents.train, items.train, seededRandom(`backbone/${seed}/${index}`), config.textDropout),
    validationBatches: Array.from({ length: validationBatchCount }, (_, i) =>
      drawBatch(latents.validation, items.validation, seededRandom(`backbone/val/${i}`), 0),
    ),
    samples: (average) =>
      pictureLatents({
        context,
        scalingFactor,
        names: config.sampleCaptions,
        guidanceScale: config.sampleGuidance,
        conditions: (batch) => {
          const textStates = input('text', [batch, textEncoder.tokens, textEncoder.width]);
          const states = (of: readonly string[]) => {
            const data = new Float32Array(of.length * textEncoder.tokens * textEncoder.width);
            of.forEach((caption, i) => {
              text.copyTo(caption, data, i * textEncoder.tokens * textEncoder.width);
            });
            return { text: tensor(textStates.shape, data) };
          };
          return {
            inputs: [textStates],
            predict: (p, noisy, timestep) => unet(p, { latents: noisy, timestep, textStates }, sizes),
            positive: states(config.sampleCaptions),
            negative: states(config.sampleCaptions.map(() => '')),
          };
        },
        average,
      }),
    async exportWeights(average, metadata) {
      const path = join(context.modelFolder, weightFileNames.unet);
      await saveWeights(
        path,
        collectParameters((p) => buildLoss(p)),
        average,
        metadata,
      );
      return path;
    },
    async close() {},
  };
}
