import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultTimelineSpec, Timeline } from '../../src/conditions/index.js';

const timeline = new Timeline();

describe('Timeline', () => {
  it('gives the published numbers', () => {
    expect(timeline.windowSeconds).toBe(10.24);
    expect(timeline.frameCount(10)).toBe(300);
    expect(timeline.frameCount(10.24)).toBe(308);
    expect(timeline.frameCount(0.01)).toBe(1);
    expect(timeline.sampleCount(10.24)).toBe(163840);
    expect(timeline.secondsToColumn(0.29)).toBe(29);
    expect(timeline.columnToLatentColumn(1023)).toBe(63);
    expect(timeline.columnToLatentColumn(15)).toBe(0);
    expect(timeline.columnToLatentColumn(16)).toBe(1);
  });

  it('drifts by 240 ms only in the compatibility raster', () => {
    const compatible = new Timeline({ ...defaultTimelineSpec, raster: 'foleycrafter' });
    expect(timeline.secondsToRasterColumn(10)).toBe(1000);
    expect(compatible.secondsToRasterColumn(10)).toBe(1024);
    expect(compatible.secondsToColumn(10)).toBe(1000);
  });

  it('takes columns and frames to seconds and back', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (index) => {
        expect(timeline.secondsToColumn(timeline.columnToSeconds(index))).toBe(index);
        expect(timeline.secondsToFrame(timeline.frameToSeconds(index))).toBe(index);
      }),
    );
  });

  it('covers every clip with windows that overlap enough and start on columns', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 1200, noNaN: true }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        (duration, overlap) => {
          const windows = timeline.windows(duration, overlap);
          expect(windows[0]!.startSeconds).toBe(0);
          expect(windows.at(-1)!.endSeconds).toBeGreaterThanOrEqual(duration - 1e-5);
          windows.forEach((window, index) => {
            expect(window.index).toBe(index);
            expect(window.startSeconds).toBeLessThan(duration);
            expect(window.endSeconds - window.startSeconds).toBeCloseTo(10.24, 9);
            expect(Math.abs(window.startSeconds * 100 - Math.round(window.startSeconds * 100))).toBeLessThan(
              1e-6,
            );
            // the overlap is rounded to a column of 10 ms
            if (index > 0) {
              const shared = windows[index - 1]!.endSeconds - window.startSeconds;
              expect(Math.abs(shared - overlap)).toBeLessThanOrEqual(0.005 + 1e-6);
            }
          });
        },
      ),
    );
  });

  it('rejects numbers that make no time', () => {
    expect(() => timeline.windows(0, 1)).toThrow(/longer than 0/);
    expect(() => timeline.windows(10, 6)).toThrow(/overlap/);
    expect(() => new Timeline({ ...defaultTimelineSpec, hopSamples: 0 })).toThrow(/hopSamples/);
    expect(() => new Timeline({ ...defaultTimelineSpec, latentColumns: 60 })).toThrow(/multiple/);
  });
});
