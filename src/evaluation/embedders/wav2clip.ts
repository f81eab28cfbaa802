/** @file Wav2CLIP: a sound as a point in the space of CLIP ViT-B/32, where pictures are points, too. */
import { forEachSpectrum, frameCount, type StftSpec } from '../../audio/stft.js';
import type { Engine } from '../../engine/engine.js';
import {
  add,
  floats,
  globalAveragePool2d,
  input,
  maxPool2d,
  program,
  relu,
  tensor,
  type Value,
} from '../../graph/index.js';
import { dense } from '../../models/layers.js';
import type { Parameters } from '../../weights/parameters.js';
import type { AudioEmbedder } from './audio-embedder.js';
import { convolveNormalised } from './batch-norm.js';
import { padTo } from './mel-energies.js';
import { openByLength } from './sessions-by-length.js';

// Wu et al. 2022. Key names and constants: descriptinc/lyrebird-wav2clip v0.1.0-alpha, Wav2CLIP.pt.

export interface Wav2ClipConfig {
  /** Channels of the four stages of two blocks each. */
  readonly channels: readonly number[];
  readonly embeddingWidth: number;
}

/** ResNet-18 for pictures of one channel. */
export const wav2clipConfig: Wav2ClipConfig = { channels: [64, 128, 256, 512], embeddingWidth: 512 };

const sampleRateHz = 16_000;
const fftSize = 512;
const stftSpec: StftSpec = {
  fftSize,
  hopSamples: 353,
  windowSamples: fftSize,
  padSamples: fftSize / 2,
  padMode: 'reflect',
};
const bins = fftSize / 2 + 1;

/** Log power spectrum `[257, frames]`, moved and scaled to mean 0 and deviation 1 over the whole sound. */
export function wav2clipSpectrogram(samples: Float32Array): { frames: number; data: Float32Array } {
  const padded = padTo(samples, fftSize);
  const frames = frameCount(padded.length, stftSpec);
  const data = new Float32Array(bins * frames);
  forEachSpectrum(padded, stftSpec, (frame, real, imaginary) => {
    for (let bin = 0; bin < bins; bin++)
      data[bin * frames + frame] = Math.log(real[bin]! ** 2 + imaginary[bin]! ** 2 + 1e-7);
  });
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const squares = data.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const scale = 1 / (Math.sqrt(squares / (data.length - 1)) + 1e-9);
  return { frames, data: data.map((value) => (value - mean) * scale) };
}

/**
 * @param p keys begin with `audio_encoder.` and `audio_transform.`
 * @param spectrogram `[B, 1, 257, frames]`
 * @returns `[B, embeddingWidth]`, not normalised
 */
export function wav2clip(p: Parameters, spectrogram: Value, config: Wav2ClipConfig = wav2clipConfig): Value {
  const encoder = p.at('audio_encoder');
  const stem = { kernel: [7, 7], stride: 2, padding: 3 } as const;
  const first = convolveNormalised(
    encoder.at('conv1'),
    encoder.at('bn1'),
    spectrogram,
    config.channels[0]!,
    stem,
  );
  let x = maxPool2d(relu(first), { kernel: 3, stride: 2, padding: 1 });
  for (const [stage, channels] of config.channels.entries()) {
    for (const block of [0, 1]) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      x = residualBlock(encoder.at(`layer${stage + 1}.${block}`), x, channels, stride);
    }
  }
  const pooled = globalAveragePool2d(x); // [B, C]
  const transform = p.at('audio_transform.sequential');
  const hidden = relu(dense(transform.at('0'), pooled, config.embeddingWidth));
  return dense(transform.at('3'), hidden, config.embeddingWidth); // 1 and 2 are activation and dropout
}

function residualBlock(p: Parameters, x: Value, channels: number, stride: number): Value {
  const kernel = [3, 3] as const;
  const hidden = relu(
    convolveNormalised(p.at('conv1'), p.at('bn1'), x, channels, { kernel, stride, padding: 1 }),
  );
  const out = convolveNormalised(p.at('conv2'), p.at('bn2'), hidden, channels, { kernel, padding: 1 });
  const isChanged = stride !== 1 || x.shape[1] !== channels;
  const shortcut = isChanged
    ? convolveNormalised(p.at('downsample.0'), p.at('downsample.1'), x, channels, { kernel: [1, 1], stride })
    : x;
  return relu(add(out, shortcut));
}

/** The window of the front end, and the picture's side of the training, which CLIP's own tower stands for. */
export function isBesideWav2clip(key: string): boolean {
  return key === 'audio_encoder.spectrogram.window' || key.startsWith('image_transform.');
}

/** @throws FoleyError `weights-invalid` for parameters of another network */
export async function createWav2clipEmbedder(
  engine: Engine,
  parameters: Parameters,
  weightsId: string,
): Promise<AudioEmbedder> {
  wav2clip(parameters, input('spectrogram', [1, 1, bins, 1]));
  parameters.assertAllUsed(isBesideWav2clip);
  const width = wav2clipConfig.embeddingWidth;
  const sessions = openByLength((frames) => {
    const spectrogram = input('spectrogram', [1, 1, bins, frames]);
    const embedding = wav2clip(parameters, spectrogram);
    return engine.compile(program('wav2clip', { inputs: [spectrogram], outputs: { embedding } }));
  });
  return {
    id: `wav2clip/${weightsId}`,
    sampleRateHz,
    width,
    classes: 0,
    async embed(samples) {
      const { frames, data } = wav2clipSpectrogram(samples);
      const session = await sessions.opened(frames);
      const found = await session.run({ spectrogram: tensor([1, 1, bins, frames], data) });
      return { width, data: floats(found.embedding!), classLogits: null };
    },
    close: () => sessions.close(),
  };
}
