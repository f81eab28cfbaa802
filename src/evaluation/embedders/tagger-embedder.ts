/**
 * @file The tagger of this project as an embedder of crops of 3.04 s: those that sound, which say what it is, or all of
 * them, as the published Fréchet distances hear all of every sound.
 */
import { flipBands, melToImage } from '../../audio/mel-image.js';
import { auffusionMelSpec, type MelSpec, melSpectrogram } from '../../audio/mel-spectrogram.js';
import type { Engine } from '../../engine/engine.js';
import { floats, input, program, tensor } from '../../graph/index.js';
import type { Parameters } from '../../weights/parameters.js';
import { tagger, taggerConfig, taggerCropColumns, taggerEmbedding } from '../tagger.js';
import type { AudioEmbedder } from './audio-embedder.js';

// a crop so much quieter than the loudest one says nothing about the class
const quietestCropShare = 0.25;

/**
 * Opens the tagger on an engine, to hear the crops that are not all but silent. Its class logits are the mean over them.
 *
 * @param weightsId names the weights
 * @throws FoleyError `weights-invalid` for parameters of another network
 */
export async function createTaggerEmbedder(
  engine: Engine,
  parameters: Parameters,
  weightsId: string,
  spec: MelSpec = auffusionMelSpec,
): Promise<AudioEmbedder> {
  return openTagger(engine, parameters, `tagger/${weightsId}`, spec, true);
}

/**
 * The same network, hearing every crop, silence too: when there is sound is part of a set's likeness. It names no classes.
 * @throws as `createTaggerEmbedder`
 */
export async function createWholeTaggerEmbedder(
  engine: Engine,
  parameters: Parameters,
  weightsId: string,
): Promise<AudioEmbedder> {
  const whole = await openTagger(engine, parameters, `tagger-whole/${weightsId}`, auffusionMelSpec, false);
  return {
    ...whole,
    classes: 0,
    embed: async (samples) => ({ ...(await whole.embed(samples)), classLogits: null }),
  };
}

async function openTagger(
  engine: Engine,
  parameters: Parameters,
  id: string,
  spec: MelSpec,
  soundingAlone: boolean,
): Promise<AudioEmbedder> {
  const { bands } = spec;
  const { embeddingWidth: width, classIds } = taggerConfig;
  const mel = input('mel', [1, 1, bands, taggerCropColumns]);
  const outputs = { logits: tagger(parameters, mel), embedding: taggerEmbedding(parameters, mel) };
  parameters.assertAllUsed();
  const session = await engine.compile(program('tagger', { inputs: [mel], outputs }));
  return {
    id,
    sampleRateHz: spec.sampleRateHz,
    width,
    classes: classIds.length,
    async embed(samples) {
      const crops = cropsOf(samples, spec, soundingAlone);
      const data = new Float32Array(crops.length * width);
      const classLogits = new Float32Array(classIds.length);
      for (const [index, crop] of crops.entries()) {
        const found = await session.run({ mel: tensor([1, 1, bands, taggerCropColumns], crop) });
        data.set(floats(found.embedding!), index * width);
        floats(found.logits!).forEach((value, at) => {
          classLogits[at]! += value / crops.length;
        });
      }
      return { width, data, classLogits };
    },
    close: () => session.close(),
  };
}

/** Crops of the mel image `[bands, taggerCropColumns]`, evenly over the sound; at least one. */
function cropsOf(samples: Float32Array, spec: MelSpec, soundingAlone: boolean): Float32Array[] {
  const least = taggerCropColumns * spec.hopSamples + spec.fftSize;
  const longEnough = samples.length >= least ? samples : padded(samples, least);
  const { bands, columns, data } = flipBands(melToImage(melSpectrogram(longEnough, spec)));
  const count = Math.max(1, Math.round(columns / taggerCropColumns));
  const crops = Array.from({ length: count }, (_, i) => {
    const start = count === 1 ? 0 : Math.round((i * (columns - taggerCropColumns)) / (count - 1));
    const crop = new Float32Array(bands * taggerCropColumns);
    for (let band = 0; band < bands; band++) {
      const row = band * columns + start;
      crop.set(data.subarray(row, row + taggerCropColumns), band * taggerCropColumns);
    }
    return { crop, level: crop.reduce((sum, value) => sum + value, 0) };
  });
  const loudest = Math.max(...crops.map(({ level }) => level));
  const quietest = soundingAlone ? quietestCropShare * loudest : 0;
  return crops.filter(({ level }) => level >= quietest).map(({ crop }) => crop);
}

function padded(samples: Float32Array, length: number): Float32Array {
  const longer = new Float32Array(length);
  longer.set(samples);
  return longer;
}
