/** @file When a label sounds in a clip: from the similarity of its frames, or from a timing that replaces it. */
import type { FrameEmbeddings, ImageTextEncoder } from '../conditions/frame-embeddings.js';
import {
  defaultSimilaritySettings,
  type SimilarityStrategy,
  similarityCurve,
} from '../conditions/similarity.js';
import type { TimingCurve } from '../conditions/timing-curve.js';
import {
  defaultTimingSettings,
  type TimingSettings,
  tidySpans,
  timingTrack,
} from '../conditions/timing-track.js';
import { knownLabel } from './known-label.js';
import type { FoleyRequest } from './request.js';
import type { TrackPlan } from './settled-request.js';
import type { InlineTiming } from './track-request.js';

/** The settings of the timing track in a request, with the threshold of one track. */
export function timingSettingsOf(
  request: FoleyRequest,
  threshold: number = request.threshold,
): TimingSettings {
  return {
    threshold,
    hysteresis: request.hysteresis,
    minimumOnSeconds: request.minimumOn,
    minimumOffSeconds: request.minimumOff,
    smoothingSeconds: request.smoothing,
  };
}

/** Computes the timing of a track's label in a clip of `clipSeconds`. Times are those of the clip. */
export async function computeTiming(
  request: FoleyRequest & { readonly strategy: SimilarityStrategy },
  { label, threshold }: Pick<TrackPlan, 'label' | 'threshold'>,
  frames: FrameEmbeddings,
  encoder: ImageTextEncoder,
  clipSeconds: number,
): Promise<TimingCurve> {
  const settings = defaultSimilaritySettings(request.strategy);
  const background = settings.strategy === 'contrast' ? settings.background : [];
  const [wanted, ...rivals] =
    settings.strategy === 'places'
      ? [await knownLabel(label, encoder)]
      : await encoder.embedTexts([label, ...background]);
  const similarity = similarityCurve(frames, wanted!, settings, rivals);
  const spans = timingTrack(
    frames.timesSeconds,
    similarity,
    timingSettingsOf(request, threshold),
    clipSeconds,
  );
  return {
    label,
    durationSeconds: roundedUp(clipSeconds),
    timesSeconds: Array.from(frames.timesSeconds, rounded),
    similarity: Array.from(similarity, rounded),
    spans: spans.map((span) => ({
      startSeconds: rounded(span.startSeconds),
      endSeconds: rounded(span.endSeconds),
    })),
  };
}

/** A timing that was given for a label, cut to the clip, with what is worth a warning. */
export function givenTiming(
  request: FoleyRequest,
  { label, threshold }: Pick<TrackPlan, 'label' | 'threshold'>,
  given: InlineTiming,
  clipSeconds: number,
): { readonly timing: TimingCurve; readonly warnings: readonly string[] } {
  const name = given.file ?? `the timing of "${label}"`;
  const spans = tidySpans(given.spans, { minimumOnSeconds: 0, minimumOffSeconds: 0 }, clipSeconds);
  const warnings: string[] = [];
  if (given.label !== undefined && given.label !== label) {
    warnings.push(`${name} was made for the label "${given.label}", not for "${label}"`);
  }
  if (given.spans.some((span) => span.endSeconds > clipSeconds + longerSlackSeconds)) {
    warnings.push(
      `${name} reaches past the end of the clip at ${rounded(clipSeconds)} s; the rest was cut off`,
    );
  }
  const settings = timingSettingsOf(request, threshold);
  const idle = (Object.keys(settings) as (keyof TimingSettings)[]).filter(
    (key) => settings[key] !== defaultTimingSettings[key],
  );
  if (idle.length > 0) warnings.push(`${idle.join(', ')} had no effect: the timing was given`);
  const { timesSeconds, similarity } = given;
  return {
    timing: { label, durationSeconds: roundedUp(clipSeconds), timesSeconds, similarity, spans },
    warnings,
  };
}

/** To a tenth of a millisecond, so that files stay readable. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

/** No span of the clip may end past the clip's own end. */
function roundedUp(value: number): number {
  return Math.ceil(value * 1e4) / 1e4;
}

/** Half a frame at 30 a second: containers round durations. */
const longerSlackSeconds = 1 / 60;
