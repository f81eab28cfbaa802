import { describe, expect, it } from 'vitest';
import {
  dopplerAgreement,
  logSpectralDistance,
  melDistance,
  multiResolutionStftDistance,
} from '../../src/evaluation/index.js';
import { clicks, golden, lcgNoise } from './golden-metrics.js';

const rateHz = 16_000;

describe('spectral distances', () => {
  const x = clicks(rateHz, 1, [0.1, 0.5], 3);
  const y = clicks(rateHz, 1, [0.1, 0.52], 4);

  it('are those of torch and librosa', () => {
    const distance = multiResolutionStftDistance(x, y);
    expect(distance.spectralConvergence).toBeCloseTo(golden.spectral.convergence, 7); // doubles on both sides
    expect(distance.logMagnitude).toBeCloseTo(golden.spectral.magnitude, 7);
    expect(logSpectralDistance(x, y)).toBeCloseTo(golden.spectral.logSpectral, 4); // librosa's window is float32
  });

  it('are 0 for the same sound, and know a gain', () => {
    expect(multiResolutionStftDistance(x, x).total).toBe(0);
    expect(logSpectralDistance(x, x)).toBe(0);
    expect(melDistance(x, x)).toBe(0);
    const louder = x.map((value) => value * Math.SQRT2);
    const noise = Float32Array.from(lcgNoise(rateHz, 9));
    const louderNoise = noise.map((value) => value * Math.SQRT2);
    expect(multiResolutionStftDistance(louder, x).spectralConvergence).toBeCloseTo(Math.SQRT2 - 1, 5);
    expect(logSpectralDistance(louderNoise, noise)).toBeCloseTo(10 * Math.log10(2), 3);
    expect(melDistance(louderNoise, noise)).toBeCloseTo(Math.log(2) / 2, 3);
  });

  it('refuse sounds of unequal length', () => {
    expect(() => melDistance(x, y.slice(1))).toThrow(/16000 samples against 15999/);
    expect(() => logSpectralDistance(x, y.slice(1))).toThrow(/16000 samples against 15999/);
  });
});

describe('dopplerAgreement', () => {
  const speedOfSound = 343;
  const closest = 4;
  const distance = (t: number, speed: number) => Math.hypot(5, speed * (t - closest));

  /** A harmonic or a noisy source that drives past, heard with the delay of its way, its gain and its Doppler shift. */
  function passBy(speed: number, source: (seconds: number) => number): Float32Array {
    return Float32Array.from({ length: 8 * rateHz }, (_, at) => {
      const t = at / rateHz;
      let emitted = t;
      for (let step = 0; step < 6; step++) emitted = t - distance(emitted, speed) / speedOfSound;
      return (source(emitted) * 5) / distance(emitted, speed);
    });
  }

  function velocityOf(speed: number) {
    const timesSeconds = Array.from({ length: 81 }, (_, at) => at / 10);
    const metresPerSecond = timesSeconds.map((t) => (speed * speed * (t - closest)) / distance(t, speed));
    return { timesSeconds, metresPerSecond };
  }

  const hum = (t: number) =>
    [1, 2, 3, 4, 5, 7].reduce(
      (sum, harmonic) => sum + Math.sin(2 * Math.PI * 170 * harmonic * t) / harmonic,
      0,
    ) / 8;
  const noise = lcgNoise(16 * rateHz, 5);
  const resonance = new Float64Array(noise.length);
  for (let at = 2; at < noise.length; at++) {
    resonance[at] = 1.9 * resonance[at - 1]! - 0.98 * resonance[at - 2]! + 0.02 * noise[at]!; // rings near 730 Hz
  }
  const rumble = (t: number) => {
    const position = (t + 4) * rateHz;
    const whole = Math.floor(position);
    const share = position - whole;
    return resonance[whole]! * (1 - share) + resonance[whole + 1]! * share + 0.01 * noise[whole]!;
  };

  it.each([10, 20, 30])('measures the fall of a hum that passes at %s m/s', (speed) => {
    const found = dopplerAgreement(passBy(speed, hum), rateHz, velocityOf(speed))!;
    expect(found.hasRightSign).toBe(true);
    expect(found.expectedSemitones).toBeLessThan(-0.8);
    // One point of the grid is 0.125 semitones; within the averaged stretches the shift still changes a little.
    expect(Math.abs(found.measuredSemitones - found.expectedSemitones)).toBeLessThan(0.2);
    expect(found.confidence).toBeGreaterThan(0.5);
  });

  it('tells the direction for a resonant noise', () => {
    const found = dopplerAgreement(passBy(30, rumble), rateHz, velocityOf(30))!;
    expect(found.hasRightSign).toBe(true);
    expect(Math.abs(found.measuredSemitones - found.expectedSemitones)).toBeLessThan(0.8);
  });

  it('is not taken in by a spectrum that grows dull', () => {
    const passing = passBy(30, rumble);
    let smoothed = 0;
    const dull = passing.map((value, at) => {
      smoothed += (at < closest * rateHz ? 1 : 0.15) * (value - smoothed); // air, behind the source
      return smoothed;
    });
    const sharp = dopplerAgreement(passing, rateHz, velocityOf(30))!;
    const found = dopplerAgreement(dull, rateHz, velocityOf(30))!;
    expect(Math.abs(found.measuredSemitones - sharp.measuredSemitones)).toBeLessThan(0.15);
  });

  it('is not taken in by gain, or by a pitch that rises', () => {
    const still = Float32Array.from(
      { length: 8 * rateHz },
      (_, at) => (hum(at / rateHz) * 5) / distance(at / rateHz, 20),
    );
    expect(dopplerAgreement(still, rateHz, velocityOf(20))!.hasRightSign).toBe(false);
    const backwards = passBy(20, hum).reverse();
    expect(dopplerAgreement(backwards, rateHz, velocityOf(20))!.measuredSemitones).toBeGreaterThan(0.8);
  });

  it('has no figure for a source that stays, and none for silence', () => {
    const velocity = { timesSeconds: [0, 8], metresPerSecond: [0, 0] };
    expect(dopplerAgreement(passBy(20, hum), rateHz, velocity)).toBeNull();
    expect(dopplerAgreement(new Float32Array(8 * rateHz), rateHz, velocityOf(20))).toBeNull();
    expect(() =>
      dopplerAgreement(new Float32Array(9), rateHz, { timesSeconds: [], metresPerSecond: [] }),
    ).toThrow(/curve/);
  });
});
