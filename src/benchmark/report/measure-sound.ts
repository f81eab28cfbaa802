/** @file All that is measured on one sound of one system for a scene, against what is physically true of it. */
import { createResampler } from '../../audio/resample.js';
import { mixdown, type Wave } from '../../audio/wave.js';
import type { TimeSpan } from '../../conditions/timeline.js';
import { tidySpans } from '../../conditions/timing-track.js';
import type { BenchmarkEntry } from '../../data/benchmark-set.node.js';
import type { Scene } from '../../data/scene.js';
import type { SceneTruth } from '../../data/scene-sound.js';
import type { AblationMetric } from '../../evaluation/ablation.js';
import {
  condFoleyGenDelta,
  condFoleyGenSampleRateHz,
  condFoleyGenScore,
} from '../../evaluation/cond-foley-gen.js';
import { dopplerAgreement } from '../../evaluation/doppler.js';
import { envelopeCorrelation } from '../../evaluation/envelope-correlation.js';
import { activityOverlap, commonSpans } from '../../evaluation/level-contrast.js';
import { mmaudioOnsetScore } from '../../evaluation/mmaudio-onsets.js';
import { detectOnsets, onsetSeconds } from '../../evaluation/onset-detection.js';
import { matchOnsets } from '../../evaluation/onset-matching.js';
import { panAgreement } from '../../evaluation/pan-error.js';
import { measureScene } from '../measure-scene.js';

/** In the order of the tables. */
export const physicalMetrics: readonly AblationMetric[] = [
  { key: 'levelContrastDb', title: 'Level contrast', unit: 'dB', better: 'higher', decimals: 1 },
  { key: 'activityIou', title: 'On/off IoU, true spans', better: 'higher' },
  { key: 'visibleIou', title: 'On/off IoU, visible', better: 'higher' },
  { key: 'onsetF1', title: 'Onset F1 at 100 ms', better: 'higher' },
  { key: 'clearOnsetF1', title: 'the same, clear onsets', better: 'higher' },
  { key: 'rhythmOnsetF1', title: 'Rhythms alone', better: 'higher' },
  { key: 'clearRhythmOnsetF1', title: 'Rhythms, clear onsets', better: 'higher' },
  { key: 'onsetAccuracy', title: 'Onset accuracy', better: 'higher', statistic: 'mean' },
  { key: 'onsetCount', title: 'Onset count right', better: 'higher', statistic: 'mean' },
  { key: 'onsetAp', title: 'Onset AP', better: 'higher', statistic: 'mean' },
  { key: 'onsetAccuracy300', title: 'Onset accuracy, 300 ms', better: 'higher', statistic: 'mean' },
  { key: 'onsetAp300', title: 'Onset AP, 300 ms', better: 'higher', statistic: 'mean' },
  { key: 'envelopeCorrelation', title: 'Envelope correlation', better: 'higher' },
  { key: 'passCorrelation', title: 'Envelope correlation, passes', better: 'higher' },
  { key: 'seenPassCorrelation', title: 'the same, while in view', better: 'higher' },
  { key: 'dopplerSign', title: 'Doppler sign right, fast passes', better: 'higher', statistic: 'mean' },
  { key: 'dopplerError', title: 'Doppler error, fast passes', unit: 'semitones', better: 'lower' },
  { key: 'panError', title: 'Pan error', better: 'lower' },
];

/** Shorter pauses do not count, as between barks or steps. */
const bridgedSeconds = 0.5;
/** Sources that move to one side by less than this at any time have no place to be told. */
const leastPan = 0.2;

/**
 * By metric key; null where a metric does not apply to the scene, and nothing at all for a scene without sound.
 * Pitch is compared only while the source is both seen and heard.
 */
export function measureSound(
  wave: Wave,
  { kind }: Pick<BenchmarkEntry, 'kind'>,
  scene: Scene,
  truth: SceneTruth,
): Record<string, number | null> {
  const { spans, visibleSpans } = truth;
  if (spans.length === 0) return {};
  const rate = wave.sampleRateHz;
  const samples = mixdown(wave).channels[0]!;
  const base = measureScene(samples, rate, scene, truth);
  const isTexture = scene.sound.events === null;
  const isPass = kind.includes('pass') || kind === 'fly over';
  const timesSeconds = Float64Array.from(truth.gain, (_, step) => step * truth.stepSeconds);
  const panned = truth.pan.some((pan) => Math.abs(pan) >= leastPan);
  const pan = panned ? panAgreement(wave.channels, rate, { timesSeconds, pans: truth.pan }, spans) : null;
  const doppler = kind.startsWith('fast pass')
    ? dopplerAgreement(samples, rate, {
        timesSeconds,
        metresPerSecond: truth.radialVelocity.map((speed, step) =>
          isWithin(spans, timesSeconds[step]!) && isWithin(visibleSpans, timesSeconds[step]!) ? speed : 0,
        ),
      })
    : null;
  const isRhythm = kind === 'rhythm';
  const clear = isTexture ? null : clearOnsetF1(samples, rate, truth.onsetsSeconds);
  const correlationWithin = (within: readonly TimeSpan[]): number | null =>
    isTexture ? followingOf(samples, rate, timesSeconds, truth, within) : null;
  const correlation = correlationWithin(spans);
  return {
    ...base,
    envelopeCorrelation: correlation,
    // pauses that are bridged in what is heard are bridged in the truth as well
    activityIou: activityOverlap(
      samples,
      rate,
      tidySpans(spans, { minimumOnSeconds: 0, minimumOffSeconds: bridgedSeconds }, samples.length / rate),
      { minOffSeconds: bridgedSeconds },
    ).intersectionOverUnion,
    visibleIou:
      isTexture && scene.sound.objectIndex !== null
        ? activityOverlap(samples, rate, visibleSpans).intersectionOverUnion
        : null,
    clearOnsetF1: clear,
    rhythmOnsetF1: isRhythm ? (base.onsetF1 ?? null) : null,
    clearRhythmOnsetF1: isRhythm ? clear : null,
    ...publishedOnsets(samples, rate, isTexture ? [] : truth.onsetsSeconds),
    passCorrelation: isPass ? correlation : null,
    seenPassCorrelation: isPass ? correlationWithin(commonSpans(spans, visibleSpans)) : null,
    dopplerSign: doppler === null ? null : Number(doppler.hasRightSign),
    dopplerError: doppler === null ? null : Math.abs(doppler.measuredSemitones - doppler.expectedSemitones),
    panError: pan?.meanError ?? null,
  };
}

/** Gains that vary by less than this within the spans, in dB, have no course to follow. */
const leastGainRangeDb = 3;
/** The level is taken over so long: a source's own wavering is shorter, a passage longer. */
const levelSeconds = 0.5;

/** Correlation of level and true gain in dB; the level of single events would be their own. */
function followingOf(
  samples: Float32Array,
  rate: number,
  timesSeconds: Float64Array,
  { gain }: SceneTruth,
  within: readonly TimeSpan[],
): number | null {
  const heard = gain.filter((_, step) => isWithin(within, timesSeconds[step]!));
  if (heard.length === 0) return null;
  const loudest = heard.reduce((most, value) => Math.max(most, value), 0);
  const quietest = heard.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  if (!(20 * Math.log10(loudest / quietest) >= leastGainRangeDb)) return null;
  const options = { within, windowSeconds: levelSeconds };
  return envelopeCorrelation(samples, rate, { timesSeconds, gains: gain }, options).decibel ?? 0;
}

/** Onsets as CondFoleyGen's threshold finds them: librosa's own also takes the wavering of a decay for onsets. */
function clearOnsetF1(samples: Float32Array, rate: number, onsetsSeconds: readonly number[]): number | null {
  if (onsetsSeconds.length === 0) return null;
  const found = onsetSeconds(samples, rate, { delta: condFoleyGenDelta });
  return matchOnsets(onsetsSeconds, found, 0.1).f1 ?? 0;
}

function isWithin(spans: readonly TimeSpan[], seconds: number): boolean {
  return spans.some((span) => seconds >= span.startSeconds && seconds < span.endSeconds);
}

/** CondFoleyGen's scores, on the whole clip in place of 2 s, and MMAudio's, both against the true onsets. */
function publishedOnsets(
  samples: Float32Array,
  rate: number,
  onsetsSeconds: readonly number[],
): Record<string, number | null> {
  if (onsetsSeconds.length === 0) return {};
  const resampled = createResampler(rate, condFoleyGenSampleRateHz).resample(samples);
  const found = detectOnsets(resampled, condFoleyGenSampleRateHz, { delta: condFoleyGenDelta });
  const reference = onsetsSeconds.map((seconds) => Math.round(seconds * condFoleyGenSampleRateHz));
  const score = condFoleyGenScore(
    reference,
    found.filter((onset) => onset < resampled.length),
    resampled,
  );
  const wide = mmaudioOnsetScore(onsetsSeconds, resampled);
  return {
    onsetAccuracy: score.detectionAccuracy,
    onsetCount: Number(score.hasEqualCount),
    onsetAp: score.averagePrecision ?? 0,
    onsetAccuracy300: wide.accuracy,
    onsetAp300: wide.averagePrecision ?? 0,
  };
}
