import { describe, expect, it } from 'vitest';
import { measureCurve, measureSpans } from '../../src/benchmark/measure-sight.js';

const frames = 100;
const timesSeconds = Array.from({ length: frames }, (_, frame) => frame / 10);
const visibleSpans = [{ startSeconds: 2, endSeconds: 6 }];
/** Swells by 20 dB while it is seen. */
const gain = Float32Array.from({ length: 1000 }, (_, step) => 10 ** ((step / 100 - 6) / 4));
const truth = { visibleSpans, gain, stepSeconds: 0.01, spans: [] };

describe('measureCurve', () => {
  it('gives full marks to a curve that is high where the thing is and rises as it swells', () => {
    const curve = timesSeconds.map((seconds) => (seconds >= 2 && seconds < 6 ? 0.5 + seconds / 20 : 0.2));
    const figures = measureCurve(timesSeconds, curve, truth);
    expect(figures.area).toBe(1);
    // the level in dB is a line over time, as the curve is; truth.gain holds float32
    expect(figures.gainCorrelation).toBeCloseTo(1, 4);
    expect(figures.seenValues).toHaveLength(16);
    expect(figures.unseenValues).toHaveLength(24);
    expect(Math.min(...figures.seenValues)).toBeGreaterThan(Math.max(...figures.unseenValues));
  });

  it('has nothing to say of a thing that stays, equally loud', () => {
    const still = { ...truth, visibleSpans: [{ startSeconds: 0, endSeconds: 10 }], gain: gain.map(() => 1) };
    const figures = measureCurve(
      timesSeconds,
      timesSeconds.map(() => 0.3),
      still,
    );
    expect(figures).toMatchObject({ area: null, gainCorrelation: null, unseenValues: [] });
  });
});

describe('measureSpans', () => {
  it('bridges the pauses of a sound, which nothing in the picture shows', () => {
    const barks = [2, 2.5, 3, 3.5].map((startSeconds) => ({ startSeconds, endSeconds: startSeconds + 0.3 }));
    const figures = measureSpans([{ startSeconds: 2, endSeconds: 3.8 }], { visibleSpans, spans: barks }, 10);
    expect(figures.soundingIou).toBeCloseTo(1, 9);
    expect(figures.visibleIou).toBeCloseTo(1.8 / 4, 9);
    expect(figures.offsetSeconds).toBeCloseTo(2.2, 9);
    expect(figures.offShare).toBe(1);
  });

  it('compares nothing with a silent thing', () => {
    expect(measureSpans([], truth, 10).soundingIou).toBeNull();
  });
});
