/** @file Stage `frame-adapter`: what each frame shows, as keys and values beside the text, in the frozen backbone. */
import { join } from 'node:path';
import { z } from 'zod';
import { Timeline } from '../../conditions/timeline.js';
import { timingColumns } from '../../conditions/timing-raster.js';
import { type SeededRandom, seededRandom } from '../../data/seeded-random.js';
import { expand, input, type Tensor, tensor, type Value } from '../../graph/index.js';
import { controlNet } from '../../models/controlnet.js';
import { frameAdapterCopies, frameAdapterRules } from '../../models/initialisation.js';
import { unet } from '../../models/unet.js';
import { crossAttentionSites } from '../../models/unet-config.js';
import { collectParameters, frozenParameters, type Parameters } from '../../weights/parameters.js';
import { openSafetensors } from '../../weights/safetensors-file.node.js';
import { asInputs, NoiseDraw, noisePredictionLoss, noisyLatentInputs } from '../diffusion-loss.js';
import { latentShapeOf, openMelEncoder } from '../latent-cache.node.js';
import { textTensor } from '../latent-dataset.node.js';
import { weightFileNames } from '../model-folder.node.js';
import { pictureLatents } from '../sample-pictures.node.js';
import { readWeights, saveWeights } from '../save-weights.node.js';
import { openScenes, type SceneSplit } from '../scene-dataset.node.js';
import type { Batch, LossGraph, StageRun } from '../stage.js';
import type { StageContext } from '../stage-context.js';
import { startingWeights } from '../starting-weights.node.js';
import { openTextStates } from '../text-states.node.js';
import { trainingSchema } from '../trainer.node.js';

const dropShare = z.number().min(0).max(1).default(0.05);

export const frameAdapterStageSchema = z.strictObject({
  training: trainingSchema,
  /** Scenes of each split at most. */
  scenes: z.strictObject({
    trainCount: z.int().positive(),
    validationCount: z.int().positive(),
    /** How sound and sight belong together in them. */
    presences: z
      .array(z.enum(['visible', 'always', 'silent']))
      .nonempty()
      .default(['visible']),
  }),
  /** A frame adapter to begin with; copies of the text's keys, and values that say nothing, without it. */
  startFrom: z.string().nullable().default(null),
  /** Frames a second that the encoder looks at; in between, embeddings are interpolated. */
  seenPerSecond: z.number().positive().max(30).default(5),
  /** Shares of scenes without text, without frames (zeros), and without both, as in IP-Adapter. */
  dropout: z.strictObject({ text: dropShare, frames: dropShare, both: dropShare }).prefault({}),
  /** Share of the others that are trained with the bare label, which is what people type. */
  labelShare: z.number().min(0).max(1).default(0),
  /** Share of those with text whose text says only what kind of thing sounds, so that the picture has to say which. */
  vagueShare: z.number().min(0).max(1).default(0),
  /**
   * Share of scenes in which the trained temporal adapter, told the true spans, acts beside the frames: there these learn
   * what timing does not say. 0 leaves it out, and needs none.
   */
  timedShare: z.number().min(0).max(1).default(0),
  sampleGuidance: z.number().default(3),
});
type FrameAdapterStageConfig = z.infer<typeof frameAdapterStageSchema>;

const validationBatchCount = 4;
const sampleCount = 4;

export async function openFrameAdapterStage(
  config: FrameAdapterStageConfig,
  context: StageContext,
): Promise<StageRun> {
  const { batchSize, seed } = config.training;
  const { unet: sizes, textEncoder, autoencoder, frameAdapter, imageEncoder, mel } = context.model;
  const control = { ...context.model.temporalAdapter, unet: sizes };
  const timeline = new Timeline();
  const frameCount = timeline.frameCount(timeline.windowSeconds);
  const seen = {
    perSecond: config.seenPerSecond,
    count: Math.ceil(timeline.windowSeconds * config.seenPerSecond),
  };
  const melEncoder = await openMelEncoder(context);
  const { trainCount, validationCount, presences } = config.scenes;
  const train = await openScenes('train', seen, melEncoder, context, { most: trainCount, presences });
  const validation = await openScenes('val', seen, melEncoder, context, { most: validationCount, presences });
  await melEncoder.close();
  const text = await openTextStates(
    [train, validation].flatMap(({ captions, labels, kinds }) => [
      ...captions,
      ...labels,
      ...(config.vagueShare === 0 ? [] : kinds),
    ]),
    context,
  );
  const backbone = await openSafetensors(join(context.modelFolder, weightFileNames.unet));
  const temporalAdapter =
    config.timedShare === 0
      ? null
      : await openSafetensors(join(context.modelFolder, weightFileNames.temporalAdapter));
  const shape = latentShapeOf(context);
  const { scalingFactor } = autoencoder;

  const embeddingShape = (batch: number) => [batch, frameCount, imageEncoder.width];
  /** `null` is a scene without frames. */
  const frameTensor = (split: SceneSplit, indices: readonly (number | null)[]): Tensor => {
    const data = new Float32Array(indices.length * frameCount * imageEncoder.width);
    indices.forEach((index, item) => {
      if (index === null) return;
      const row = split.embeddings.row(index);
      const { width } = imageEncoder;
      for (let frame = 0; frame < frameCount; frame++) {
        const place = Math.min(seen.count - 1, timeline.frameToSeconds(frame) * seen.perSecond);
        const before = Math.floor(place);
        const after = Math.min(before + 1, seen.count - 1);
        const share = place - before;
        const to = (item * frameCount + frame) * width;
        for (let i = 0; i < width; i++) {
          data[to + i] = (1 - share) * row[before * width + i]! + share * row[after * width + i]!;
        }
      }
    });
    return tensor(embeddingShape(indices.length), data);
  };
  const timesTensor = (batch: number): Tensor =>
    tensor(
      [batch, frameCount],
      Float32Array.from({ length: batch * frameCount }, (_, i) => timeline.frameToSeconds(i % frameCount)),
    );
  /** What the temporal adapter is told of each scene, and how strongly it acts: not at all where `isTimed` is false. */
  const timingFeeds = (split: SceneSplit, indices: readonly number[], isTimed: readonly boolean[]): Batch => {
    if (temporalAdapter === null) return {};
    const hint = new Float32Array(indices.length * mel.columns);
    indices.forEach((index, item) => {
      hint.set(timingColumns(split.spans[index]!, 0, timeline), item * mel.columns);
    });
    return {
      hint: tensor([indices.length, 1, 1, mel.columns], hint),
      timingScale: tensor([indices.length, 1, 1, 1], Float32Array.from(isTimed, Number)),
    };
  };
  const noiseDraw = new NoiseDraw(context.model.diffusion);
  const drawBatch = (split: SceneSplit, random: SeededRandom, isTraining: boolean): Batch => {
    const indices = Array.from({ length: batchSize }, () => random.integer(0, split.captions.length - 1));
    const clean = indices.map((index) => {
      const row = new Float32Array(split.latents.width);
      split.latents.copyTo(index, row, 0, scalingFactor);
      return row;
    });
    const captions = indices.map((index) => split.captions[index]!);
    const shown: (number | null)[] = [...indices];
    const { dropout } = config;
    for (let item = 0; isTraining && item < batchSize; item++) {
      const draw = random.next();
      if (draw < dropout.text + dropout.both) captions[item] = '';
      if (draw >= dropout.text && draw < dropout.text + dropout.both + dropout.frames) shown[item] = null;
    }
    const noisy = noiseDraw.feeds(clean, shape, random);
    indices.forEach((index, item) => {
      const isNamed = isTraining && captions[item] !== '' && random.chance(config.labelShare);
      if (isNamed) captions[item] = split.labels[index]!;
      const isVague = config.vagueShare > 0 && captions[item] !== '' && random.chance(config.vagueShare);
      if (isVague) captions[item] = split.kinds[index]!;
    });
    const isTimed = indices.map(() => random.chance(config.timedShare));
    return {
      ...noisy,
      text: textTensor(text, captions),
      embeddings: frameTensor(split, shown),
      timesSeconds: timesTensor(batchSize),
      ...timingFeeds(split, indices, isTimed),
    };
  };
  const conditionInputs = (batch: number) => ({
    text: input('text', [batch, textEncoder.tokens, textEncoder.width]),
    embeddings: input('embeddings', embeddingShape(batch)),
    timesSeconds: input('timesSeconds', [batch, frameCount]),
    ...(temporalAdapter === null
      ? {}
      : {
          hint: input('hint', [batch, 1, 1, mel.columns]),
          timingScale: input('timingScale', [batch, 1, 1, 1]),
        }),
  });
  const predict = (
    p: Parameters,
    latents: Value,
    timestep: Value,
    given: ReturnType<typeof conditionInputs>,
  ): Value => {
    const { text: textStates, embeddings, timesSeconds, hint, timingScale: scale } = given;
    const frame = { parameters: p, embeddings, timesSeconds, scale: 1, config: frameAdapter };
    const steered = { latents, timestep, textStates, frame };
    if (temporalAdapter === null || hint === undefined || scale === undefined) {
      return unet(frozenParameters(backbone), steered, sizes);
    }
    const raster = expand(hint, [latents.shape[0]!, 1, mel.bands, mel.columns]);
    const told = { latents, timestep, textStates, hint: raster, scale };
    const controlResiduals = controlNet(frozenParameters(temporalAdapter), told, control);
    return unet(frozenParameters(backbone), { ...steered, controlResiduals }, sizes);
  };
  const buildLoss = (p: Parameters): LossGraph => {
    const noisy = noisyLatentInputs(batchSize, shape);
    const given = conditionInputs(batchSize);
    const { loss, plain } = noisePredictionLoss(predict(p, noisy.noisy, noisy.timestep, given), noisy);
    return { inputs: [...asInputs(noisy), ...Object.values(given)], loss, metrics: { plain } };
  };
  const shapes = collectParameters((p) => buildLoss(p));
  const silent = { silent: true };
  const copies = frameAdapterCopies(crossAttentionSites(sizes), silent);
  const copied = async () => {
    const sources = await readWeights(backbone, (key) => [...copies.values()].includes(key));
    return new Map([...copies].map(([key, source]) => [key, sources.get(source)!]));
  };
  return {
    recomputes: false,
    initialiserRules: frameAdapterRules(silent),
    initialValues:
      config.startFrom === null ? await copied() : await startingWeights(config.startFrom, buildLoss),
    buildLoss,
    batch: async (index) => drawBatch(train, seededRandom(`frame-adapter/${seed}/${index}`), true),
    validationBatches: Array.from({ length: validationBatchCount }, (_, i) =>
      drawBatch(validation, seededRandom(`frame-adapter/val/${i}`), false),
    ),
    samples: (average) => {
      const chosen = Array.from({ length: Math.min(sampleCount, validation.captions.length) }, (_, i) => i);
      const captions = chosen.map((index) => validation.captions[index]!);
      return pictureLatents({
        context,
        scalingFactor,
        names: captions,
        guidanceScale: config.sampleGuidance,
        conditions: (batch) => {
          const given = conditionInputs(batch);
          const timesSeconds = timesTensor(batch);
          const blank = frameTensor(
            validation,
            chosen.map(() => null),
          );
          const untimed = timingFeeds(
            validation,
            chosen,
            chosen.map(() => false),
          ); // as without a temporal adapter
          const silentText = textTensor(
            text,
            captions.map(() => ''),
          );
          return {
            inputs: Object.values(given),
            predict: (p, noisy, timestep) => predict(p, noisy, timestep, given),
            positive: {
              text: textTensor(text, captions),
              embeddings: frameTensor(validation, chosen),
              timesSeconds,
              ...untimed,
            },
            negative: { text: silentText, embeddings: blank, timesSeconds, ...untimed },
          };
        },
        average,
      });
    },
    async exportWeights(average, metadata) {
      const path = join(context.modelFolder, weightFileNames.frameAdapter);
      await saveWeights(path, shapes, average, metadata);
      return path;
    },
    async close() {},
  };
}
