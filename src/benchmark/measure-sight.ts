/** @file What is measured on what a model sees of a scene, without any sound: its curve, and the on spans cut from it. */
import type { FrameEmbeddings, ImageTextEncoder } from '../conditions/frame-embeddings.js';
import { valueAt } from '../conditions/sampled-curve.js';
import { type SimilarityStrategy, similarityStrategies } from '../conditions/similarity.js';
import type { TimeSpan } from '../conditions/timeline.js';
import type { TimingCurve } from '../conditions/timing-curve.js';
import { defaultTimingSettings, isOnAt } from '../conditions/timing-track.js';
import type { SceneTruth } from '../data/scene-sound.js';
import { mergeSpans } from '../data/sound-activity.js';
import { spanOverlap } from '../evaluation/level-contrast.js';
import { rocArea } from '../evaluation/roc.js';
import { edgeErrors, spanAccuracy } from '../evaluation/span-accuracy.js';
import { correlation } from '../evaluation/statistics.js';
import { computeTiming } from '../foley/clip-timing.js';
import { parseRequest } from '../foley/request.js';
import { seenAs } from '../foley/seen-as.js';
import type { SeeingStations } from '../foley/stations.js';

/** How a curve becomes on spans. */
export interface SightChoice {
  readonly strategy: SimilarityStrategy;
  readonly threshold: number;
}

/** What a request does that says nothing of it. */
export function defaultChoiceOf({ defaults }: Pick<SeeingStations, 'defaults'>): SightChoice {
  return { strategy: defaults.strategy, threshold: defaultTimingSettings.threshold };
}

/** Strategies that an encoder can serve: not every one tells places apart. */
export function strategiesOf(encoder: ImageTextEncoder): SimilarityStrategy[] {
  return similarityStrategies.filter(
    (strategy) => strategy !== 'places' || encoder.embedPlaceLabels !== undefined,
  );
}

/** The name of a choice in tables and files. */
export function nameOfChoice({ strategy, threshold }: SightChoice): string {
  return `${strategy} at ${threshold.toFixed(2)}`;
}

/** When a label is seen, computed as a request with this strategy and threshold would. */
export async function seeLabel(
  label: string,
  frames: FrameEmbeddings,
  encoder: ImageTextEncoder,
  { strategy, threshold }: SightChoice,
  clipSeconds: number,
): Promise<TimingCurve> {
  const request = { ...parseRequest({ video: '-', label, threshold }), strategy };
  const wanted = await seenAs(label, frames, encoder);
  const seen = await computeTiming(request, { label: wanted, threshold }, frames, encoder, clipSeconds);
  return { ...seen, label };
}

/** Pauses shorter than this are part of a sound, as between barks: nothing in the picture shows them. */
export const bridgedPauseSeconds = 0.5;

/** By name; null where a figure does not apply to the scene. */
export type SpanFigures = Readonly<Record<SpanFigureName, number | null>>;
export const spanFigureNames = [
  'visibleIou',
  'balancedAccuracy',
  'onShare',
  'offShare',
  'onsetSeconds',
  'offsetSeconds',
  'soundingIou',
] as const;
export type SpanFigureName = (typeof spanFigureNames)[number];

/** On spans against visibility, and against the stretches that truly sound. */
export function measureSpans(
  found: readonly TimeSpan[],
  truth: Pick<SceneTruth, 'visibleSpans' | 'spans'>,
  durationSeconds: number,
): SpanFigures {
  const { intersectionOverUnion, ...shares } = spanAccuracy(found, truth.visibleSpans, durationSeconds);
  const sounding = mergeSpans([truth.spans], bridgedPauseSeconds);
  return {
    visibleIou: intersectionOverUnion,
    ...shares,
    ...edgeErrors(found, truth.visibleSpans, durationSeconds),
    soundingIou:
      sounding.length === 0 ? null : spanOverlap(found, sounding, durationSeconds).intersectionOverUnion,
  };
}

/** What a curve is worth before it is cut. */
export interface CurveFigures {
  /** Probability that a frame with the thing scores higher than one without it; null where nothing comes or goes. */
  readonly area: number | null;
  /** Correlation with the logarithm of the thing's true gain while it is in view; null where that stays within 3 dB. */
  readonly gainCorrelation: number | null;
  /** Values four times a second, with and without the thing in view: for what holds over all clips at once. */
  readonly seenValues: number[];
  readonly unseenValues: number[];
}

/** Gains within this range, in dB, have no shape to follow. */
const leastGainRangeDb = 3;
const pooledStepSeconds = 0.25;

/** Measures a curve of one value a frame. */
export function measureCurve(
  timesSeconds: ArrayLike<number>,
  curve: ArrayLike<number>,
  truth: Pick<SceneTruth, 'visibleSpans' | 'gain' | 'stepSeconds'>,
): CurveFigures {
  const isSeen = Array.from(timesSeconds, (seconds) => isOnAt(truth.visibleSpans, seconds));
  const pooled = { seenValues: [] as number[], unseenValues: [] as number[] };
  let nextSeconds = 0;
  isSeen.forEach((seen, index) => {
    if (timesSeconds[index]! + 1e-6 < nextSeconds) return;
    nextSeconds += pooledStepSeconds;
    pooled[seen ? 'seenValues' : 'unseenValues'].push(Math.round(curve[index]! * 1e4) / 1e4);
  });
  return {
    area: rocArea(curve, isSeen),
    gainCorrelation: gainCorrelation(timesSeconds, curve, isSeen, truth),
    ...pooled,
  };
}

function gainCorrelation(
  timesSeconds: ArrayLike<number>,
  curve: ArrayLike<number>,
  isSeen: readonly boolean[],
  { gain, stepSeconds }: Pick<SceneTruth, 'gain' | 'stepSeconds'>,
): number | null {
  const truthTimesSeconds = Float64Array.from(gain, (_, step) => step * stepSeconds);
  const values: number[] = [];
  const levelsDb: number[] = [];
  isSeen.forEach((seen, index) => {
    const at = valueAt(truthTimesSeconds, gain, timesSeconds[index]!);
    if (!seen || at <= 0) return;
    values.push(curve[index]!);
    levelsDb.push(20 * Math.log10(at));
  });
  if (levelsDb.length === 0) return null;
  const range = Math.max(...levelsDb) - Math.min(...levelsDb);
  return range < leastGainRangeDb ? null : correlation(values, levelsDb);
}
