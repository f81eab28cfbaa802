import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  defaultTimingSettings,
  isOnAt,
  smoothCurve,
  type TimingSettings,
  timingTrack,
} from '../../src/conditions/index.js';

const plain: TimingSettings = {
  threshold: 0.5,
  hysteresis: 0,
  minimumOnSeconds: 0,
  minimumOffSeconds: 0,
  smoothingSeconds: 0,
};
const at = (values: readonly number[], rateHz = 10) =>
  Float64Array.from(values, (_, index) => index / rateHz);
const track = (values: readonly number[], settings: Partial<TimingSettings> = {}) =>
  timingTrack(at(values), Float32Array.from(values), { ...plain, ...settings }, values.length / 10).map(
    (span) => [span.startSeconds, span.endSeconds],
  );

describe('timingTrack', () => {
  it('switches at the threshold', () => {
    expect(track([0, 0.5, 0.5, 0.4, 0.9])).toEqual([
      [0.1, 0.3],
      [0.4, 0.5],
    ]);
  });
  it('holds on within the hysteresis', () => {
    expect(track([0, 0.6, 0.45, 0.6, 0.3, 0.45], { hysteresis: 0.1 })).toEqual([[0.1, 0.4]]);
  });
  it('fills short pauses before it drops short sounds', () => {
    expect(track([1, 0, 1, 0, 0, 0, 1, 0], { minimumOffSeconds: 0.15, minimumOnSeconds: 0.25 })).toEqual([
      [0, 0.3],
    ]);
  });
  it('keeps a sound that fills a clip shorter than the minimum', () => {
    expect(track([1], { minimumOnSeconds: 5 })).toEqual([[0, 0.1]]);
  });
  it('is off throughout and on throughout where the curve is', () => {
    expect(track([0.1, 0.2, 0.3])).toEqual([]);
    expect(track([0.9, 0.8, 0.7])).toEqual([[0, 0.3]]);
  });
  it('smooths by a centred mean', () => {
    const curve = smoothCurve(at([0, 3, 0, 0]), Float32Array.of(0, 3, 0, 0), 0.2);
    // float32 sums: 1e-6
    [1.5, 1, 1, 0].forEach((expected, index) => {
      expect(curve[index]).toBeCloseTo(expected, 6);
    });
  });

  it('gives sorted, disjoint spans of at least the minimum lengths, for every curve and setting', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    const settings = fc.record({
      threshold: unit,
      hysteresis: unit,
      minimumOnSeconds: unit,
      minimumOffSeconds: unit,
      smoothingSeconds: unit,
    });
    fc.assert(
      fc.property(fc.array(unit, { minLength: 1, maxLength: 200 }), settings, (values, chosen) => {
        const duration = values.length / 30;
        const spans = timingTrack(at(values, 30), Float32Array.from(values), chosen, duration);
        spans.forEach((span, index) => {
          expect(span.startSeconds).toBeGreaterThanOrEqual(0);
          expect(span.endSeconds).toBeLessThanOrEqual(duration);
          expect(span.endSeconds).toBeGreaterThan(span.startSeconds);
          const fillsClip = span.startSeconds === 0 && span.endSeconds === duration;
          if (!fillsClip)
            expect(span.endSeconds - span.startSeconds).toBeGreaterThanOrEqual(
              chosen.minimumOnSeconds - 1e-8,
            );
          const before = spans[index - 1];
          if (before) {
            expect(span.startSeconds).toBeGreaterThan(before.endSeconds);
            expect(span.startSeconds - before.endSeconds).toBeGreaterThanOrEqual(
              chosen.minimumOffSeconds - 1e-8,
            );
          }
        });
      }),
      { numRuns: 500 },
    );
  });

  it('without tidying says exactly what the curve says', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), (pattern) => {
        const values = pattern.map(Number);
        const spans = timingTrack(at(values, 30), Float32Array.from(values), plain, values.length / 30);
        pattern.forEach((on, index) => {
          expect(isOnAt(spans, (index + 0.5) / 30)).toBe(on);
        });
      }),
    );
  });

  it('has the recorded defaults', () => {
    expect(defaultTimingSettings).toEqual({
      threshold: 0.5,
      hysteresis: 0.1,
      minimumOnSeconds: 0.1,
      minimumOffSeconds: 0.15,
      smoothingSeconds: 0.3,
    });
  });
});
