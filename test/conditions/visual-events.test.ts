import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { soundOfEvents, visualEvents } from '../../src/conditions/visual-events.js';

const perSecond = 30;
/** Changes of a picture that moves evenly, with jolts at the given times. */
function changesOf(durationSeconds: number, jolts: readonly number[], even = 0.2) {
  const timesSeconds = Float64Array.from({ length: durationSeconds * perSecond }, (_, i) => i / perSecond);
  const values = Float32Array.from(timesSeconds, (time) => {
    const isJolted = jolts.some((jolt) => time > jolt && time <= jolt + 0.09);
    return even + (isJolted ? 1 : 0) + 0.01 * Math.sin(50 * time);
  });
  return { timesSeconds, values };
}

describe('visualEvents', () => {
  it('finds sudden movements within a picture or two', () => {
    const jolts = [0.8, 1.5, 2.2, 3.4];
    const found = visualEvents(changesOf(5, jolts));
    expect(found).toHaveLength(4);
    found.forEach((seconds, index) => {
      expect(Math.abs(seconds - jolts[index]!)).toBeLessThan(0.1);
    });
  });

  it('finds none in even movement, in a still picture, and in a clip that is hardly looked at', () => {
    expect(visualEvents(changesOf(5, [], 3))).toEqual([]);
    expect(
      visualEvents({ timesSeconds: changesOf(5, []).timesSeconds, values: new Float32Array(150) }),
    ).toEqual([]);
    const { timesSeconds, values } = changesOf(5, [0.8, 1.5, 2.2]);
    const seldom = { timesSeconds: timesSeconds.map((time) => time * 6), values };
    expect(visualEvents(seldom)).toEqual([]);
    expect(visualEvents({ timesSeconds: Float64Array.of(0), values: Float32Array.of(0) })).toEqual([]);
  });

  it('gives ascending times within the clip, at least the wait apart', () => {
    const values = fc.array(fc.float({ min: 0, max: 255, noNaN: true }), { minLength: 3, maxLength: 90 });
    fc.assert(
      fc.property(values, (list) => {
        const timesSeconds = Float64Array.from(list, (_, i) => i / perSecond);
        const events = visualEvents({ timesSeconds, values: Float32Array.from(list) });
        events.forEach((seconds, index) => {
          expect(seconds).toBeGreaterThanOrEqual(0);
          expect(seconds).toBeLessThan(list.length / perSecond);
          if (index > 0) expect(seconds - events[index - 1]!).toBeGreaterThanOrEqual(1 / 6 - 1e-9);
        });
      }),
    );
  });
});

describe('soundOfEvents', () => {
  const span = { startSeconds: 1, endSeconds: 4 };

  it('cuts a span to its movements, each as long as its sound or until the next', () => {
    expect(soundOfEvents([span], [0.5, 1.5, 1.6, 3.9, 4.5])).toEqual([
      { startSeconds: 1.5, endSeconds: 1.6 },
      { startSeconds: 1.6, endSeconds: 1.8 },
      { startSeconds: 3.9, endSeconds: 4 },
    ]);
  });

  it('leaves a span alone in which hardly anything moves', () => {
    expect(soundOfEvents([span], [1.5, 2])).toEqual([span]);
    expect(soundOfEvents([], [1, 2, 3])).toEqual([]);
  });
});
