import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  activityOverlap,
  envelopeCorrelation,
  levelContrast,
  spanOverlap,
} from '../../src/evaluation/index.js';
import { lcgNoise } from './golden-metrics.js';

const rateHz = 16_000;
const spans = [
  { startSeconds: 1, endSeconds: 2.5 },
  { startSeconds: 4, endSeconds: 5 },
];

/** Noise whose amplitude follows a function of time. */
function shapedNoise(seconds: number, amplitude: (seconds: number) => number, seed = 1): Float32Array {
  return Float32Array.from(lcgNoise(seconds * rateHz, seed), (value, at) => value * amplitude(at / rateHz));
}
const isOn = (seconds: number) =>
  spans.some((span) => seconds >= span.startSeconds && seconds < span.endSeconds);

describe('levelContrast', () => {
  it.each([6, 20, 40])('measures %s dB', (decibels) => {
    const samples = shapedNoise(6, (t) => (isOn(t) ? 0.3 : 0.3 * 10 ** (-decibels / 20)));
    // The level of 160 samples of uniform noise has a standard deviation of 0.3 dB; the median of a hundred, 0.04 dB.
    expect(levelContrast(samples, rateHz, spans)!.contrastDb).toBeCloseTo(decibels, 0);
  });

  it('counts digital silence as the floor', () => {
    const samples = shapedNoise(6, (t) => (isOn(t) ? 0.1 : 0));
    const contrast = levelContrast(samples, rateHz, spans, { floorDbfs: -60 })!;
    expect(contrast.outsideDb).toBe(-60);
    expect(contrast.insideDb).toBeCloseTo(20 * Math.log10(0.1 / Math.sqrt(3)), 0);
  });

  it('has no figure where there is no inside or no outside', () => {
    const samples = shapedNoise(2, () => 0.1);
    expect(levelContrast(samples, rateHz, [])).toBeNull();
    expect(levelContrast(samples, rateHz, [{ startSeconds: 0, endSeconds: 2 }])).toBeNull();
  });

  it('leaves out what decays within the guard', () => {
    const samples = shapedNoise(6, (t) => (isOn(t) || isOn(t - 0.08) ? 0.3 : 0.003));
    expect(levelContrast(samples, rateHz, spans)!.contrastDb).toBeCloseTo(40, 0);
  });
});

describe('spanOverlap', () => {
  it('counts seconds in both over seconds in either', () => {
    const overlap = spanOverlap([{ startSeconds: 2, endSeconds: 4.5 }], spans, 6);
    expect(overlap.intersectionOverUnion).toBeCloseTo(1 / 4, 12); // 1 s of 2.5 + 2.5 - 1
    expect(overlap.precision).toBeCloseTo(1 / 2.5, 12);
    expect(overlap.recall).toBeCloseTo(1 / 2.5, 12);
  });

  it('is symmetric, 1 for the same spans, and within 0 and 1', () => {
    const anySpans = fc.array(
      fc.tuple(fc.double({ min: 0, max: 9, noNaN: true }), fc.double({ min: 0.01, max: 3, noNaN: true })),
      { maxLength: 5 },
    );
    const toSpans = (pairs: [number, number][]) =>
      pairs.map(([start, length]) => ({ startSeconds: start, endSeconds: start + length }));
    fc.assert(
      fc.property(anySpans, anySpans, (first, second) => {
        const [a, b] = [toSpans(first), toSpans(second)];
        const overlap = spanOverlap(a, b, 10).intersectionOverUnion;
        expect(spanOverlap(b, a, 10).intersectionOverUnion).toBeCloseTo(overlap, 12);
        expect(spanOverlap(a, a, 10).intersectionOverUnion).toBeCloseTo(1, 12);
        expect(overlap).toBeGreaterThanOrEqual(0);
        expect(overlap).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });

  it('has no precision for silence and no recall without spans', () => {
    expect(spanOverlap([], spans, 6)).toEqual({ intersectionOverUnion: 0, precision: null, recall: 0 });
    expect(spanOverlap([], [], 6)).toEqual({ intersectionOverUnion: 1, precision: null, recall: null });
  });
});

describe('activityOverlap', () => {
  it('is nearly 1 for a sound that keeps to its spans, and low for one that does not', () => {
    const kept = shapedNoise(6, (t) => (isOn(t) ? 0.3 : 0));
    const always = shapedNoise(6, () => 0.3);
    // The gate works in steps of 10 ms: four edges of 2.5 s of sound.
    expect(activityOverlap(kept, rateHz, spans).intersectionOverUnion).toBeGreaterThan(0.97);
    expect(activityOverlap(always, rateHz, spans).intersectionOverUnion).toBeCloseTo(2.5 / 6, 2);
  });
});

describe('envelopeCorrelation', () => {
  const passBy = (t: number) => 1 / Math.hypot(1, (t - 3) * 2);
  const timesSeconds = Array.from({ length: 61 }, (_, at) => at / 10);
  const truth = { timesSeconds, gains: timesSeconds.map(passBy) };

  it('is near 1 for the true gain, near -1 for its reverse', () => {
    const faithful = envelopeCorrelation(shapedNoise(6, passBy), rateHz, truth);
    const reversed = envelopeCorrelation(
      shapedNoise(6, (t) => 0.1 / passBy(t)),
      rateHz,
      truth,
    );
    // Level measured over 0.25 s of noise: errors of 0.1 dB, and the peak is rounded by the window.
    expect(faithful.amplitude).toBeGreaterThan(0.97);
    expect(faithful.decibel).toBeGreaterThan(0.97);
    expect(reversed.decibel).toBeLessThan(-0.97);
  });

  it('does not depend on the overall level', () => {
    const loud = envelopeCorrelation(shapedNoise(6, passBy), rateHz, truth);
    const soft = envelopeCorrelation(
      shapedNoise(6, (t) => passBy(t) / 64),
      rateHz,
      truth,
    );
    expect(soft.amplitude).toBeCloseTo(loud.amplitude!, 6);
  });

  it('takes everything far below the loudest for equally quiet', () => {
    const isThere = (t: number) => t > 1 && t < 5;
    const cut = { timesSeconds, gains: timesSeconds.map((t) => (isThere(t) ? passBy(t) : 0)) };
    const sound = shapedNoise(6, (t) => (isThere(t) ? passBy(t) : 0.0005)); // 60 dB down, where the truth is 0
    expect(envelopeCorrelation(sound, rateHz, cut, { rangeDb: 30 }).decibel).toBeGreaterThan(0.95);
  });

  it('looks only where it is told, and is null where nothing varies', () => {
    const within = [{ startSeconds: 0, endSeconds: 3 }];
    const half = shapedNoise(6, (t) => (t < 3 ? passBy(t) : 0.5));
    expect(envelopeCorrelation(half, rateHz, truth, { within }).decibel).toBeGreaterThan(0.95);
    expect(envelopeCorrelation(new Float32Array(rateHz), rateHz, truth)).toEqual({
      amplitude: null,
      decibel: null,
    });
    expect(() => envelopeCorrelation(half, rateHz, { timesSeconds: [], gains: [] })).toThrow(/gain curve/);
  });
});
