/** @file Stage `temporal-adapter`: a ControlNet that reads when it sounds, beside the frozen backbone. */
import { join } from 'node:path';
import { z } from 'zod';
import { Timeline } from '../../conditions/timeline.js';
import { defaultRasterValues, levelOfDb, timingColumns } from '../../conditions/timing-raster.js';
import { type SeededRandom, seededRandom } from '../../data/seeded-random.js';
import { swellLevelDb } from '../../data/swell.js';
import { expand, input, type Tensor, tensor, type Value } from '../../graph/index.js';
import { controlNet } from '../../models/controlnet.js';
import { controlNetCopies, controlNetRules } from '../../models/initialisation.js';
import { unet } from '../../models/unet.js';
import { collectParameters, frozenParameters, type Parameters } from '../../weights/parameters.js';
import { openSafetensors } from '../../weights/safetensors-file.node.js';
import type { CorpusItem } from '../corpus.node.js';
import { corpusSchema } from '../corpus-config.js';
import { asInputs, noisePredictionLoss, noisyLatentInputs } from '../diffusion-loss.js';
import { latentShapeOf } from '../latent-cache.node.js';
import {
  captionsOnly,
  drawClips,
  drawText,
  type LatentSplit,
  openLatentDataset,
  type TextChoice,
  textTensor,
} from '../latent-dataset.node.js';
import { weightFileNames } from '../model-folder.node.js';
import { pictureLatents } from '../sample-pictures.node.js';
import { readWeights, saveWeights } from '../save-weights.node.js';
import type { Batch, LossGraph, StageRun } from '../stage.js';
import type { StageContext } from '../stage-context.js';
import { trainingSchema } from '../trainer.node.js';

export const temporalAdapterStageSchema = z.strictObject({
  training: trainingSchema,
  data: corpusSchema,
  textDropout: z.number().min(0).max(1).default(0.1),
  /** Share of the others that are trained with the bare label, which is what people type. */
  labelShare: z.number().min(0).max(1).default(0),
  sampleCaptions: z
    .array(z.string())
    .default(['dog barking', 'rain falling', 'rooster crowing', 'church bell ringing']),
  sampleGuidance: z.number().default(4),
});
type TemporalAdapterStageConfig = z.infer<typeof temporalAdapterStageSchema>;

const validationBatchCount = 6;
/** The spans that pictures are drawn with. */
const sampleSpans = [
  { startSeconds: 1, endSeconds: 3 },
  { startSeconds: 5, endSeconds: 6 },
  { startSeconds: 8, endSeconds: 9.5 },
];

export async function openTemporalAdapterStage(
  config: TemporalAdapterStageConfig,
  context: StageContext,
): Promise<StageRun> {
  const { batchSize, seed } = config.training;
  const { unet: sizes, textEncoder, mel, autoencoder } = context.model;
  const control = { ...context.model.temporalAdapter, unet: sizes };
  const { train, validation, text } = await openLatentDataset(config.data, config.sampleCaptions, context);
  const backbone = await openSafetensors(join(context.modelFolder, weightFileNames.unet));
  const shape = latentShapeOf(context);
  const timeline = new Timeline();
  const textShape = (batch: number) => [batch, textEncoder.tokens, textEncoder.width];
  const hintShape = (batch: number) => [batch, 1, 1, mel.columns];

  const hints = (items: readonly Pick<CorpusItem, 'spans' | 'swell'>[]): Tensor => {
    const data = new Float32Array(items.length * mel.columns);
    items.forEach(({ spans, swell }, i) => {
      const levelAt = swell === null ? null : (time: number) => levelOfDb(swellLevelDb(swell, time));
      data.set(timingColumns(spans, 0, timeline, defaultRasterValues, levelAt), i * mel.columns);
    });
    return tensor(hintShape(items.length), data);
  };
  const drawBatch = (split: LatentSplit, random: SeededRandom, choice: TextChoice): Batch => {
    const { feeds, indices } = drawClips(split, batchSize, autoencoder.scalingFactor, context, random);
    const texts = indices.map((index) => drawText(split.items[index]!, choice, random));
    const hint = hints(indices.map((index) => split.items[index]!));
    return { ...feeds, text: textTensor(text, texts), hint };
  };
  /** The steered prediction; `hint` is one row, the same for every band. */
  const predict = (p: Parameters, latents: Value, timestep: Value, textStates: Value, hint: Value): Value => {
    const batch = latents.shape[0]!;
    const raster = expand(hint, [batch, 1, mel.bands, mel.columns]);
    const controlResiduals = controlNet(
      p,
      { latents, timestep, textStates, hint: raster, scale: 1 },
      control,
    );
    return unet(frozenParameters(backbone), { latents, timestep, textStates, controlResiduals }, sizes);
  };
  const buildLoss = (p: Parameters): LossGraph => {
    const noisy = noisyLatentInputs(batchSize, shape);
    const textStates = input('text', textShape(batchSize));
    const hint = input('hint', hintShape(batchSize));
    const predicted = predict(p, noisy.noisy, noisy.timestep, textStates, hint);
    const { loss, plain } = noisePredictionLoss(predicted, noisy);
    return { inputs: [...asInputs(noisy), textStates, hint], loss, metrics: { plain } };
  };
  const shapes = collectParameters((p) => buildLoss(p));
  const copies = controlNetCopies(shapes.map(({ key }) => key));
  const sources = await readWeights(backbone, (key) => [...copies.values()].includes(key));
  return {
    recomputes: false,
    initialiserRules: controlNetRules,
    initialValues: async () => new Map([...copies].map(([key, source]) => [key, sources.get(source)!])),
    buildLoss,
    batch: async (index) => drawBatch(train, seededRandom(`temporal-adapter/${seed}/${index}`), config),
    validationBatches: Array.from({ length: validationBatchCount }, (_, i) =>
      drawBatch(validation, seededRandom(`temporal-adapter/val/${i}`), captionsOnly),
    ),
    samples: (average) =>
      pictureLatents({
        context,
        scalingFactor: autoencoder.scalingFactor,
        names: config.sampleCaptions,
        guidanceScale: config.sampleGuidance,
        conditions: (batch) => {
          const textStates = input('text', textShape(batch));
          const hint = input('hint', hintShape(batch));
          const spans = hints(config.sampleCaptions.map(() => ({ spans: sampleSpans, swell: null })));
          return {
            inputs: [textStates, hint],
            predict: (p, noisy, timestep) => predict(p, noisy, timestep, textStates, hint),
            positive: { text: textTensor(text, config.sampleCaptions), hint: spans },
            negative: {
              text: textTensor(
                text,
                config.sampleCaptions.map(() => ''),
              ),
              hint: spans,
            },
          };
        },
        average,
      }),
    async exportWeights(average, metadata) {
      const path = join(context.modelFolder, weightFileNames.temporalAdapter);
      await saveWeights(path, shapes, average, metadata);
      return path;
    },
    async close() {},
  };
}
