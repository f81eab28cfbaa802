import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orient } from '../../src/video/frame-converter.node.js';
import { sampleByPresentationTime, samplingTimes } from '../../src/video/frame-sampling.js';
import { frameTiming } from '../../src/video/media-facts.js';
import { fitFrameSize } from '../../src/video/rgb-frame.js';
import { collect } from './clips.js';

describe('samplingTimes', () => {
  it('covers a half-open window', () => {
    expect(samplingTimes(0, 10.24, 30)).toHaveLength(308);
    expect([...samplingTimes(0, 0.1, 30)]).toEqual([0, 1 / 30, 2 / 30]);
    expect(samplingTimes(2, 2, 30)).toHaveLength(0);
    expect(samplingTimes(3, 2, 30)).toHaveLength(0);
    expect(samplingTimes(5, 605, 30)).toHaveLength(18_000);
  });
});

describe('sampleByPresentationTime', () => {
  it('always shows the last picture that is not later, closes every picture once, and holds at most two', async () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        gaps,
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 0, max: 3000 }),
        async (steps, fps, startMs) => {
          const pictureTimes = steps.map(
            (_, index) => steps.slice(0, index + 1).reduce((a, b) => a + b) / 1000,
          );
          let open = 0;
          let mostOpen = 0;
          const closed = new Map<number, number>();
          const pictures = (async function* () {
            for (const timeSeconds of pictureTimes) {
              mostOpen = Math.max(mostOpen, ++open);
              const close = () => {
                open--;
                closed.set(timeSeconds, (closed.get(timeSeconds) ?? 0) + 1);
              };
              yield { timeSeconds, close };
            }
          })();
          const times = samplingTimes(startMs / 1000, startMs / 1000 + 2, fps);
          for await (const { timeSeconds, picture } of sampleByPresentationTime(pictures, times, 0)) {
            const expected = pictureTimes.findLast((t) => t <= timeSeconds) ?? pictureTimes[0];
            expect(picture.timeSeconds).toBe(expected);
            expect(closed.has(picture.timeSeconds)).toBe(false);
          }
          expect(open).toBe(0);
          expect(mostOpen).toBeLessThanOrEqual(2);
          expect([...closed.values()].every((count) => count === 1)).toBe(true);
        },
      ),
    );
  });

  it('closes what it holds when its reader stops early', async () => {
    const closed: number[] = [];
    const pictures = (async function* () {
      for (const timeSeconds of [0, 1, 2, 3]) yield { timeSeconds, close: () => closed.push(timeSeconds) };
    })();
    for await (const _ of sampleByPresentationTime(pictures, [0, 1, 2, 3], 0)) break;
    expect(closed).toEqual([0, 1]);
  });

  it('yields nothing where there are no pictures', async () => {
    const none = (async function* () {})();
    expect(await collect(sampleByPresentationTime(none, [0, 1], 0))).toEqual([]);
  });
});

describe('fitFrameSize', () => {
  it.each([
    [1920, 1080, { kind: 'shortest-side', pixels: 224 }, 398, 224],
    [1080, 1920, { kind: 'shortest-side', pixels: 224 }, 224, 398],
    [1920, 1080, { kind: 'within', width: 320, height: 320 }, 320, 180],
    [1080, 1920, { kind: 'within', width: 320, height: 320 }, 180, 320],
    [1080, 1920, { kind: 'exact', width: 32, height: 64 }, 32, 64],
    [100, 50, { kind: 'shortest-side', pixels: 224 }, 100, 50],
    [4000, 2, { kind: 'within', width: 100, height: 100 }, 100, 1],
    [77, 33, { kind: 'native' }, 77, 33],
  ] as const)('fits %ix%i', (width, height, fit, expectedWidth, expectedHeight) => {
    expect(fitFrameSize({ width, height }, fit)).toEqual({ width: expectedWidth, height: expectedHeight });
  });
});

describe('orient', () => {
  // Two columns, three rows, one padding byte a row; a pixel is its number three times.
  const plane = Uint8Array.from([1, 1, 1, 2, 2, 2, 99, 3, 3, 3, 4, 4, 4, 99, 5, 5, 5, 6, 6, 6, 99]);
  const turned = (rotation: 0 | 90 | 180 | 270, mirrored: boolean) =>
    [...orient(plane, 7, { width: 2, height: 3 }, rotation, mirrored)].filter((_, index) => index % 3 === 0);
  it('turns clockwise, then mirrors', () => {
    expect(turned(0, false)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(turned(90, false)).toEqual([5, 3, 1, 6, 4, 2]);
    expect(turned(180, false)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(turned(270, false)).toEqual([2, 4, 6, 1, 3, 5]);
    expect(turned(0, true)).toEqual([2, 1, 4, 3, 6, 5]);
    expect(turned(90, true)).toEqual([1, 3, 5, 2, 4, 6]);
  });
});

describe('frameTiming', () => {
  it('does not count pre-roll, and takes rounding to milliseconds for constant', () => {
    const times = Array.from({ length: 60 }, (_, index) => Math.round((index / 30) * 1000) / 1000 - 0.5);
    const timing = frameTiming(
      times,
      times.map(() => 0.0333),
      0,
    );
    expect(timing).toMatchObject({ frameCount: 46, isVariableFrameRate: false }); // one frame reaches past time 0
    expect(timing.averageFps).toBeCloseTo(30, 1);
    expect(frameTiming([], [], 0).frameCount).toBe(0);
    expect(frameTiming([0, 0.1, 0.3], [0, 0, 0], 0).isVariableFrameRate).toBe(true);
  });
});
