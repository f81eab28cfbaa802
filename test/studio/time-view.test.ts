import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameAt, frameStart, lastFrame, snapToFrame, stepFrames } from '../../src/studio/page/frame-grid.js';
import { formatTime, rulerMarks } from '../../src/studio/page/ruler.js';
import {
  keepInView,
  limitsOf,
  scrollBy,
  toSeconds,
  toX,
  wholeClip,
  withinLimits,
  zoomAround,
} from '../../src/studio/page/time-view.js';

const limits = fc
  .record({
    duration: fc.double({ min: 0.04, max: 3600, noNaN: true }),
    fps: fc.constantFrom(12, 25, 29.97, 60),
  })
  .map(({ duration, fps }) => limitsOf(duration, fps));
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('the view of all lanes', () => {
  it('never shows time outside the clip, however it is zoomed and scrolled', () => {
    fc.assert(
      fc.property(
        limits,
        fc.array(
          fc.tuple(fc.constantFrom('zoom', 'scroll'), fc.double({ min: -40, max: 40, noNaN: true }), share),
        ),
        (within, moves) => {
          let view = wholeClip(within);
          for (const [kind, amount, place] of moves) {
            const anchor = place * within.durationSeconds;
            view =
              kind === 'zoom'
                ? zoomAround(view, 2 ** (amount / 10), anchor, within)
                : scrollBy(view, amount, within);
            expect(view.startSeconds).toBeGreaterThanOrEqual(0);
            // a sum of two doubles: exact to their last places
            expect(view.startSeconds + view.lengthSeconds).toBeLessThanOrEqual(
              within.durationSeconds * (1 + 1e-12),
            );
            expect(view.lengthSeconds).toBeGreaterThanOrEqual(within.shortestSeconds);
          }
        },
      ),
    );
  });

  it('keeps the anchor under the pointer when neither end is in the way', () => {
    const within = limitsOf(100, 25);
    const view = { startSeconds: 40, lengthSeconds: 20 };
    const zoomed = zoomAround(view, 2, 45, within);
    expect(zoomed.lengthSeconds).toBe(10);
    expect(toX(zoomed, 45, 800)).toBeCloseTo(toX(view, 45, 800), 9);
  });

  it('zooming in and out again is no change inside the limits', () => {
    fc.assert(
      fc.property(share, fc.double({ min: 1, max: 8, noNaN: true }), (place, factor) => {
        const within = limitsOf(100, 25);
        const view = { startSeconds: 30, lengthSeconds: 30 };
        const anchor = 30 + 30 * place;
        const back = zoomAround(zoomAround(view, factor, anchor, within), 1 / factor, anchor, within);
        expect(back.startSeconds).toBeCloseTo(view.startSeconds, 9);
        expect(back.lengthSeconds).toBeCloseTo(view.lengthSeconds, 9);
      }),
    );
  });

  it('pixels and seconds are each other’s inverse', () => {
    fc.assert(
      fc.property(share, share, (start, place) => {
        const view = withinLimits({ startSeconds: start * 50, lengthSeconds: 7 }, limitsOf(60, 30));
        const seconds = view.startSeconds + place * view.lengthSeconds;
        expect(toSeconds(view, toX(view, seconds, 1280), 1280)).toBeCloseTo(seconds, 9);
      }),
    );
  });

  it('turns the page when the playhead leaves it, and only then', () => {
    const within = limitsOf(60, 30);
    const view = { startSeconds: 10, lengthSeconds: 5 };
    expect(keepInView(view, 12, within)).toBe(view);
    const turned = keepInView(view, 16, within);
    expect(turned.startSeconds).toBeLessThan(16);
    expect(turned.startSeconds + turned.lengthSeconds).toBeGreaterThan(16);
  });
});

describe('the ruler', () => {
  it('keeps labels apart and marks in view', () => {
    fc.assert(
      fc.property(limits, fc.integer({ min: 200, max: 2000 }), (within, width) => {
        const view = wholeClip(within);
        const labelled = rulerMarks(view, width).filter((mark) => mark.label !== null);
        labelled.forEach((mark, index) => {
          const before = labelled[index - 1];
          // half a pixel for the division of seconds into pixels
          if (before)
            expect(toX(view, mark.seconds, width) - toX(view, before.seconds, width)).toBeGreaterThan(71.5);
        });
      }),
    );
  });

  it('writes times as clocks do', () => {
    expect(formatTime(0)).toBe('0:00.00');
    expect(formatTime(62.499)).toBe('1:02.50');
    expect(formatTime(59.999, 0)).toBe('1:00');
    expect(formatTime(3725, 0)).toBe('1:02:05');
  });
});

describe('the grid of frames', () => {
  const grid = { framesPerSecond: 29.97, durationSeconds: 10.01 };

  it('finds the frame that a frame’s own start belongs to', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: lastFrame(grid) }), (frame) => {
        expect(frameAt(grid, frameStart(grid, frame))).toBe(frame);
      }),
    );
  });

  it('snaps to a border of frames at most half a frame away, and again to the same', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 10.01, noNaN: true }), (seconds) => {
        const snapped = snapToFrame(grid, seconds);
        expect(Math.abs(snapped - seconds)).toBeLessThanOrEqual(0.5 / 29.97 + 1e-9);
        expect(snapToFrame(grid, snapped)).toBe(snapped);
      }),
    );
  });

  it('steps on and back to where it was, and stops at the ends', () => {
    expect(stepFrames(grid, stepFrames(grid, 5, 3), -3)).toBeCloseTo(frameStart(grid, frameAt(grid, 5)), 9);
    expect(stepFrames(grid, 0, -1)).toBe(0);
    expect(frameAt(grid, stepFrames(grid, 10.01, 1))).toBe(lastFrame(grid));
  });
});
