import { describe, expect, it } from 'vitest';
import { Timeline } from '../../src/conditions/index.js';
import { joinWindows } from '../../src/foley/join-windows.js';

const window = (index: number, startSeconds: number, endSeconds: number) => ({
  index,
  startSeconds,
  endSeconds,
});

describe('joinWindows', () => {
  it('cuts a single window to length', () => {
    expect([...joinWindows([window(0, 0, 4)], [Float32Array.of(1, 2, 3, 4)], 1, 2)]).toEqual([1, 2]);
  });

  it('keeps the power of unlike sounds through the join', () => {
    const windows = [window(0, 0, 10), window(1, 6, 16)];
    const ones = new Float32Array(1000).fill(1);
    const none = new Float32Array(1000);
    const first = joinWindows(windows, [ones, none], 100, 1600);
    const second = joinWindows(windows, [none, ones], 100, 1600);
    for (let at = 0; at < 1600; at++) {
      // cos² + sin² in float32: 1e-6
      expect(first[at]! ** 2 + second[at]! ** 2).toBeCloseTo(1, 5);
      if (at > 600 && at < 1000) expect(first[at]!).toBeLessThan(first[at - 1]!);
    }
    expect([first[599], second[599], first[1000], second[1000]]).toEqual([1, 0, 0, 1]);
  });

  it('covers every sample of a long clip with a total power of one', () => {
    const timeline = new Timeline();
    for (const [duration, overlap] of [
      [11, 1],
      [61.3, 0],
      [600, 2.5],
    ] as const) {
      const windows = timeline.windows(duration, overlap);
      const length = Math.round(duration * 100);
      const power = new Float64Array(length);
      windows.forEach((_, index) => {
        const parts = windows.map((__, other) => new Float32Array(1024).fill(other === index ? 1 : 0));
        joinWindows(windows, parts, 100, length).forEach((value, at) => {
          power[at] = power[at]! + value * value;
        });
      });
      for (const value of power) expect(value).toBeCloseTo(1, 5);
    }
  });
});
