import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crossfadeGain, fadeIn, fadeOut, joinWaves } from '../../src/audio/crossfade.js';
import { equalPowerPan, mix } from '../../src/audio/mix.js';
import { createWave, cut, samplePeak } from '../../src/audio/wave.js';
import { maxDifference } from './golden.js';

const ones = (length: number, channels = 1, rate = 10) =>
  createWave(
    rate,
    Array.from({ length: channels }, () => new Float32Array(length).fill(1)),
  );

/** Unrelated noise, the same on every run. */
function noise(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

describe('mix', () => {
  test('adds parts where they begin, with their gains', () => {
    const out = mix(
      [
        { wave: ones(3), gainDb: -6.020599913279624 },
        { wave: ones(2), startSeconds: 0.2 },
      ],
      { channelCount: 1 },
    );
    expect([...out.channels[0]!].map((x) => Math.round(x * 1e6) / 1e6)).toEqual([0.5, 0.5, 1.5, 1]);
  });

  test('cuts or fills to the length that is asked for', () => {
    expect([...mix([{ wave: ones(3) }], { channelCount: 1, lengthSamples: 2 }).channels[0]!]).toEqual([1, 1]);
    expect([
      ...mix([{ wave: ones(1), startSeconds: 9 }], { channelCount: 1, lengthSamples: 2 }).channels[0]!,
    ]).toEqual([0, 0]);
  });

  test('pan keeps the power of a mono part', () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 1, noNaN: true }), (pan) => {
        const [left, right] = equalPowerPan(pan);
        expect(left * left + right * right).toBeCloseTo(1, 12);
        const out = mix([{ wave: ones(1), pan }], { channelCount: 2 });
        expect(out.channels[0]![0]).toBeCloseTo(left, 6);
        expect(out.channels[1]![0]).toBeCloseTo(right, 6);
      }),
    );
    expect(equalPowerPan(-1)).toEqual([1, 0]);
    expect(equalPowerPan(1)).toEqual([0, 1]);
  });

  test('a stereo part is balanced, never raised', () => {
    const at = (pan: number) =>
      mix([{ wave: ones(1, 2), pan }], { channelCount: 2 }).channels.map((channel) => channel[0]!);
    expect(at(0)[0]).toBeCloseTo(1, 6);
    expect(at(0)[1]).toBeCloseTo(1, 6);
    expect(at(1)).toEqual([0, 1]);
    expect(at(0.5)[1]).toBe(1);
    expect(at(0.5)[0]).toBeLessThan(0.6);
  });

  test('a mono mix takes the mean of stereo, and minus infinity mutes', () => {
    const wide = createWave(10, [Float32Array.of(1), Float32Array.of(0)]);
    expect(mix([{ wave: wide }], { channelCount: 1 }).channels[0]![0]).toBe(0.5);
    expect(samplePeak(mix([{ wave: wide, gainDb: Number.NEGATIVE_INFINITY }], { channelCount: 2 }))).toBe(0);
  });

  test('refuses what it would have to guess', () => {
    expect(() => mix([], { channelCount: 1 })).toThrow(/at least one/);
    expect(() => mix([{ wave: ones(1) }, { wave: ones(1, 1, 20) }], { channelCount: 1 })).toThrow(
      /10 Hz and 20 Hz/,
    );
    expect(() => mix([{ wave: ones(1), pan: 2 }], { channelCount: 2 })).toThrow(/pan/);
    expect(() => mix([{ wave: ones(1), pan: 0.5 }], { channelCount: 1 })).toThrow(/mono mix cannot pan/);
    expect(() => mix([{ wave: ones(1, 3) }], { channelCount: 2 })).toThrow(/3 channels/);
    expect(() => mix([{ wave: ones(1), gainDb: Number.NaN }], { channelCount: 2 })).toThrow(/gain/);
  });
});

describe('joinWaves', () => {
  test('cutting a signal into overlapping windows and joining them with equal gain gives it back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 4 }), (overlap, count) => {
        const window = 2 * overlap + 7;
        const whole = createWave(10, [noise(count * window - (count - 1) * overlap, 5)]);
        const windows = Array.from({ length: count }, (_, i) =>
          cut(whole, i * (window - overlap), i * (window - overlap) + window),
        );
        const joined = joinWaves(windows, overlap, 'equal-gain');
        expect(maxDifference(joined.channels[0]!, whole.channels[0]!)).toBeLessThan(2e-7);
      }),
    );
  });

  test('unrelated sounds keep their level under equal power', () => {
    const [a, b] = [createWave(10, [noise(4000, 1)]), createWave(10, [noise(4000, 2)])];
    const overlap = joinWaves([a, b], 2000).channels[0]!.subarray(2000, 4000);
    const power = overlap.reduce((sum, x) => sum + x * x, 0) / overlap.length;
    expect(power).toBeCloseTo(1 / 3, 1); // the power of uniform noise
  });

  test('the laws hold everywhere', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (position) => {
        const pair = (law: 'equal-power' | 'equal-gain') =>
          [crossfadeGain(law, position), crossfadeGain(law, 1 - position)] as const;
        const [inPower, outPower] = pair('equal-power');
        expect(inPower ** 2 + outPower ** 2).toBeCloseTo(1, 12);
        const [inGain, outGain] = pair('equal-gain');
        expect(inGain + outGain).toBeCloseTo(1, 12);
      }),
    );
  });

  test('refuses windows that cannot overlap or differ', () => {
    expect(() => joinWaves([ones(5), ones(3), ones(5)], 2)).toThrow(/window 1 of 3 samples/);
    expect(() => joinWaves([ones(5), ones(5, 2)], 1)).toThrow(/window 1 differs/);
    expect(() => joinWaves([], 0)).toThrow(/nothing/);
  });
});

describe('fades', () => {
  test('rise from and fall to silence, and touch nothing else', () => {
    const rising = fadeIn(ones(10), 0.4).channels[0]!;
    const falling = fadeOut(ones(10), 0.4).channels[0]!;
    expect(rising[0]).toBeLessThan(0.05);
    expect([...rising.subarray(4)]).toEqual(new Array(6).fill(1));
    expect([...falling].reverse()).toEqual([...rising]);
    for (let i = 1; i < 4; i++) expect(rising[i]).toBeGreaterThan(rising[i - 1]!);
  });

  test('a fade longer than the wave covers it, one of 0 s does nothing, a negative one is refused', () => {
    expect(samplePeak(fadeIn(ones(3), 99))).toBeLessThan(1);
    expect([...fadeOut(ones(3), 0).channels[0]!]).toEqual([1, 1, 1]);
    expect(() => fadeIn(ones(3), -1)).toThrow(/fade/);
  });
});
