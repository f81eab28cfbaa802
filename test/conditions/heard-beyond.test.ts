import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heardBeyond, tailGain } from '../../src/conditions/heard-beyond.js';
import type { MotionCurve } from '../../src/conditions/motion-curve.js';
import { defaultMotionSettings, levelDbAt, motionPath } from '../../src/conditions/motion-path.js';

const clipSeconds = 10;
const times = Array.from({ length: 101 }, (_, index) => index / 10);

/** Seen between two times; moves across and into the picture at even speeds while it is. */
function curve(
  seen: readonly [from: number, until: number],
  positionAt: (seconds: number) => number,
  sizeAt: (seconds: number) => number,
): MotionCurve {
  return {
    timesSeconds: times,
    presence: times.map((time) => Number(time >= seen[0] && time <= seen[1])),
    size: times.map(sizeAt),
    position: times.map((time) => Math.max(-1, Math.min(1, positionAt(time)))),
  };
}

const pathOf = (motion: MotionCurve, passesCamera = true) =>
  motionPath(motion, {
    ...defaultMotionSettings,
    passesCamera,
  })!;

/** Crosses the picture from left to right within two seconds, its size as it is. */
const passing = pathOf(
  curve(
    [4, 6],
    (time) => time - 5,
    () => 0.04,
  ),
);
/** Stays where it is. */
const standing = pathOf(
  curve(
    [4, 6],
    () => 0.8,
    () => 0.04,
  ),
);
const spans = [{ startSeconds: 4, endSeconds: 6 }];

describe('sound beyond the picture', () => {
  it('goes on before and after a pass for as long as it was asked for, and fades where that is too short', () => {
    const { spans: longer, fades } = heardBeyond(spans, passing, 1, clipSeconds);
    expect(longer).toEqual([{ startSeconds: 3, endSeconds: 7 }]);
    expect(fades).toEqual([
      { silentSeconds: 3, fullSeconds: 3.5 },
      { silentSeconds: 7, fullSeconds: 6.5 },
    ]);
    expect([3, 3.25, 3.5, 5, 6.5, 6.75, 7].map((time) => tailGain(fades, time))).toEqual([
      0, 0.5, 1, 1, 1, 0.5, 0,
    ]);
  });
  it('ends with the clip, or where it is 30 dB quieter than at the nearest', () => {
    expect(heardBeyond(spans, passing, 60, clipSeconds)).toEqual({
      spans: [{ startSeconds: 0, endSeconds: clipSeconds }],
      fades: [],
    });
    // away from the camera, each second twice as far as the one before: 6 dB a second
    const receding = pathOf(
      curve(
        [0, 3],
        () => 0,
        (time) => 0.5 * 4 ** -time,
      ),
    );
    const { spans: heard } = heardBeyond([{ startSeconds: 0, endSeconds: 3 }], receding, 60, clipSeconds);
    expect(heard).toHaveLength(1);
    const { endSeconds } = heard[0]!;
    expect(endSeconds).toBeLessThan(clipSeconds);
    expect(levelDbAt(receding, endSeconds)).toBeGreaterThanOrEqual(-30);
    expect(levelDbAt(receding, endSeconds + 0.1)).toBeLessThan(-30);
  });
  it('leaves alone what stands still when it is last seen', () => {
    expect(heardBeyond(spans, standing, 5, clipSeconds)).toEqual({ spans, fades: [] });
  });
  it('goes on where a moving thing is lost from sight on its way, as far apart as was asked for', () => {
    const two = [
      { startSeconds: 4, endSeconds: 4.5 },
      { startSeconds: 5, endSeconds: 6 },
    ];
    expect(heardBeyond(two, passing, 1, clipSeconds).spans).toEqual([{ startSeconds: 3, endSeconds: 7 }]);
    const further = [
      { startSeconds: 4, endSeconds: 4.2 },
      { startSeconds: 5.4, endSeconds: 6 },
    ];
    expect(heardBeyond(further, passing, 1, clipSeconds).spans).toEqual([
      { startSeconds: 3, endSeconds: 4.2 },
      { startSeconds: 5.4, endSeconds: 7 },
    ]);
  });
  it('stays silent between two sights of what stands still, and where nothing sounds', () => {
    const two = [
      { startSeconds: 4, endSeconds: 4.5 },
      { startSeconds: 5, endSeconds: 6 },
    ];
    expect(heardBeyond(two, standing, 5, clipSeconds)).toEqual({ spans: two, fades: [] });
    expect(heardBeyond([], passing, 1, clipSeconds).spans).toEqual([]);
  });
  it('stays silent between two sights of what went too far to be heard', () => {
    // from 1 to 64 times as far and back: 36 dB
    const there = pathOf(
      curve(
        [0, 10],
        () => 0,
        (time) => 0.5 * 16 ** -Math.min(3, time, 10 - time),
      ),
    );
    const two = [
      { startSeconds: 0, endSeconds: 2 },
      { startSeconds: 8, endSeconds: 10 },
    ];
    expect(levelDbAt(there, 5)).toBeLessThan(-30);
    expect(heardBeyond(two, there, 10, clipSeconds).spans).toEqual(two);
  });
  it('keeps spans within the clip, and never shortens them', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 9, noNaN: true }),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        fc.double({ min: 0, max: 60, noNaN: true }),
        (start, length, most) => {
          const end = Math.min(clipSeconds, start + length);
          const {
            spans: [span],
          } = heardBeyond([{ startSeconds: start, endSeconds: end }], passing, most, clipSeconds);
          expect(span!.startSeconds).toBeGreaterThanOrEqual(Math.max(0, start - most - 1e-9));
          expect(span!.startSeconds).toBeLessThanOrEqual(start);
          expect(span!.endSeconds).toBeGreaterThanOrEqual(end);
          expect(span!.endSeconds).toBeLessThanOrEqual(Math.min(clipSeconds, end + most + 1e-9));
        },
      ),
    );
  });
});

describe('a way past the camera', () => {
  /** Straight at the camera, from far, seen until it is near: overhead after 6 s. */
  const coming = curve(
    [0, 5],
    () => 0,
    (time) => Math.min(0.9, 0.04 / (6 - Math.min(5, time)) ** 2 / 0.25),
  );
  it('comes nearer after it was last seen, and goes away again', () => {
    const path = pathOf(coming);
    const [seen, overhead, gone] = [5, 6, 8].map((time) => levelDbAt(path, time));
    expect(overhead).toBeGreaterThan(seen! + 3);
    expect(gone).toBeLessThan(overhead! - 6);
    // nothing jumps where the way is carried on
    for (let time = 4.5; time < 9; time += 0.1)
      expect(Math.abs(levelDbAt(path, time + 0.1) - levelDbAt(path, time))).toBeLessThan(2.5);
  });
  it('is not gone unless it is asked for', () => {
    const path = pathOf(coming, false);
    expect(levelDbAt(path, 8)).toBe(levelDbAt(path, 5));
  });
});
