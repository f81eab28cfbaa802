import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createResampler, resample } from '../../src/audio/resample.js';
import { createWave } from '../../src/audio/wave.js';
import { golden, maxDifference, sine } from './golden.js';

/** Root mean square without the first and last tenth, where the filter sees the silence around the signal. */
function innerRms(samples: Float32Array): number {
  const edge = Math.round(samples.length / 10);
  const inner = samples.subarray(edge, samples.length - edge);
  return Math.sqrt(inner.reduce((sum, x) => sum + x * x, 0) / inner.length);
}

const decibels = (ratio: number) => 20 * Math.log10(ratio);

describe('resample', () => {
  test.each([
    [44_100, 16_000],
    [16_000, 44_100],
    [22_050, 16_000],
    [48_000, 16_000],
    [16_000, 48_000],
  ])('%d to %d Hz agrees with scipy.signal.upfirdn (reference/audio/resample.py)', async (fromHz, toHz) => {
    const read = await golden('resample');
    const out = createResampler(fromHz, toHz).resample((await read(`in-${fromHz}-${toHz}`)).data);
    // Both compute in double precision; what differs is the last float32 rounding of samples below 1.
    expect(maxDifference(out, (await read(`out-${fromHz}-${toHz}`)).data)).toBeLessThan(1.2e-7);
  });

  test.each([
    [44_100, 16_000, 1000],
    [44_100, 16_000, 7000],
    [16_000, 44_100, 7000],
    [16_000, 48_000, 7150],
    [48_000, 44_100, 19_000],
    [44_101, 16_000, 440],
  ])('%d to %d Hz keeps a sine of %d Hz in frequency, phase and level', (fromHz, toHz, hz) => {
    const out = createResampler(fromHz, toHz).resample(sine(hz, fromHz, fromHz >> 2));
    const wanted = sine(hz, toHz, out.length);
    // What is left after subtracting the ideal sine holds every image, alias and level error: below -90 dB.
    expect(decibels(innerRms(out.map((x, i) => x - wanted[i]!)) / innerRms(wanted))).toBeLessThan(-90);
  });

  test.each([
    [44_100, 16_000, 8000],
    [44_100, 16_000, 9000],
    [44_100, 16_000, 15_500],
    [48_000, 16_000, 17_000],
    [16_000, 8000, 4010],
  ])('%d to %d Hz rejects a sine of %d Hz by more than 80 dB', (fromHz, toHz, hz) => {
    const input = sine(hz, fromHz, fromHz >> 1);
    const out = createResampler(fromHz, toHz).resample(input);
    expect(decibels(innerRms(out) / innerRms(input))).toBeLessThan(-80);
  });

  test('length is ceil(n to / from), and a constant stays constant, for any pair of rates', () => {
    const rates = fc.integer({ min: 1000, max: 3000 });
    fc.assert(
      fc.property(rates, rates, fc.integer({ min: 0, max: 700 }), (fromHz, toHz, length) => {
        const out = createResampler(fromHz, toHz).resample(new Float32Array(length).fill(0.5));
        expect(out.length).toBe(Math.ceil((length * toHz) / fromHz));
        const middle = out[out.length >> 1];
        if (length > 600) expect(middle).toBeCloseTo(0.5, 4); // 300 samples on each side exceed the filter's reach of 192
      }),
      { numRuns: 40 },
    );
  });

  test('a wave at its own rate is returned as it is, and channels stay apart', () => {
    const stereo = createWave(8000, [sine(100, 8000, 800), new Float32Array(800)]);
    expect(resample(stereo, 8000)).toBe(stereo);
    const out = resample(stereo, 16_000);
    expect(out.sampleRateHz).toBe(16_000);
    expect(Math.max(...out.channels[1]!)).toBe(0);
    expect(out.channels[0]!.length).toBe(1600);
  });

  test.each([0, -1, 1.5, Number.NaN])('refuses a rate of %d', (rate) => {
    expect(() => createResampler(rate, 16_000)).toThrow(/cannot resample/);
  });
});
