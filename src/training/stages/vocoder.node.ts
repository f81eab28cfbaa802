/** @file Stage `vocoder`: log-mel to sound, on random stretches of mixtures. */
import { join } from 'node:path';
import { z } from 'zod';
import { loudestLogMel } from '../../audio/mel-image.js';
import { auffusionMelSpec, melSpectrogram, silentLogMel } from '../../audio/mel-spectrogram.js';
import { type SeededRandom, seededRandom } from '../../data/seeded-random.js';
import { FoleyError } from '../../errors/foley-error.js';
import { floats, input, tensor } from '../../graph/index.js';
import { inverseStftVocoderRules } from '../../models/initialisation.js';
import { vocoderOf } from '../../models/vocoder.js';
import { collectParameters, type Parameters, trainableParameters } from '../../weights/parameters.js';
import type { Corpus } from '../corpus.node.js';
import { corpusSchema } from '../corpus-config.js';
import { openDecodedMels } from '../decoded-mels.node.js';
import { imageForVocoder } from '../mel-crops.js';
import { weightFileNames } from '../model-folder.node.js';
import { openCorpora } from '../open-corpora.node.js';
import { runOnce } from '../run-once.js';
import { saveWeights } from '../save-weights.node.js';
import { defaultResolutions } from '../spectral-loss.js';
import type { Batch, LossGraph, SampleImage, StageRun } from '../stage.js';
import type { StageContext } from '../stage-context.js';
import { startingWeights } from '../starting-weights.node.js';
import { trainingSchema } from '../trainer.node.js';
import { vocoderLoss, vocoderWeightsSchema } from '../vocoder-loss.js';

export const vocoderStageSchema = z.strictObject({
  training: trainingSchema,
  data: corpusSchema,
  /** Mel columns of a stretch; in samples a multiple of each hop of the loss. */
  segmentColumns: z.int().positive(),
  weights: vocoderWeightsSchema.prefault({}),
  /** A vocoder file to begin with; random weights without it. */
  startFrom: z.string().nullable().default(null),
  /** Share of stretches whose mel has been through the autoencoder, as it will have been in use. */
  decodedShare: z.number().min(0).max(1).default(0),
  /** The STFTs of the loss; each hop a quarter of its window, or another whole part. */
  resolutions: z
    .array(z.strictObject({ windowSamples: z.int().positive(), hopSamples: z.int().positive() }))
    .min(1)
    .default([...defaultResolutions]),
});
type VocoderStageConfig = z.infer<typeof vocoderStageSchema>;

const validationBatchCount = 4;
const sampleCount = 6;
/** Draws of a stretch that sounds before a silent one is taken. */
const attempts = 4;
const audibleRms = 1e-3; // -60 dB

export async function openVocoderStage(config: VocoderStageConfig, context: StageContext): Promise<StageRun> {
  const { segmentColumns } = config;
  const model = context.model.vocoder;
  const { train, validation } = await openCorpora(config.data, context);
  const { batchSize, seed } = config.training;
  const hop = auffusionMelSpec.hopSamples;
  const segmentSamples = segmentColumns * hop;
  const misfit = config.resolutions.find(({ hopSamples }) => segmentSamples % hopSamples !== 0);
  if (misfit !== undefined) {
    throw new FoleyError(
      'usage',
      `segmentColumns: ${segmentColumns} columns are ${segmentSamples} samples, no multiple of ${misfit.hopSamples}`,
    );
  }
  const melShape = [batchSize, train.bands, segmentColumns];
  const waveShape = [batchSize, segmentSamples];

  const decoded = config.decodedShare === 0 ? null : await openDecodedMels(train, context);
  const { bands, columns } = train;
  const melOf = async (
    corpus: Corpus,
    index: number,
    start: number,
    random: SeededRandom,
  ): Promise<Float32Array> => {
    const isDecoded = decoded !== null && corpus === train && random.chance(config.decodedShare);
    if (!isDecoded) return corpus.melImage(index, start, segmentColumns);
    const whole = decoded.row(index);
    const crop = new Float32Array(bands * segmentColumns);
    for (let band = 0; band < bands; band++) {
      const from = band * columns + start;
      crop.set(whole.subarray(from, from + segmentColumns), band * segmentColumns);
    }
    return crop;
  };
  const drawBatch = async (corpus: Corpus, random: SeededRandom): Promise<Batch> => {
    const mel = new Float32Array(batchSize * train.bands * segmentColumns);
    const wave = new Float32Array(batchSize * segmentSamples);
    for (let item = 0; item < batchSize; item++) {
      for (let attempt = 1; attempt <= attempts; attempt++) {
        const index = random.integer(0, corpus.items.length - 1);
        const start = random.integer(0, corpus.columns - segmentColumns);
        const samples = await corpus.wave(index, start * hop, segmentSamples);
        if (attempt < attempts && rms(samples) < audibleRms) continue;
        const image = await melOf(corpus, index, start, random);
        wave.set(samples, item * segmentSamples);
        mel.set(imageForVocoder(image), item * train.bands * segmentColumns);
        break;
      }
    }
    return { mel: tensor(melShape, mel), wave: tensor(waveShape, wave) };
  };
  const buildLoss = (p: Parameters): LossGraph =>
    vocoderLoss(
      p,
      input('mel', melShape),
      input('wave', waveShape),
      model,
      auffusionMelSpec,
      config.weights,
      config.resolutions,
    );
  return {
    recomputes: false,
    initialiserRules: model.kind === 'inverse-stft' ? inverseStftVocoderRules(model.blocks) : [],
    initialValues: async () =>
      config.startFrom === null ? new Map() : startingWeights(config.startFrom, buildLoss),
    buildLoss,
    batch: (index) => drawBatch(train, seededRandom(`vocoder/${seed}/${index}`)),
    validationBatches: await Promise.all(
      Array.from({ length: validationBatchCount }, (_, i) =>
        drawBatch(validation, seededRandom(`vocoder/val/${i}`)),
      ),
    ),
    async samples(average) {
      const { columns, bands } = validation;
      const p = trainableParameters();
      const mel = input('mel', [1, bands, columns]);
      const run = await runOnce(context.engine, p, [mel], { wave: vocoderOf(model).wave(p, mel) }, average);
      const images: SampleImage[] = [];
      for (let i = 0; i < sampleCount; i++) {
        const index = Math.floor((i * validation.items.length) / sampleCount);
        const image = await validation.melImage(index);
        const { wave } = await run.once({ mel: tensor([1, bands, columns], imageForVocoder(image)) });
        const remade = melSpectrogram(floats(wave!)).data.map(
          (v) => (v - silentLogMel) / (loudestLogMel - silentLogMel),
        );
        const { caption } = validation.items[index]!;
        images.push({ name: `${caption} (true)`, image: { bands, columns, data: image } });
        images.push({ name: `${caption} (vocoded)`, image: { bands, columns, data: remade } });
      }
      await run.close();
      return images;
    },
    async exportWeights(average, metadata) {
      const path = join(context.modelFolder, weightFileNames.vocoder);
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

function rms(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
}
