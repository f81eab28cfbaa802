import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  distanceGain,
  dopplerFactor,
  emissionTime,
  equalPowerPan,
  hearMovingSource,
  speedOfSound,
} from '../../src/data/acoustics.js';
import { distanceBetween, positionAt, radialVelocityAt, type Trajectory } from '../../src/data/trajectory.js';

const rate = 16000;
const listener = { x: 0, y: 0, z: 0 };
/** 20 m/s past the listener, 10 m away, nearest at 4 s. */
const pass: Trajectory = {
  type: 'line',
  start: { x: -80, y: 0, z: 10 },
  direction: { x: 1, y: 0, z: 0 },
  speeds: [{ timeSeconds: 0, metresPerSecond: 20 }],
};
const listening = {
  sampleRateHz: rate,
  listener,
  sourceHeightMetres: 0,
  referenceMetres: 10,
  groundReflection: 0,
};
const tone = (time: number): number => Math.sin(2 * Math.PI * 400 * time);

/** Frequency around a time, from the upward zero crossings of 100 ms. */
function frequencyAt(wave: Float32Array, timeSeconds: number): number {
  const crossings: number[] = [];
  for (let index = Math.round((timeSeconds - 0.05) * rate); index < (timeSeconds + 0.05) * rate; index++) {
    const [a, b] = [wave[index]!, wave[index + 1]!];
    if (a < 0 && b >= 0) crossings.push(index + a / (a - b));
  }
  return ((crossings.length - 1) * rate) / (crossings.at(-1)! - crossings[0]!);
}

describe('emissionTime', () => {
  it('solves te = t - |p(te)|/c for any straight flight slower than sound', () => {
    const metres = fc.double({ min: -500, max: 500, noNaN: true });
    fc.assert(
      fc.property(
        metres,
        metres,
        fc.double({ min: 0, max: 150, noNaN: true }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        (x, z, speed, time) => {
          const path: Trajectory = {
            type: 'line',
            start: { x, y: 30, z },
            direction: { x: 0.6, y: 0, z: 0.8 },
            speeds: [{ timeSeconds: 0, metresPerSecond: speed }],
          };
          const emission = emissionTime(path, time, listener, 0);
          // 1e-9 s: the iteration stops when a step is below 1e-10 s, and contracts by at most 150/343 a step.
          expect(emission + distanceBetween(positionAt(path, emission), listener) / speedOfSound).toBeCloseTo(
            time,
            9,
          );
        },
      ),
    );
  });

  it('refuses a source faster than sound', () => {
    const supersonic: Trajectory = { ...pass, direction: { x: 20, y: 0, z: 0 } } as Trajectory;
    expect(() => emissionTime(supersonic, 5, listener, 0)).toThrow('as fast as sound');
  });
});

describe('hearMovingSource', () => {
  const heard = hearMovingSource(tone, pass, 8 * rate, listening);

  it('shifts a tone as the Doppler formula says', () => {
    for (const time of [1, 2.5, 3.5, 4.5, 6, 7.5]) {
      const emission = emissionTime(pass, time, listener, 0);
      const expected = 400 * dopplerFactor(radialVelocityAt(pass, emission, listener));
      // 0.1 %: the pitch changes within the 100 ms over which it is measured.
      expect(frequencyAt(heard.mono, time) / expected).toBeCloseTo(1, 2.7);
    }
    expect(frequencyAt(heard.mono, 1)).toBeGreaterThan(421); // 400 / (1 - 19.7/343) is 424
    expect(frequencyAt(heard.mono, 7.5)).toBeLessThan(380); // 400 / (1 + 19.7/343) is 378
  });

  it('falls off with the inverse of the distance at emission', () => {
    for (const [index, gain] of [...heard.truth.gain.entries()].filter(([index]) => index % 50 === 0)) {
      const emission = emissionTime(pass, index / 100, listener, 0);
      const distance = distanceBetween(positionAt(pass, emission), listener);
      // 1e-4: float32, and linear interpolation within 1 ms.
      expect(gain).toBeCloseTo(10 / distance, 4);
    }
    expect(distanceGain(3, 10)).toBe(1);
    expect(distanceGain(40, 10)).toBe(0.25);
  });

  it('is loudest, and passes from left to right, when the nearest point is heard', () => {
    const nearest = 4 + 10 / speedOfSound;
    const loudest = heard.truth.gain.indexOf(Math.max(...heard.truth.gain)) / 100;
    expect(Math.abs(loudest - nearest)).toBeLessThan(0.011); // the truth is at 100 Hz
    const crossing = heard.truth.pan.findIndex((pan) => pan >= 0) / 100;
    expect(Math.abs(crossing - nearest)).toBeLessThan(0.011);
    expect(heard.truth.radialVelocity[50]!).toBeCloseTo(-19.8, 1);
    expect(heard.truth.radialVelocity[780]!).toBeCloseTo(19.8, 1);
  });

  it('has a gain symmetric in the time of emission', () => {
    for (const offset of [0.5, 1, 2, 3]) {
      const gainAt = (emission: number): number => {
        const arrival = emission + distanceBetween(positionAt(pass, emission), listener) / speedOfSound;
        const at = arrival * 100;
        const low = heard.truth.gain[Math.floor(at)]!;
        return low + (at % 1) * (heard.truth.gain[Math.floor(at) + 1]! - low);
      };
      // 2e-3: linear interpolation of the 100 Hz truth.
      expect(Math.abs(gainAt(4 - offset) - gainAt(4 + offset))).toBeLessThan(2e-3);
    }
  });

  it('keeps the power of the mono sound in left and right', () => {
    for (let index = 0; index < heard.mono.length; index += 997) {
      const power = heard.left[index]! ** 2 + heard.right[index]! ** 2;
      expect(power).toBeCloseTo(heard.mono[index]! ** 2, 5);
    }
    expect(equalPowerPan(-1)).toEqual({ left: 1, right: 0 });
  });

  it('dulls distant sound: a high tone loses more than a low one', () => {
    const level = (hertz: number, metres: number): number => {
      const path: Trajectory = { type: 'still', at: { x: 0, y: 0, z: metres } };
      const { mono } = hearMovingSource((time) => Math.sin(2 * Math.PI * hertz * time), path, rate, {
        ...listening,
        referenceMetres: metres,
      });
      return Math.sqrt(mono.subarray(8000).reduce((sum, value) => sum + value * value, 0) / 8000);
    };
    expect(level(5000, 200) / level(5000, 5)).toBeLessThan(0.6);
    expect(level(200, 200) / level(200, 5)).toBeGreaterThan(0.95);
  });

  it('adds the ground reflection as a second, later copy', () => {
    const click = (time: number): number => (Math.abs(time) < 0.5 / rate ? 1 : 0);
    const path: Trajectory = { type: 'still', at: { x: 0, y: 0, z: 34.3 } };
    const { mono } = hearMovingSource(click, path, 4000, {
      ...listening,
      listener: { x: 0, y: 10, z: 0 },
      sourceHeightMetres: 10,
      groundReflection: 0.5,
    });
    const first = mono.findIndex((value) => Math.abs(value) > 0.01);
    const second = mono.findIndex((value, index) => index > first + 20 && Math.abs(value) > 0.01);
    const reflectedMetres = Math.hypot(34.3, 20);
    expect(first / rate).toBeCloseTo(0.1, 3);
    expect((second - first) / rate).toBeCloseTo((reflectedMetres - 34.3) / speedOfSound, 3);
  });
});
