import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  averagePrecision,
  condFoleyGenDelta,
  condFoleyGenSampleRateHz,
  condFoleyGenScore,
  detectOnsets,
  matchOnsets,
  onsetSeconds,
} from '../../src/evaluation/index.js';
import { clicks, golden } from './golden-metrics.js';

describe('detectOnsets', () => {
  it.each(golden.onsets)('finds what librosa finds at $rate Hz, delta $delta', (expected) => {
    const samples = clicks(expected.rate, 2, expected.times, expected.seed);
    expect(detectOnsets(samples, expected.rate, { delta: expected.delta })).toEqual(expected.onsets);
  });

  it('finds nothing in silence', () => {
    expect(detectOnsets(new Float32Array(16_000), 16_000)).toEqual([]);
  });
});

describe('onsetSeconds', () => {
  it('finds each click once at 16 kHz, where librosa as it stands finds most of them twice', () => {
    const times = [0.5, 1.1, 1.9, 2.6, 3.3];
    const samples = clicks(16_000, 4, times, 3);
    const afterTheStart = (onset: number) => onset > 0.2; // where the noise floor sets in
    expect(matchOnsets(times, onsetSeconds(samples, 16_000).filter(afterTheStart), 0.1).f1).toBe(1);
    const twice = detectOnsets(samples, 16_000).filter((sample) => afterTheStart(sample / 16_000));
    expect(twice.length).toBeGreaterThan(1.5 * times.length);
  });

  it('is what librosa finds at its own rate', () => {
    const samples = clicks(22_050, 3, [0.4, 1.5, 2.2], 5);
    expect(onsetSeconds(samples, 22_050)).toEqual(
      detectOnsets(samples, 22_050).map((sample) => sample / 22_050),
    );
  });
});

/** The largest number of pairs, by trying for each reference onset every free partner or none. */
function bestPairing(reference: readonly number[], found: readonly number[], tolerance: number): number {
  const [first, ...rest] = reference;
  if (first === undefined) return 0;
  let best = bestPairing(rest, found, tolerance);
  found.forEach((onset, at) => {
    if (Math.abs(onset - first) > tolerance + 1e-9) return;
    best = Math.max(best, 1 + bestPairing(rest, found.toSpliced(at, 1), tolerance));
  });
  return best;
}

describe('matchOnsets', () => {
  const times = fc.array(
    fc.integer({ min: 0, max: 20 }).map((step) => step / 20),
    { maxLength: 6 },
  );

  it('pairs as many as can be paired', () => {
    fc.assert(
      fc.property(times, times, (reference, found) => {
        const score = matchOnsets(reference, found, 0.1);
        expect(score.hits).toBe(bestPairing(reference, found, 0.1));
        expect(matchOnsets(found, reference, 0.1).hits).toBe(score.hits);
      }),
    );
  });

  it('gives precision, recall and F1', () => {
    const score = matchOnsets([0.5, 1, 2], [0.55, 1.2], 0.1);
    expect(score).toMatchObject({ hits: 1, precision: 1 / 2, recall: 1 / 3, f1: 2 / 5 });
    expect(matchOnsets([], [])).toMatchObject({ precision: null, recall: null, f1: null });
    expect(matchOnsets([1], [])).toMatchObject({ precision: null, recall: 0, f1: 0 });
    expect(matchOnsets([0.3], [0.2], 0.1).hits).toBe(1); // the tolerance itself counts, rounding or not
    expect(() => matchOnsets([1], [1], -1)).toThrow(/tolerance/);
  });
});

describe('condFoleyGenScore', () => {
  const generated = clicks(condFoleyGenSampleRateHz, 2, [0.2, 0.55, 1.1, 1.5], 1);

  it.each(golden.condFoleyGen)('scores $found against $reference within $delta s', (expected) => {
    const score = condFoleyGenScore(expected.reference, expected.found, generated, expected.delta);
    expect(score.detectionAccuracy).toBeCloseTo(expected.accuracy, 12);
    expect(score.averagePrecision).toBeCloseTo(expected.precision, 9);
    expect(score.hasEqualCount).toBe(expected.reference.length === expected.found.length);
  });

  it('takes a sound for a full match of itself', () => {
    const onsets = detectOnsets(generated, condFoleyGenSampleRateHz, { delta: condFoleyGenDelta });
    expect(onsets.length).toBeGreaterThan(2);
    expect(condFoleyGenScore(onsets, onsets, generated)).toEqual({
      hasEqualCount: true,
      detectionAccuracy: 1,
      averagePrecision: 1,
    });
  });

  it('has no precision where there is no onset, and refuses onsets outside the sound', () => {
    expect(condFoleyGenScore([], [], generated).averagePrecision).toBeNull();
    expect(() => condFoleyGenScore([], [99_999], generated)).toThrow(/outside/);
  });

  it('has the average precision of scikit-learn where confidences are equal', () => {
    const { truth, score, precision } = golden.ties;
    const judged = truth.map((isTrue, at) => ({ isTrue: isTrue === 1, confidence: score[at]! }));
    expect(averagePrecision(judged)).toBeCloseTo(precision, 12);
  });
});
