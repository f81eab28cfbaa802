/** @file Stage `frame-adapter`: what each frame shows, as keys and values beside the text, in the frozen backbone. */
import { join } from 'node:path';
import { z } from 'zod';
import { Timeline } from '../../conditions/timeline.js';
import { type SeededRandom, seededRandom } from '../../data/seeded-random.js';
import { expand, input, type Tensor, tensor, type Value } from '../../graph/index.js';
import { controlNet } from '../../models/controlnet.js';
import { frameAdapterCopies, frameAdapterRules, frameValueKey } from '../../models/initialisation.js';
import { unet } from '../../models/unet.js';
import { crossAttentionSites } from '../../models/unet-config.js';
import { collectParameters, frozenParameters, type Parameters } from '../../weights/parameters.js';
import { openSafetensors } from '../../weights/safetensors-file.node.js';
import {
  asInputs,
  NoiseDraw,
  type NoisyLatents,
  noisePredictionLoss,
  noisyLatentInputs,
  taughtBy,
} from '../diffusion-loss.js';
import { latentShapeOf, openMelEncoder } from '../latent-cache.node.js';
import { textTensor } from '../latent-dataset.node.js';
import { type EffectBatch, measureEffects } from '../measure-effects.js';
import { weightFileNames } from '../model-folder.node.js';
import { pictureLatents } from '../sample-pictures.node.js';
import { readWeights, saveWeights } from '../save-weights.node.js';
import { openScenes, type SceneSplit } from '../scene-dataset.node.js';
import { drawScenes, sceneDrawFields } from '../scene-draws.js';
import { sceneTensors } from '../scene-tensors.js';
import type { Batch, LossGraph, StageRun } from '../stage.js';
import type { StageContext } from '../stage-context.js';
import { startingWeights } from '../starting-weights.node.js';
import { openTextStates } from '../text-states.node.js';
import { tokensOfScenes } from '../tokens-of-scenes.js';
import { trainingSchema } from '../trainer.node.js';
import { fitValues } from '../values-for-frames.js';
import { wordsForScenes } from '../words-for-scenes.js';

export const frameAdapterStageSchema = z
  .strictObject({
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
    /** A frame adapter to begin with. */
    startFrom: z.string().nullable().default(null),
    /**
     * How it begins without one, with copies of the text's keys in either case. `silent`: values that say nothing. `fitted`: by
     * least squares, a projection that says what is seen in the text encoder's words, and values that bring what those words
     * change in the backbone, which is told only what kind of thing sounds.
     */
    begin: z.enum(['silent', 'fitted']).default('silent'),
    /** Frames a second that the encoder looks at; in between, embeddings are interpolated. */
    seenPerSecond: z.number().positive().max(30).default(5),
    ...sceneDrawFields,
    sampleGuidance: z.number().default(3),
  })
  .refine(({ startFrom, begin }) => startFrom === null || begin === 'silent', {
    path: ['begin'],
    message: 'says how to begin without a file: leave it or "startFrom" out',
  });
type FrameAdapterStageConfig = z.infer<typeof frameAdapterStageSchema>;

/** Of 8 draws: 26 draws a label on average, among those of the small model's training scenes. */
const effectBatchCount = 200;
const validationBatchCount = 16;
const sampleCount = 4;

/** `[B, 1, 1, 1]` */
function perItem(values: readonly number[]): Tensor {
  return tensor([values.length, 1, 1, 1], Float32Array.from(values));
}

export async function openFrameAdapterStage(
  config: FrameAdapterStageConfig,
  context: StageContext,
): Promise<StageRun> {
  const { batchSize, seed } = config.training;
  const { unet: sizes, textEncoder, autoencoder, frameAdapter, imageEncoder, mel } = context.model;
  const control = { ...context.model.temporalAdapter, unet: sizes };
  const timeline = new Timeline();
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
      ...(config.vagueShare === 0 && config.begin !== 'fitted' ? [] : kinds),
    ]),
    context,
  );
  const backbone = await openSafetensors(join(context.modelFolder, weightFileNames.unet));
  const temporalAdapter =
    config.timedShare === 0 && config.taughtShare === 0 && config.begin !== 'fitted'
      ? null
      : await openSafetensors(join(context.modelFolder, weightFileNames.temporalAdapter));
  const shape = latentShapeOf(context);
  const { scalingFactor } = autoencoder;

  const tensors = sceneTensors(timeline, seen, imageEncoder.width, mel.columns);
  /** How strongly the temporal adapter acts: not at all where `isTimed` is false. */
  const timingFeeds = (split: SceneSplit, indices: readonly number[], isTimed: readonly boolean[]): Batch =>
    temporalAdapter === null
      ? {}
      : { hint: tensors.hint(split, indices), timingScale: perItem(isTimed.map(Number)) };
  const noiseDraw = new NoiseDraw(context.model.diffusion);
  const cleanLatents = (split: SceneSplit, indices: readonly number[]) =>
    indices.map((index) => {
      const row = new Float32Array(split.latents.width);
      split.latents.copyTo(index, row, 0, scalingFactor);
      return row;
    });
  const drawBatch = (split: SceneSplit, random: SeededRandom, isTraining: boolean): Batch => {
    const draws = drawScenes(split, config, batchSize, random, isTraining);
    const indices = draws.map(({ scene }) => scene);
    const taught = {
      labelText: textTensor(
        text,
        indices.map((index) => split.labels[index]!),
      ),
      taught: perItem(draws.map((draw) => draw.taught)),
    };
    return {
      ...noiseDraw.feeds(cleanLatents(split, indices), shape, random),
      text: textTensor(
        text,
        draws.map((draw) => draw.text),
      ),
      embeddings: tensors.frames(
        split,
        draws.map(({ scene, sight }) => (sight === null ? null : scene)),
        draws.map(({ sight }) => sight),
      ),
      timesSeconds: tensors.times(batchSize),
      ...timingFeeds(
        split,
        indices,
        draws.map(({ isTimed }) => isTimed),
      ),
      ...(config.taughtShare === 0 ? {} : taught),
    };
  };
  const conditionInputs = (batch: number) => ({
    text: input('text', [batch, textEncoder.tokens, textEncoder.width]),
    embeddings: input('embeddings', [batch, tensors.frameCount, imageEncoder.width]),
    timesSeconds: input('timesSeconds', [batch, tensors.frameCount]),
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
  /** What the backbone predicts that is told label and timing, and how much of that is the target. */
  const teacher = ({ noisy, timestep }: NoisyLatents, hint: Value) => {
    const labelText = input('labelText', [batchSize, textEncoder.tokens, textEncoder.width]);
    const taught = input('taught', [batchSize, 1, 1, 1]);
    const raster = expand(hint, [batchSize, 1, mel.bands, mel.columns]);
    const told = { latents: noisy, timestep, textStates: labelText };
    const controlResiduals = controlNet(
      frozenParameters(temporalAdapter!),
      { ...told, hint: raster, scale: 1 },
      control,
    );
    const known = unet(frozenParameters(backbone), { ...told, controlResiduals }, sizes);
    return { known, share: taught, inputs: [labelText, taught] };
  };
  const buildLoss = (p: Parameters): LossGraph => {
    const noisy = noisyLatentInputs(batchSize, shape);
    const given = conditionInputs(batchSize);
    const predicted = predict(p, noisy.noisy, noisy.timestep, given);
    const inputs = [...asInputs(noisy), ...Object.values(given)];
    if (config.taughtShare === 0 || given.hint === undefined) {
      const { loss, plain } = noisePredictionLoss(predicted, noisy);
      return { inputs, loss, metrics: { plain } };
    }
    const { known, share, inputs: ofTeacher } = teacher(noisy, given.hint);
    const { loss, plain } = noisePredictionLoss(predicted, taughtBy(noisy, known, share));
    return { inputs: [...inputs, ...ofTeacher], loss, metrics: { plain } };
  };
  const shapes = collectParameters((p) => buildLoss(p));
  const silent = { silent: true };
  const begun = async () => {
    const copies = frameAdapterCopies(crossAttentionSites(sizes), silent);
    const sources = await readWeights(backbone, (key) => [...copies.values()].includes(key));
    const copied = [...copies].map(([key, source]) => [key, sources.get(source)!] as const);
    if (config.begin === 'silent') return new Map(copied);
    const words = wordsForScenes(train, text, seen, frameAdapter);
    return new Map([...copied, ...words, ...(await fittedValues(words))]);
  };
  /** Values that bring what the label would change, `ip_adapter.*.to_v_ip.weight`. */
  const fittedValues = async (words: ReadonlyMap<string, Float32Array>) => {
    const parts = {
      engine: context.engine,
      model: context.model,
      backbone: frozenParameters(backbone),
      temporalAdapter: frozenParameters(temporalAdapter!),
    };
    const draw = (random: SeededRandom): EffectBatch => {
      const indices = Array.from({ length: batchSize }, () => random.integer(0, train.labels.length - 1));
      const { noisy, timestep } = noiseDraw.feeds(cleanLatents(train, indices), shape, random);
      const labels = indices.map((index) => train.labels[index]!);
      const kinds = indices.map((index) => train.kinds[index]!);
      return {
        labels,
        feeds: {
          noisy: noisy!,
          timestep: timestep!,
          labelText: textTensor(text, labels),
          otherText: textTensor(text, kinds),
          hint: tensors.hint(train, indices),
        },
      };
    };
    const effects = await measureEffects(parts, draw, effectBatchCount, (done, total) => {
      if (done % 20 === 0) context.report(`what labels change: ${done} of ${total}`);
    });
    const { tokens, blank } = await tokensOfScenes(train, seen, words, parts);
    const byPath = fitValues(tokens, blank, effects);
    return crossAttentionSites(sizes).map(
      ({ path }, site) => [frameValueKey(site), byPath.get(path)!] as const,
    );
  };
  return {
    recomputes: false,
    initialiserRules: frameAdapterRules(silent),
    initialValues: () => (config.startFrom === null ? begun() : startingWeights(config.startFrom, buildLoss)),
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
          const timesSeconds = tensors.times(batch);
          const blank = tensors.frames(
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
              embeddings: tensors.frames(validation, chosen),
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
