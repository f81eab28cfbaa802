/** @file What turns a sound into vectors and class scores: one interface for our own tagger and for published networks. */

import { resample } from '../../audio/resample.js';
import { createWave, mixdown, type Wave } from '../../audio/wave.js';
import type { Embeddings } from '../frechet-distance.js';

/** What an embedder makes of one sound. */
export interface AudioEmbedding extends Embeddings {
  /** `[windows, width]`, one vector for each stretch of the sound that the embedder looks at. */
  readonly data: Float32Array;
  /** `[classes]` before the softmax, for the sound as a whole; null where the embedder names no classes. */
  readonly classLogits: Float32Array | null;
  /** What the inception score is published to read, where that is not `classLogits`. */
  readonly inceptionLogits?: Float32Array;
}

/** A network that hears. It holds engine sessions until it is closed. */
export interface AudioEmbedder {
  /** Names network and weights; figures of two embedders with different ids are not comparable. */
  readonly id: string;
  readonly sampleRateHz: number;
  readonly width: number;
  /** Number of classes of `classLogits`; 0 without. */
  readonly classes: number;
  /** @param samples mono, at `sampleRateHz`, full scale -1..1; any length from one sample */
  embed(samples: Float32Array): Promise<AudioEmbedding>;
  close(): Promise<void>;
}

/** Embeds a wave of any rate and any number of channels: mixed down and resampled first. */
export function embedWave(embedder: AudioEmbedder, wave: Wave): Promise<AudioEmbedding> {
  return embedder.embed(resample(mixdown(wave), embedder.sampleRateHz).channels[0]!);
}

/** As `embedWave`, for mono samples. */
export function embedSamples(
  embedder: AudioEmbedder,
  samples: Float32Array,
  sampleRateHz: number,
): Promise<AudioEmbedding> {
  return embedWave(embedder, createWave(sampleRateHz, [samples]));
}

/** All vectors of several sounds in one list: the set that a Fréchet distance is taken of. */
export function joinEmbeddings(sounds: readonly Embeddings[], width: number): Embeddings {
  const data = new Float32Array(sounds.reduce((sum, sound) => sum + sound.data.length, 0));
  let at = 0;
  for (const sound of sounds) {
    data.set(sound.data, at);
    at += sound.data.length;
  }
  return { width, data };
}

/** The mean of the vectors of one sound, `[width]`. */
export function meanVector({ width, data }: Embeddings): Float32Array {
  const rows = data.length / width;
  const mean = new Float64Array(width);
  data.forEach((value, index) => {
    mean[index % width]! += value / rows;
  });
  return Float32Array.from(mean);
}
