/** @file When the label sounds in a clip: from the similarity of its frames, or from a file that replaces it. */
import type { FrameEmbeddings, ImageTextEncoder } from '../conditions/frame-embeddings.js';
import { defaultSimilaritySettings, similarityCurve } from '../conditions/similarity.js';
import { parseTiming, type TimingCurve } from '../conditions/timing-curve.js';
import {
  defaultTimingSettings,
  type TimingSettings,
  tidySpans,
  timingTrack,
} from '../conditions/timing-track.js';
import type { FoleyRequest } from './request.js';

/** The settings of the timing track in a request. */
export function timingSettingsOf(request: FoleyRequest): TimingSettings {
  return {
    threshold: request.threshold,
    hysteresis: request.hysteresis,
    minimumOnSeconds: request.minimumOn,
    minimumOffSeconds: request.minimumOff,
    smoothingSeconds: request.smoothing,
  };
}

/** Computes the timing of a label in a clip of `clipSeconds`. Times are those of the clip. */
export async function computeTiming(
  request: FoleyRequest,
  frames: FrameEmbeddings,
  encoder: ImageTextEncoder,
  clipSeconds: number,
): Promise<TimingCurve> {
  const settings = defaultSimilaritySettings(request.strategy);
  const background = settings.strategy === 'contrast' ? settings.background : [];
  const [label, ...rivals] = await encoder.embedTexts([request.label, ...background]);
  const similarity = similarityCurve(frames, label!, settings, rivals);
  return {
    label: request.label,
    durationSeconds: Math.ceil(clipSeconds * 1e4) / 1e4,
    timesSeconds: Array.from(frames.timesSeconds, rounded),
    similarity: Array.from(similarity, rounded),
    spans: timingTrack(frames.timesSeconds, similarity, timingSettingsOf(request), clipSeconds).map(
      (span) => ({
        startSeconds: rounded(span.startSeconds),
        endSeconds: rounded(span.endSeconds),
      }),
    ),
  };
}

/** A timing that was given, cut to the clip, with what is worth a warning. */
export function givenTiming(
  request: FoleyRequest,
  text: string,
  name: string,
  clipSeconds: number,
): { readonly timing: TimingCurve; readonly warnings: readonly string[] } {
  const timing = parseTiming(text, name);
  const spans = tidySpans(timing.spans, { minimumOnSeconds: 0, minimumOffSeconds: 0 }, clipSeconds);
  const warnings: string[] = [];
  if (timing.label !== request.label) {
    warnings.push(`${name} was made for the label "${timing.label}", not for "${request.label}"`);
  }
  if (timing.spans.some((span) => span.endSeconds > clipSeconds + longerSlackSeconds)) {
    warnings.push(
      `${name} reaches past the end of the clip at ${rounded(clipSeconds)} s; the rest was cut off`,
    );
  }
  const settings = timingSettingsOf(request);
  const idle = (Object.keys(settings) as (keyof TimingSettings)[]).filter(
    (key) => settings[key] !== defaultTimingSettings[key],
  );
  if (idle.length > 0) warnings.push(`${idle.join(', ')} had no effect: the timing was given`);
  return { timing: { ...timing, label: request.label, spans }, warnings };
}

/** To a tenth of a millisecond, so that files stay readable. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

/** Half a frame at 30 a second: containers round durations. */
const longerSlackSeconds = 1 / 60;
