import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MotionCurve } from '../../src/conditions/motion-curve.js';
import {
  defaultMotionSettings,
  distanceMetresAt,
  levelDbAt,
  type MotionPath,
  motionPath,
  panAt,
  radialSpeedAt,
} from '../../src/conditions/motion-path.js';
import { panOf } from '../../src/data/acoustics.js';
import { coverage, projectBox } from '../../src/data/visibility.js';

const rateHz = 30;
const camera = { heightMetres: 1.5, focalWidths: 1, horizon: 0.5, aspect: 4 / 3 };

interface Place {
  readonly x: number;
  readonly z: number;
}

/** What a pinhole camera sees of a thing of `side` metres squared that moves as told. */
function seenBy(placeAt: (seconds: number) => Place, seconds: number, side = 0.5): MotionCurve {
  const times = Array.from({ length: Math.round(seconds * rateHz) }, (_, index) => index / rateHz);
  const boxes = times.map((time) => projectBox({ ...placeAt(time), y: 1.25 }, side, side, camera)!);
  return {
    timesSeconds: times,
    presence: boxes.map((box) => (coverage(box).insideShare === 1 ? 1 : 0)),
    size: boxes.map((box) => coverage(box).area),
    position: boxes.map((box) => Math.max(-1, Math.min(1, box.left + box.right - 1))),
  };
}

/** Sizes of the picture's own measure: areas are shares of a picture that is not square. */
const sizeMetres = (side: number): number => side * Math.sqrt(camera.aspect);

function pathOf(curve: MotionCurve): MotionPath {
  const path = motionPath(curve);
  expect(path).not.toBeNull();
  return path!;
}

describe('a motion from what is seen', () => {
  it('knows the distance, the speed and the pan of a thing that passes', () => {
    // 2 m/s to the right, 4 m away at the nearest, in the middle after 2 s
    const placeAt = (seconds: number): Place => ({ x: 2 * (seconds - 2) * 0.7, z: 4 });
    const path = pathOf(seenBy(placeAt, 4));
    for (const seconds of [0.8, 1.5, 2, 2.7, 3.2]) {
      const { x, z } = placeAt(seconds);
      const distance = Math.hypot(x, z);
      // within 1 % of the distance, and 0.1 m/s of up to 0.8
      expect(distanceMetresAt(path, sizeMetres(0.5), seconds) / distance).toBeCloseTo(1, 2);
      expect(Math.abs(radialSpeedAt(path, sizeMetres(0.5), seconds) - (1.4 * x) / distance)).toBeLessThan(
        0.1,
      );
      expect(panAt(path, seconds)).toBeCloseTo(panOf({ x, y: 0, z }, { x: 0, y: 0, z: 0 }), 2);
    }
    expect(levelDbAt(path, 2)).toBeCloseTo(0, 2);
  });
  it('hears 6 dB less at twice the distance', () => {
    const path = pathOf(seenBy((seconds) => ({ x: 0, z: 2 * (1 + seconds) }), 4));
    for (const seconds of [1, 1.5, 3]) {
      // before any look it is likely to stand still, which weighs in by a hundredth
      expect(Math.abs(levelDbAt(path, seconds) / (-20 * Math.log10(1 + seconds)) - 1)).toBeLessThan(0.02);
      expect(radialSpeedAt(path, sizeMetres(0.5), seconds) / 2).toBeCloseTo(1, 1);
    }
  });
  it('ends on a curve that spans days, as a file may claim', () => {
    const path = pathOf({
      timesSeconds: [0, 1, 1e6],
      presence: [1, 1, 1],
      size: [0.1, 0.1, 0.1],
      position: [0, 0, 0],
    });
    expect(path.timesSeconds.length).toBeLessThan(30_000);
    expect(levelDbAt(path, 5e5)).toBeCloseTo(0, 6);
  });
  it('stands still while nothing changes, wherever it is', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-4, max: 1, noNaN: true }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 40 }),
        (size, position, count) => {
          const fill = (value: number): number[] => Array.from({ length: count }, () => value);
          const timesSeconds = fill(0).map((_, index) => index / 8);
          const path = pathOf({
            timesSeconds,
            presence: fill(1),
            size: fill(size),
            position: fill(position),
          });
          for (const time of timesSeconds) {
            expect(levelDbAt(path, time)).toBeCloseTo(0, 6);
            expect(radialSpeedAt(path, 1, time)).toBeCloseTo(0, 6);
          }
          expect(panAt(path, 0) * position).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });

  const curves = fc
    .array(
      fc.record({
        presence: fc.double({ min: 0, max: 1, noNaN: true }),
        size: fc.double({ min: 1e-4, max: 0.25, noNaN: true }),
        position: fc.double({ min: -1, max: 1, noNaN: true }),
      }),
      { minLength: 1, maxLength: 60 },
    )
    .map(
      (samples): MotionCurve => ({
        timesSeconds: samples.map((_, index) => index / 10),
        presence: samples.map(({ presence }) => presence),
        size: samples.map(({ size }) => size),
        position: samples.map(({ position }) => position),
      }),
    );

  it('is finite, never louder than the nearest and never past the ends, whatever is seen', () => {
    fc.assert(
      fc.property(curves, fc.double({ min: -1, max: 10, noNaN: true }), (curve, time) => {
        const path = motionPath(curve);
        const isSeen = curve.presence.some((value) => value >= defaultMotionSettings.leastPresence);
        expect(path !== null).toBe(isSeen);
        if (path === null) return;
        expect(levelDbAt(path, time)).toBeLessThanOrEqual(1e-9);
        expect(Math.abs(panAt(path, time))).toBeLessThanOrEqual(1);
        expect(Number.isFinite(radialSpeedAt(path, 1, time))).toBe(true);
      }),
    );
  });
  it('does not care how large the thing is, except for metres', () => {
    fc.assert(
      fc.property(curves, (anywhere) => {
        // in the picture as a whole: what its edge cuts off depends on the size
        const curve = {
          ...anywhere,
          size: anywhere.size.map((value) => value / 16),
          position: anywhere.position.map((value) => value / 4),
        };
        const [path, larger] = [
          motionPath(curve),
          motionPath({ ...curve, size: curve.size.map((value) => 4 * value) }),
        ];
        if (path === null || larger === null) return;
        for (const time of curve.timesSeconds)
          expect(levelDbAt(larger, time)).toBeCloseTo(levelDbAt(path, time), 5);
        expect(larger.nearestSizes / path.nearestSizes).toBeCloseTo(0.5, 6);
      }),
    );
  });
  it('turns around in a mirror and in time', () => {
    fc.assert(
      fc.property(curves, (curve) => {
        const path = motionPath(curve);
        if (path === null) return;
        const mirrored = pathOf({ ...curve, position: curve.position.map((value) => -value) });
        const last = curve.timesSeconds.at(-1)!;
        const reversed = pathOf({
          timesSeconds: curve.timesSeconds.map((time) => last - time).reverse(),
          presence: [...curve.presence].reverse(),
          size: [...curve.size].reverse(),
          position: [...curve.position].reverse(),
        });
        for (const time of curve.timesSeconds) {
          expect(panAt(mirrored, time)).toBeCloseTo(-panAt(path, time), 6);
          expect(levelDbAt(mirrored, time)).toBeCloseTo(levelDbAt(path, time), 6);
          expect(radialSpeedAt(reversed, 1, last - time)).toBeCloseTo(-radialSpeedAt(path, 1, time), 4);
        }
      }),
    );
  });
  it('goes on evenly where it is hidden', () => {
    const whole = seenBy((seconds) => ({ x: 0, z: 3 + 2 * seconds }), 4);
    const hidden = {
      ...whole,
      presence: whole.presence.map((value, index) => (index > 40 && index < 70 ? 0.1 : value)),
      size: whole.size.map((value, index) => (index > 40 && index < 70 ? 0.9 : value)),
    };
    const [path, through] = [pathOf(whole), pathOf(hidden)];
    for (const seconds of [1, 1.5, 1.83, 2, 2.5, 3])
      expect(levelDbAt(through, seconds)).toBeCloseTo(levelDbAt(path, seconds), 2);
  });
  it('keeps its velocity where it has left the picture, and stays where it was rather than come nearer', () => {
    // 3 m/s to the right, 8 m away; out of the picture after a third of the time
    const placeAt = (seconds: number): Place => ({ x: 3 * seconds - 2, z: 8 });
    const curve = seenBy(placeAt, 6);
    expect(curve.presence.lastIndexOf(1)).toBeLessThan(2.2 * rateHz);
    const path = pathOf(curve);
    for (const seconds of [3, 4, 5.5]) {
      const { x, z } = placeAt(seconds);
      expect(levelDbAt(path, seconds)).toBeCloseTo(-20 * Math.log10(Math.hypot(x, z) / 8), 0);
      expect(panAt(path, seconds)).toBeCloseTo(x / Math.hypot(x, z), 1);
    }
    const approach = seenBy((seconds) => ({ x: 0, z: 12 - 2 * seconds }), 5);
    const hidden = pathOf({
      ...approach,
      presence: approach.presence.map((_, index) => Number(index < 60)),
    });
    expect(levelDbAt(hidden, 4.5)).toBeCloseTo(levelDbAt(hidden, 2), 1);
    expect(radialSpeedAt(hidden, 1, 4)).toBe(0);
  });
});
