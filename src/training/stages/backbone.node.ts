/** @file Stage `backbone`: the text-to-audio UNet, on the cached latents of mixtures. */
import { join } from 'node:path';
import { z } from 'zod';
import { type SeededRandom, seededRandom } from '../../data/seeded-random.js';
import { input } from '../../graph/index.js';
import { unet } from '../../models/unet.js';
import { collectParameters, type Parameters } from '../../weights/parameters.js';
import { corpusSchema } from '../corpus-config.js';
import { asInputs, noisePredictionLoss, noisyLatentInputs } from '../diffusion-loss.js';
import { latentShapeOf } from '../latent-cache.node.js';
import {
  captionsOnly,
  drawClips,
  drawText,
  type LatentSplit,
  openLatentDataset,
  scalingFactorOf,
  type TextChoice,
  textTensor,
} from '../latent-dataset.node.js';
import { weightFileNames, writeScalingFactor } from '../model-folder.node.js';
import { pictureLatents } from '../sample-pictures.node.js';
import { saveWeights } from '../save-weights.node.js';
import type { Batch, LossGraph, StageRun } from '../stage.js';
import type { StageContext } from '../stage-context.js';
import { startingWeights } from '../starting-weights.node.js';
import { trainingSchema } from '../trainer.node.js';

export const backboneSchema = z.strictObject({
  training: trainingSchema,
  data: corpusSchema,
  /** A UNet file to begin with; random weights without it. */
  startFrom: z.string().nullable().default(null),
  /** Share of clips that are trained with the empty text, for guidance. */
  textDropout: z.number().min(0).max(1).default(0.1),
  /** Share of the others that are trained with the bare label, which is what people type. */
  labelShare: z.number().min(0).max(1).default(0),
  /** Captions of the pictures. */
  sampleCaptions: z
    .array(z.string())
    .default(['dog barking', 'rain falling', 'rooster crowing', 'church bell ringing']),
  sampleGuidance: z.number().default(4),
});
type BackboneConfig = z.infer<typeof backboneSchema>;

const validationBatchCount = 6;

export async function openBackboneStage(config: BackboneConfig, context: StageContext): Promise<StageRun> {
  const { batchSize, seed } = config.training;
  const { unet: sizes, textEncoder } = context.model;
  const { train, validation, text } = await openLatentDataset(config.data, config.sampleCaptions, context);
  const scalingFactor = scalingFactorOf(train.rows);
  context.report(`scaling factor of the latents: ${scalingFactor.toFixed(4)}`);
  await writeScalingFactor(context.modelFolder, scalingFactor);

  const shape = latentShapeOf(context);
  const textShape = (batch: number) => [batch, textEncoder.tokens, textEncoder.width];
  const drawBatch = (split: LatentSplit, random: SeededRandom, choice: TextChoice): Batch => {
    const { feeds, indices } = drawClips(split, batchSize, scalingFactor, context, random);
    const texts = indices.map((index) => drawText(split.items[index]!, choice, random));
    return { ...feeds, text: textTensor(text, texts) };
  };
  const buildLoss = (p: Parameters): LossGraph => {
    const noisy = noisyLatentInputs(batchSize, shape);
    const textStates = input('text', textShape(batchSize));
    const predicted = unet(p, { latents: noisy.noisy, timestep: noisy.timestep, textStates }, sizes);
    const { loss, plain } = noisePredictionLoss(predicted, noisy);
    return { inputs: [...asInputs(noisy), textStates], loss, metrics: { plain } };
  };
  return {
    recomputes: false,
    initialiserRules: [],
    initialValues: async () =>
      config.startFrom === null ? new Map() : startingWeights(config.startFrom, buildLoss),
    buildLoss,
    batch: async (index) => drawBatch(train, seededRandom(`backbone/${seed}/${index}`), config),
    validationBatches: Array.from({ length: validationBatchCount }, (_, i) =>
      drawBatch(validation, seededRandom(`backbone/val/${i}`), captionsOnly),
    ),
    samples: (average) =>
      pictureLatents({
        context,
        scalingFactor,
        names: config.sampleCaptions,
        guidanceScale: config.sampleGuidance,
        conditions: (batch) => {
          const textStates = input('text', textShape(batch));
          return {
            inputs: [textStates],
            predict: (p, noisy, timestep) => unet(p, { latents: noisy, timestep, textStates }, sizes),
            positive: { text: textTensor(text, config.sampleCaptions) },
            negative: {
              text: textTensor(
                text,
                config.sampleCaptions.map(() => ''),
              ),
            },
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
