import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  defaultTimelineSpec,
  levelOfDb,
  reduceColumns,
  Timeline,
  timingColumns,
  timingHint,
} from '../../src/conditions/index.js';

const timeline = new Timeline();
const span = (startSeconds: number, endSeconds: number) => ({ startSeconds, endSeconds });

describe('timing raster', () => {
  it('paints +1 inside the spans and -1 outside', () => {
    const row = timingColumns([span(1, 2.5)], 0, timeline);
    expect([row[99], row[100], row[249], row[250]]).toEqual([-1, 1, 1, -1]);
  });
  it('moves with the window, and clips at its edges', () => {
    const row = timingColumns([span(0, 6), span(14, 20)], 5, timeline);
    expect([row[0], row[99], row[100], row[899], row[900], row[1023]]).toEqual([1, 1, -1, -1, 1, 1]);
  });
  it('never loses a sound to rounding', () => {
    expect(timingColumns([span(3.001, 3.002)], 0, timeline)[300]).toBe(1);
  });
  it('paints the chosen values', () => {
    expect(new Set(timingColumns([span(1, 2)], 0, timeline, { on: 0.8, off: 0 }))).toEqual(
      new Set([0, Math.fround(0.8)]),
    );
  });
  it('lowers what is on by its level, at the time of the clip', () => {
    const fall = (time: number) => levelOfDb(-(time - 5) * 10); // 10 dB a second
    const row = timingColumns([span(5, 7)], 5, timeline, { on: 1, off: -1 }, fall);
    expect(row[0]).toBeCloseTo(1, 6);
    expect(row[150]).toBeCloseTo(0, 6); // -15 dB is half of the range of 30 dB
    expect(row[199]).toBeCloseTo(-1 + 2 * (1 - 19.9 / 30), 5);
    expect(row[200]).toBe(-1);
    expect([levelOfDb(3), levelOfDb(-100)]).toEqual([1, 0]);
  });
  it('spreads 10 s over all columns in the compatibility raster', () => {
    const row = timingColumns(
      [span(9.9, 10)],
      0,
      new Timeline({ ...defaultTimelineSpec, raster: 'foleycrafter' }),
    );
    expect([row[1013], row[1014], row[1023]]).toEqual([-1, 1, 1]);
  });
  it('draws what FoleyCrafter draws in the compatibility raster', () => {
    const compatible = new Timeline({ ...defaultTimelineSpec, raster: 'foleycrafter' });
    const frames = 150; // over the whole clip, however long it is
    const drawn = fc.tuple(
      fc.integer({ min: 2000, max: 10_000 }).map((ms) => ms / 1000),
      fc.nat(frames - 2), // two frames fill a column; we draw at least one for a sound that does not
      fc.integer({ min: 2, max: 40 }),
    );
    fc.assert(
      fc.property(drawn, ([durationSeconds, first, length]) => {
        const end = Math.min(frames, first + length);
        const seconds = (frame: number) => (frame * durationSeconds) / frames;
        const limit = compatible.rasterEndSeconds(durationSeconds);
        const row = timingColumns([span(seconds(first), Math.min(limit, seconds(end)))], 0, compatible);
        const active = Math.trunc(102.4 * durationSeconds);
        row.forEach((value, column) => {
          // inference.py:124-137
          const frame = (column / (102.4 * durationSeconds)) * frames;
          // either side of a rounding
          if (Math.abs(frame - Math.round(frame)) < 1e-6) return;
          if (column === active && active + 1 - 102.4 * durationSeconds < 1e-5) return;
          const isOn = column < active && Math.trunc(frame) >= first && Math.trunc(frame) < end;
          if ((value === 1) !== isOn)
            throw new Error(`column ${column} of ${durationSeconds} s, frames ${first} to ${end}`);
        });
      }),
    );
  });
  it('repeats over the bands and reduces to latent columns', () => {
    const row = timingColumns([span(0, 0.24)], 0, timeline);
    const hint = timingHint(row, 256);
    expect(hint.length).toBe(256 * 1024);
    expect(hint.subarray(255 * 1024)).toEqual(row);
    expect([...reduceColumns(row, 64).subarray(0, 3)]).toEqual([1, 0, -1]);
    expect(() => reduceColumns(row, 63)).toThrow(/multiple/);
  });
  it('is on for as many columns as the spans last, within one column a span', () => {
    const points = fc.uniqueArray(fc.double({ min: 0, max: 10.24, noNaN: true }), {
      minLength: 2,
      maxLength: 10,
    });
    fc.assert(
      fc.property(points, (values) => {
        const sorted = values.sort((a, b) => a - b);
        const spans = Array.from({ length: sorted.length >> 1 }, (_, i) =>
          span(sorted[2 * i]!, sorted[2 * i + 1]!),
        );
        const seconds = spans.reduce((sum, one) => sum + one.endSeconds - one.startSeconds, 0);
        const on = timingColumns(spans, 0, timeline).filter((value) => value === 1).length;
        expect(Math.abs(on - seconds * 100)).toBeLessThanOrEqual(spans.length + 1e-6);
      }),
    );
  });
});
