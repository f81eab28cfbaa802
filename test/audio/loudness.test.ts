import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { integratedLoudness, measureLoudness } from '../../src/audio/loudness.js';
import { normaliseLoudness } from '../../src/audio/normalise-loudness.js';
import { truePeak, truePeakDbtp } from '../../src/audio/true-peak.js';
import { createWave, decibelsToAmplitude, samplePeak, silence, type Wave } from '../../src/audio/wave.js';
import { maxDifference, sine } from './golden.js';

interface GoldenCase {
  readonly seconds: number;
  readonly rate: number;
  readonly channels: number;
  readonly integratedLufs: number;
  readonly momentaryLufs: readonly number[];
  readonly truePeak64: number;
}
const cases = JSON.parse(await readFile('test/golden/audio/loudness.json', 'utf8')) as GoldenCase[];

/** The signal of reference/audio/loudness.py. */
function steps({ seconds, rate, channels }: GoldenCase): Wave {
  const length = Math.round(seconds * rate);
  return createWave(
    rate,
    Array.from({ length: channels }, (_, c) =>
      Float32Array.from({ length }, (_, i) => {
        const t = i / rate;
        const level = t < seconds * 0.4 ? 0.5 : t < seconds * 0.7 ? 0.05 : 0.0002;
        return (
          level * Math.sin(2 * Math.PI * 110 * 3 ** c * t) + 0.2 * level * Math.sin(2 * Math.PI * 2500 * t)
        );
      }),
    ),
  );
}

/** Stereo 1 kHz at the given peak levels (dBFS), one after the other, as EBU Tech 3341 and 3342 ask. */
function tones(rate: number, ...parts: readonly (readonly [seconds: number, dbfs: number])[]): Wave {
  const channel = Float32Array.from(
    parts.flatMap(([seconds, dbfs]) => [
      ...sine(1000, rate, Math.round(seconds * rate), decibelsToAmplitude(dbfs)),
    ]),
  );
  return createWave(rate, [channel, channel]);
}

describe('measureLoudness', () => {
  test.each(cases)(
    'agrees with pyloudnorm: $seconds s, $rate Hz, $channels channels (reference/audio/loudness.py)',
    (wanted) => {
      const measured = measureLoudness(steps(wanted));
      // pyloudnorm rounds three of its filter constants to 12 digits; both work in double precision otherwise.
      expect(measured.integratedLufs).toBeCloseTo(wanted.integratedLufs, 6);
      expect(measured.momentaryLufs.length).toBe(wanted.momentaryLufs.length);
      expect(maxDifference(measured.momentaryLufs, wanted.momentaryLufs)).toBeLessThan(1e-6);
    },
  );

  // EBU Tech 3341 (2016), table 1; its tolerance is 0.1 LU.
  test.each([
    ['case 1', [[20, -23]], -23],
    ['case 2', [[20, -33]], -33],
    [
      'case 3',
      [
        [10, -36],
        [60, -23],
        [10, -36],
      ],
      -23,
    ],
    [
      'case 4',
      [
        [10, -72],
        [10, -36],
        [60, -23],
        [10, -36],
        [10, -72],
      ],
      -23,
    ],
    [
      'case 5',
      [
        [20, -26],
        [20.1, -20],
        [20, -26],
      ],
      -23,
    ],
  ] as const)('EBU Tech 3341 %s', (_, parts, wanted) => {
    expect(Math.abs(integratedLoudness(tones(16_000, ...parts)) - wanted)).toBeLessThan(0.1);
  });

  // EBU Tech 3342 (2016), table 1; its tolerance is 1 LU.
  test.each([
    [
      [
        [20, -20],
        [20, -30],
      ],
      10,
    ],
    [
      [
        [20, -20],
        [20, -15],
      ],
      5,
    ],
    [
      [
        [20, -40],
        [20, -20],
      ],
      20,
    ],
    [
      [
        [20, -50],
        [20, -35],
        [20, -20],
        [20, -35],
        [20, -50],
      ],
      15,
    ],
  ] as const)('EBU Tech 3342 %j', (parts, wanted) => {
    expect(Math.abs(measureLoudness(tones(8000, ...parts)).rangeLu - wanted)).toBeLessThan(1);
  });

  test('short-term values stand for 3 s each', () => {
    const { shortTermLufs } = measureLoudness(tones(8000, [4, -23], [4, -33]));
    expect(shortTermLufs.length).toBe(51);
    expect(shortTermLufs[0]).toBeCloseTo(-23, 1);
    expect(shortTermLufs[50]).toBeCloseTo(-33, 1);
  });

  test('a mono tone is 3 LU below the same tone in two channels', () => {
    const stereo = tones(16_000, [2, -20]);
    const mono = createWave(16_000, [stereo.channels[0]!]);
    expect(integratedLoudness(stereo) - integratedLoudness(mono)).toBeCloseTo(10 * Math.log10(2), 10);
  });

  test('silence and nothing are minus infinity; a clip shorter than a block is measured whole', () => {
    expect(integratedLoudness(silence(2, 16_000))).toBe(Number.NEGATIVE_INFINITY);
    expect(integratedLoudness(silence(0, 16_000))).toBe(Number.NEGATIVE_INFINITY);
    expect(integratedLoudness(tones(16_000, [0.2, -23]))).toBeCloseTo(-23, 0);
  });

  test('refuses channel layouts it would have to guess', () => {
    expect(() => integratedLoudness(silence(1, 8000, 8))).toThrow(/8 channels/);
  });
});

describe('true peak', () => {
  test.each(cases)(
    'is within 0.1 dB of 64x oversampling: $rate Hz (reference/audio/loudness.py)',
    (wanted) => {
      expect(Math.abs(20 * Math.log10(truePeak(steps(wanted)) / wanted.truePeak64))).toBeLessThan(0.1);
    },
  );

  // EBU Tech 3341, cases 15 to 19: allowed +0.2 and -0.4 dB.
  test.each([
    [4, 0],
    [4, 45],
    [6, 60],
    [8, 67.5],
  ])('a sine of rate / %d at %d degrees has its amplitude as true peak', (divisor, degrees) => {
    const samples = Float32Array.from({ length: 48_000 }, (_, i) => {
      const fade = Math.min(1, i / 2400, (47_999 - i) / 2400); // a hard start would overshoot by itself
      return fade * 0.5 * Math.sin((2 * Math.PI * i) / divisor + (degrees * Math.PI) / 180);
    });
    const error = truePeakDbtp(createWave(48_000, [samples])) - 20 * Math.log10(0.5);
    expect(error).toBeLessThan(0.2);
    expect(error).toBeGreaterThan(-0.4);
  });

  test('is never below the sample peak, wherever that lies', () => {
    for (const at of [0, 1, 15, 16, 17, 38, 39]) {
      const samples = new Float32Array(40);
      samples[at] = -0.7;
      const wave = createWave(8000, [samples]);
      expect(truePeak(wave)).toBeGreaterThanOrEqual(samplePeak(wave));
      expect(truePeak(wave)).toBeLessThan(0.71);
    }
    expect(truePeak(createWave(8000, [Float32Array.of(0.25)]))).toBeCloseTo(0.25, 6);
    expect(truePeak(silence(0, 8000))).toBe(0);
  });
});

describe('normaliseLoudness', () => {
  const wave = tones(16_000, [2, -30]);

  test('reaches the target, and says what it did', () => {
    const result = normaliseLoudness(wave, { targetLufs: -23, maxTruePeakDbtp: -1 });
    expect(result.limitedBy).toBe('target');
    expect(result.gainDb).toBeCloseTo(7, 1);
    expect(integratedLoudness(result.wave)).toBeCloseTo(-23, 4); // float32 samples
    expect(integratedLoudness(result.wave)).toBeCloseTo(result.integratedLufs, 4);
  });

  test('stops at the ceiling', () => {
    const result = normaliseLoudness(wave, { targetLufs: 10, maxTruePeakDbtp: -1 });
    expect(result.limitedBy).toBe('true-peak');
    expect(truePeakDbtp(result.wave)).toBeCloseTo(-1, 4);
  });

  test('stops at the gain limit, and leaves silence alone', () => {
    expect(normaliseLoudness(wave, { targetLufs: -10, maxTruePeakDbtp: 0, maxGainDb: 6 })).toMatchObject({
      limitedBy: 'max-gain',
      gainDb: 6,
    });
    const quiet = silence(1, 8000);
    expect(normaliseLoudness(quiet, { targetLufs: -23, maxTruePeakDbtp: -1 })).toMatchObject({
      wave: quiet,
      limitedBy: 'silence',
    });
  });
});
