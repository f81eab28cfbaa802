/** @file The frame-audio score of every sound of a report: how near it is to the frames, in a space that both share. */
import type { AblationMetric, SceneMeasurement } from '../../evaluation/ablation.js';
import { labelDirections, mixDirections } from '../../evaluation/embedders/label-space-embedder.js';
import { frameAudioScore } from '../../evaluation/frame-audio-score.js';
import type { Embeddings } from '../../evaluation/frechet-distance.js';
import type { StoredEmbedding } from './measurement-store.node.js';

/** By the model's own image tower and the tagger, and as published by CLIP ViT-B/32 and Wav2CLIP. */
export const frameAudioMetrics: readonly AblationMetric[] = [
  {
    key: 'frameAudio',
    title: 'Frame-audio score, own image tower and tagger',
    better: 'higher',
    statistic: 'mean',
    decimals: 3,
  },
  {
    key: 'clipScore',
    title: 'Frame-audio score, CLIP and Wav2CLIP',
    better: 'higher',
    statistic: 'mean',
    decimals: 3,
  },
];

/** Two networks that share a space. */
export interface FrameAudioPair {
  /** Of one of the `frameAudioMetrics`. */
  readonly key: string;
  /** Id of the embedder that heard the sounds. */
  readonly embedder: string;
  /** The mean embedding of a scene's frames, one in `framesPerLook`. */
  seen(scene: string): Promise<Embeddings>;
  /** What was heard, in the space of the frames. */
  heard(embedding: StoredEmbedding): Embeddings;
}

/** A classifier's sounds in the space of labels: one label embedding for each of its classes. */
export function heardAsLabels(labels: readonly Float32Array[]): FrameAudioPair['heard'] {
  const directions = labelDirections(labels);
  return ({ classLogits }) => {
    const data = mixDirections(classLogits!, directions);
    return { width: data.length, data };
  };
}

/** The measurements with the scores of each pair, where its embedder has heard the sound. */
export async function withFrameAudioScores(
  measurements: readonly SceneMeasurement[],
  embeddings: readonly StoredEmbedding[],
  pairs: readonly FrameAudioPair[],
): Promise<SceneMeasurement[]> {
  const scores = new Map<string, Record<string, number>>();
  for (const pair of pairs) {
    const scenes = new Set(measurements.map(({ scene }) => scene));
    for (const embedding of embeddings) {
      const { scene, system } = embedding;
      if (embedding.embedder !== pair.embedder || !scenes.has(scene)) continue;
      const score = frameAudioScore(await pair.seen(scene), pair.heard(embedding));
      scores.set(`${scene}\n${system}`, { ...scores.get(`${scene}\n${system}`), [pair.key]: score });
    }
  }
  return measurements.map((measurement) => ({
    ...measurement,
    values: { ...measurement.values, ...scores.get(`${measurement.scene}\n${measurement.system}`) },
  }));
}
