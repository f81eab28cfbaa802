/** @file When a label sounds by its curve, with the settings of the form as they stand. */
import { type TimingSettings, timingTrack } from '../../conditions/timing-track.js';
import { currentValue, type FieldValues, type FormField } from './form-fields.js';
import type { Curve } from './orders.js';
import type { Span } from './spans.js';

/** The fields that cut a curve into spans. @param valuesOf where the value of a field stands */
export function timingSettings(
  fields: readonly FormField[],
  valuesOf: (name: string) => FieldValues,
): TimingSettings {
  const number = (name: string): number => {
    const field = fields.find((candidate) => candidate.name === name);
    const value = field && currentValue(field, valuesOf(name));
    return typeof value === 'number' ? value : 0;
  };
  return {
    threshold: number('threshold'),
    hysteresis: number('hysteresis'),
    minimumOnSeconds: number('minimumOn'),
    minimumOffSeconds: number('minimumOff'),
    smoothingSeconds: number('smoothing'),
  };
}

/**
 * With the settings that the service was asked with it is what the service said, which knows more than the curve: rain
 * sounds throughout, since no thing makes it, and steps sound at sudden movements. With others the curve is cut here.
 */
export function computedSpans(curve: Curve, asked: TimingSettings, now: TimingSettings): readonly Span[] {
  const { timesSeconds, similarity, spans, durationSeconds } = curve;
  const isAsAsked = (Object.keys(now) as (keyof TimingSettings)[]).every((name) => now[name] === asked[name]);
  if (isAsAsked || timesSeconds.length === 0) return spans;
  return timingTrack(Float64Array.from(timesSeconds), Float32Array.from(similarity), now, durationSeconds);
}
