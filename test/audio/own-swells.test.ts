import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownSwells } from '../../src/audio/own-swells.js';
import { seededRandom } from '../../src/data/seeded-random.js';

const rateHz = 4000;
const stepSeconds = 0.02;

/** Noise of a level in dB that is told for each second. */
function noise(seconds: number, levelDbAt: (seconds: number) => number): Float32Array {
  const random = seededRandom('swells');
  return Float32Array.from({ length: seconds * rateHz }, (_, index) => {
    const level = levelDbAt(index / rateHz);
    return level === Number.NEGATIVE_INFINITY ? 0 : 0.1 * 10 ** (level / 20) * random.normal();
  });
}

const at = (swells: Float64Array, seconds: number) => swells[Math.round(seconds / stepSeconds)]!;

describe('the own swells of a sound', () => {
  it('are its slow level against its usual one', () => {
    const swells = ownSwells(
      noise(12, (seconds) => (seconds > 5 && seconds < 7 ? 8 : 0)),
      rateHz,
      stepSeconds,
    );
    expect(swells).toHaveLength(601);
    // half a dB: the level of noise over 0.3 s wavers by so much
    expect(Math.abs(at(swells, 2))).toBeLessThan(0.6);
    expect(Math.abs(at(swells, 6) - 8)).toBeLessThan(0.6);
  });

  it('leave quick changes alone', () => {
    const swells = ownSwells(
      noise(6, (seconds) => (seconds % 0.1 < 0.05 ? 0 : -15)),
      rateHz,
      stepSeconds,
    );
    for (const swell of swells) expect(Math.abs(swell)).toBeLessThan(1);
  });

  it('do not take a beginning or an end for quiet, and silence has those of the nearest sound', () => {
    const swells = ownSwells(
      noise(9, (seconds) => (seconds < 3 || seconds > 6 ? Number.NEGATIVE_INFINITY : 0)),
      rateHz,
      stepSeconds,
    );
    for (const seconds of [0, 2.9, 3.05, 4.5, 5.95, 6.1, 9])
      expect(Math.abs(at(swells, seconds))).toBeLessThan(0.8);
  });

  it('are not evened out without end, and none in silence', () => {
    const swells = ownSwells(
      noise(10, (seconds) => (seconds < 2 ? 25 : 0)),
      rateHz,
      stepSeconds,
    );
    expect(at(swells, 0.5)).toBe(20);
    expect(ownSwells(new Float32Array(rateHz), rateHz, stepSeconds)).toEqual(new Float64Array(51));
  });

  it('do not depend on how loud the sound is', () => {
    fc.assert(
      fc.property(fc.double({ min: -60, max: 20, noNaN: true }), (gainDb) => {
        const wave = noise(2, (seconds) => 6 * seconds);
        const gain = 10 ** (gainDb / 20);
        const [plain, turned] = [wave, wave.map((sample) => sample * gain)].map((samples) =>
          ownSwells(samples, rateHz, stepSeconds),
        );
        // float32 samples are rounded to 1 part in 10 million
        turned!.forEach((swell, step) => {
          expect(swell).toBeCloseTo(plain![step]!, 4);
        });
      }),
      { numRuns: 20 },
    );
  });
});
