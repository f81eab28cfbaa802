/** @file Cnn14 of PANNs at 16 kHz: 2048 numbers and 527 AudioSet classes for a whole sound. */
import { melFilters } from '../../audio/mel-filterbank.js';
import type { Engine } from '../../engine/engine.js';
import {
  add,
  averagePool2d,
  floats,
  input,
  max,
  mean,
  program,
  relu,
  tensor,
  type Value,
} from '../../graph/index.js';
import { dense } from '../../models/layers.js';
import type { Parameters } from '../../weights/parameters.js';
import type { AudioEmbedder } from './audio-embedder.js';
import { convolveNormalised, normaliseBatchLast } from './batch-norm.js';
import { decibels, type MelEnergySpec, melEnergies, padTo } from './mel-energies.js';
import { openByLength } from './sessions-by-length.js';

// Kong et al. 2020. Key names: qiuqiangkong/audioset_tagging_cnn, Cnn14_16k_mAP=0.438.pth.

export interface Cnn14Config {
  /** Channels of the blocks; all but the last halve rows and columns. */
  readonly channels: readonly number[];
  readonly bands: number;
  readonly classes: number;
}

export const cnn14Config: Cnn14Config = {
  channels: [64, 128, 256, 512, 1024, 2048],
  bands: 64,
  classes: 527,
};

const sampleRateHz = 16_000;
const fftSize = 512;
const hopSamples = 160;
/** Five halvings leave one frame of so many. */
const fewestFrames = 32;

const energySpec = (): MelEnergySpec => ({
  stft: { fftSize, hopSamples, windowSamples: fftSize, padSamples: fftSize / 2, padMode: 'reflect' },
  power: 2,
  filters: melFilters({ sampleRateHz, fftSize, bands: cnn14Config.bands, minHz: 50, maxHz: 8000 }),
});

/** Log-mel in dB, `[frames, 64]`. */
export function cnn14Mel(samples: Float32Array, spec = energySpec()): { frames: number; data: Float32Array } {
  const { frames, data } = melEnergies(padTo(samples, fewestFrames * hopSamples), spec);
  return { frames, data: decibels(data) };
}

export interface Cnn14Output {
  /** `[B, last channels]`, after the activation: the space of the Fréchet distance. */
  readonly embedding: Value;
  /** `[B, classes]`, before the sigmoid. */
  readonly logits: Value;
}

/** @param mel `[B, 1, frames, bands]` in dB */
export function cnn14(p: Parameters, mel: Value, config: Cnn14Config = cnn14Config): Cnn14Output {
  let x = normaliseBatchLast(p.at('bn0'), mel);
  for (const [block, channels] of config.channels.entries()) {
    const parameters = p.at(`conv_block${block + 1}`);
    for (const layer of [1, 2]) {
      const [convolution, norm] = [parameters.at(`conv${layer}`), parameters.at(`bn${layer}`)];
      x = relu(convolveNormalised(convolution, norm, x, channels, { kernel: [3, 3], padding: 1 }));
    }
    if (block < config.channels.length - 1) x = averagePool2d(x, { kernel: 2, stride: 2 });
  }
  const overBands = mean(x, [3]); // [B, C, T']
  const overTime = add(max(overBands, [2]), mean(overBands, [2])); // [B, C]
  const embedding = relu(dense(p.at('fc1'), overTime, config.channels.at(-1)!));
  return { embedding, logits: dense(p.at('fc_audioset'), embedding, config.classes) };
}

/** Constants of the front end, which the published file holds as well. */
export function isFrontEndOfCnn14(key: string): boolean {
  return /^(?:spectrogram_extractor\.stft\.conv_(?:real|imag)\.weight|logmel_extractor\.melW)$/.test(key);
}

/** @throws FoleyError `weights-invalid` for parameters of another network */
export async function createCnn14Embedder(
  engine: Engine,
  parameters: Parameters,
  weightsId: string,
): Promise<AudioEmbedder> {
  const { bands, classes, channels } = cnn14Config;
  cnn14(parameters, input('mel', [1, 1, fewestFrames, bands]));
  parameters.assertAllUsed(isFrontEndOfCnn14);
  const sessions = openByLength((frames) => {
    const mel = input('mel', [1, 1, frames, bands]);
    const { embedding, logits } = cnn14(parameters, mel);
    return engine.compile(program('cnn14', { inputs: [mel], outputs: { embedding, logits } }));
  });
  const spec = energySpec();
  return {
    id: `cnn14/${weightsId}`,
    sampleRateHz,
    width: channels.at(-1)!,
    classes,
    async embed(samples) {
      const { frames, data } = cnn14Mel(samples, spec);
      const session = await sessions.opened(frames);
      const found = await session.run({ mel: tensor([1, 1, frames, bands], data) });
      return {
        width: channels.at(-1)!,
        data: floats(found.embedding!),
        classLogits: floats(found.logits!),
      };
    },
    close: () => sessions.close(),
  };
}
