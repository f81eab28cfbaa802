import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as wave from '../../src/audio/wave.js';

const stereo = wave.createWave(4, [Float32Array.of(1, 0.5, -1), Float32Array.of(0, 0.5, 0)]);

describe('wave', () => {
  test('refuses unequal channels, no channel, and odd rates', () => {
    expect(() => wave.createWave(4, [new Float32Array(2), new Float32Array(3)])).toThrow(/channel 1 has 3/);
    expect(() => wave.createWave(4, [])).toThrow(/at least one/);
    for (const rate of [0, -1, 1.5, Number.NaN])
      expect(() => wave.createWave(rate, [new Float32Array(1)])).toThrow(/rate/);
  });

  test('mixdown is the mean', () => {
    expect([...wave.mixdown(stereo).channels[0]!]).toEqual([0.5, 0.5, -0.5]);
  });

  test('fitSeconds is exact for every length', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (length, seconds) => {
          const fitted = wave.fitSeconds(wave.createWave(10, [new Float32Array(length).fill(1)]), seconds);
          expect(wave.sampleCount(fitted)).toBe(Math.round(seconds * 10));
          expect(fitted.channels[0]!.reduce((sum, x) => sum + x, 0)).toBe(
            Math.min(length, Math.round(seconds * 10)),
          );
        },
      ),
    );
  });

  test('gain is in decibels, and minus infinity is silence', () => {
    expect(wave.samplePeak(wave.gain(stereo, -20))).toBeCloseTo(0.1, 6);
    expect(wave.samplePeak(wave.gain(stereo, Number.NEGATIVE_INFINITY))).toBe(0);
    expect(wave.amplitudeToDecibels(wave.decibelsToAmplitude(-7.5))).toBeCloseTo(-7.5, 10);
  });

  test('normalisePeak reaches the peak and leaves silence alone', () => {
    expect(wave.samplePeak(wave.normalisePeak(stereo, 0.95))).toBeCloseTo(0.95, 6);
    expect(wave.samplePeak(wave.normalisePeak(wave.silence(1, 4), 0.95))).toBe(0);
  });

  test('cut clamps to the wave', () => {
    expect([...wave.cut(stereo, 1, 99).channels[0]!]).toEqual([0.5, -1]);
    expect(wave.sampleCount(wave.cut(stereo, 5, 2))).toBe(0);
  });

  test('refuses negative and infinite durations', () => {
    for (const seconds of [-1, Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(() => wave.silence(seconds, 4)).toThrow(/duration/);
    }
  });
});
