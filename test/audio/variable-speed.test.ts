import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { panOverTime } from '../../src/audio/moving-pan.js';
import { readAt } from '../../src/audio/variable-speed.js';
import { createWave } from '../../src/audio/wave.js';

const rateHz = 16000;
const sine = (hertz: number, seconds: number): Float32Array =>
  Float32Array.from({ length: seconds * rateHz }, (_, index) =>
    Math.sin((2 * Math.PI * hertz * index) / rateHz),
  );

/** Frequency between the first and last upward zero crossing inside a stretch. */
function measuredHertz(samples: Float32Array, fromSeconds: number, toSeconds: number): number {
  const crossings: number[] = [];
  for (let index = Math.round(fromSeconds * rateHz); index < toSeconds * rateHz; index++) {
    const [before, after] = [samples[index - 1]!, samples[index]!];
    if (before < 0 && after >= 0) crossings.push(index - after / (after - before));
  }
  return ((crossings.length - 1) * rateHz) / (crossings.at(-1)! - crossings[0]!);
}

const power = (samples: Float32Array): number =>
  samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;

describe('reading at another place', () => {
  it('gives the original bit for bit where the place is the sample itself', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ minLength: 1, maxLength: 300, min: -1, max: 1, noNaN: true }),
        (samples) => {
          const same = readAt(createWave(rateHz, [samples]), (index) => index).channels[0]!;
          // adding 0 turns -0 to 0, which no file tells apart
          expect(same.map((value) => value + 0)).toEqual(samples.map((value) => value + 0));
        },
      ),
    );
  });
  it('delays by whole samples exactly, and by parts of one as theory has it', () => {
    const wave = createWave(rateHz, [sine(440, 0.5)]);
    const whole = readAt(wave, (index) => index - 100).channels[0]!;
    expect(whole.subarray(100)).toEqual(wave.channels[0]!.subarray(0, -100));
    const part = readAt(wave, (index) => index - 0.37).channels[0]!;
    for (const index of [2000, 3001, 5555]) {
      const expected = Math.sin((2 * Math.PI * 440 * (index - 0.37)) / rateHz);
      expect(Math.abs(part[index]! - expected)).toBeLessThan(1e-5); // -100 dB: the table's lines
    }
  });
  it.each([0.8, 0.97, 1.03, 1.25])('plays a sine %f times as fast', (speed) => {
    const made = readAt(createWave(rateHz, [sine(1000, 1)]), (index) => speed * index).channels[0]!;
    // a crossing found by a line between samples is off by less than a hundredth of one in some 500 periods
    expect(measuredHertz(made, 0.1, 0.6) / 1000).toBeCloseTo(speed, 4);
    expect(power(made.subarray(1600, 9600))).toBeCloseTo(0.5, 3);
  });
  it('takes out what would fold back', () => {
    const high = createWave(rateHz, [sine(7600, 0.5)]);
    const made = readAt(high, (index) => 1.25 * index).channels[0]!;
    // 9500 Hz would come back as 6500 Hz; the filter is 90 dB down there, 1e-9 of the power
    expect(power(made.subarray(1000, 5000))).toBeLessThan(1e-8);
  });
  it('goes on as a mirror image beyond the ends', () => {
    const wave = createWave(rateHz, [Float32Array.from({ length: 50 }, (_, index) => index)]);
    expect([...readAt(wave, (index) => index - 3).channels[0]!.subarray(0, 5)]).toEqual([3, 2, 1, 0, 1]);
  });
  it.each([
    ['stands still', () => 7],
    ['goes back', (index: number) => -index],
    ['jumps', (index: number) => 5 * index],
  ])('is refused where the place %s', (_, placeOf) => {
    expect(() => readAt(createWave(rateHz, [new Float32Array(9)]), placeOf)).toThrow('cannot be played');
  });
});

describe('a pan that moves', () => {
  it('keeps the power, and is where it should be', () => {
    const wave = createWave(rateHz, [sine(500, 1)]);
    const [left, right] = panOverTime(wave, (seconds) => 2 * seconds - 1).channels as [
      Float32Array,
      Float32Array,
    ];
    const largest = wave.channels[0]!.reduce(
      (most, sample, index) =>
        Math.max(most, Math.abs(Math.hypot(left[index]!, right[index]!) - Math.abs(sample))),
      0,
    );
    expect(largest).toBeLessThan(1e-6);
    const balance = (from: number) => {
      const part = (samples: Float32Array) => power(samples.subarray(from * rateHz, (from + 0.02) * rateHz));
      return (part(right) - part(left)) / (part(right) + part(left));
    };
    // the difference of the squares is the sine of a quarter turn times the pan
    for (const from of [0, 0.24, 0.49, 0.74])
      expect(balance(from)).toBeCloseTo(Math.sin(((2 * (from + 0.01) - 1) * Math.PI) / 2), 2);
  });
  it('needs a mono sound', () => {
    const stereo = createWave(rateHz, [new Float32Array(2), new Float32Array(2)]);
    expect(() => panOverTime(stereo, () => 0)).toThrow('only a mono sound');
  });
});
