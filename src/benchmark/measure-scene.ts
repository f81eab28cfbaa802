/** @file What is measured on the sound that was made for a scene, against the scene's physical truth. */
import type { Scene } from '../data/scene.js';
import type { SceneTruth } from '../data/scene-sound.js';
import type { AblationMetric } from '../evaluation/ablation.js';
import { envelopeCorrelation } from '../evaluation/envelope-correlation.js';
import { activityOverlap, levelContrast } from '../evaluation/level-contrast.js';
import { onsetSeconds } from '../evaluation/onset-detection.js';
import { matchOnsets } from '../evaluation/onset-matching.js';

/** The columns of the table. */
export const sceneMetrics: readonly AblationMetric[] = [
  { key: 'levelContrastDb', title: 'Level contrast', unit: 'dB', better: 'higher', decimals: 1 },
  { key: 'onsetF1', title: 'Onset F1 at 100 ms', better: 'higher' },
  { key: 'envelopeCorrelation', title: 'Envelope correlation', better: 'higher' },
  { key: 'activityIou', title: 'On/off IoU', better: 'higher' },
];

/** Curves that vary less than this, in dB between loudest and quietest, have no shape to follow. */
const leastGainRangeDb = 3;

/** By metric key; null where a metric does not apply to the scene. */
export function measureScene(
  samples: Float32Array,
  sampleRateHz: number,
  scene: Scene,
  truth: SceneTruth,
): Record<string, number | null> {
  const { spans, onsetsSeconds } = truth;
  if (spans.length === 0) return {};
  const hasEvents = scene.sound.events !== null && onsetsSeconds.length > 0;
  const curve = {
    timesSeconds: Float64Array.from(truth.gain, (_, step) => step * truth.stepSeconds),
    gains: truth.gain,
  };
  const loudest = truth.gain.reduce((most, gain) => Math.max(most, gain), 0);
  const quietest = truth.gain.reduce((least, gain) => Math.min(least, gain), Number.POSITIVE_INFINITY);
  const moves = quietest > 0 && 20 * Math.log10(loudest / quietest) >= leastGainRangeDb;
  return {
    levelContrastDb: levelContrast(samples, sampleRateHz, spans)?.contrastDb ?? null,
    onsetF1: hasEvents
      ? (matchOnsets(onsetsSeconds, onsetSeconds(samples, sampleRateHz), 0.1).f1 ?? 0)
      : null,
    envelopeCorrelation: moves
      ? (envelopeCorrelation(samples, sampleRateHz, curve, { within: spans }).decibel ?? 0)
      : null,
    activityIou: activityOverlap(samples, sampleRateHz, spans).intersectionOverUnion,
  };
}
