import { describe, expect, it } from 'vitest';
import { equalPowerPan } from '../../src/data/acoustics.js';
import { panAgreement } from '../../src/evaluation/pan-error.js';

const rate = 8000;
const seconds = 4;
const panAt = (time: number) => -0.8 + (1.6 * time) / seconds;
const truth = {
  timesSeconds: Float64Array.from({ length: 41 }, (_, k) => k / 10),
  pans: Float64Array.from({ length: 41 }, (_, k) => panAt(k / 10)),
};
const all = [{ startSeconds: 0, endSeconds: seconds }];

function tone(pan: (time: number) => number): [Float32Array, Float32Array] {
  const channel = (side: 'left' | 'right') =>
    Float32Array.from({ length: rate * seconds }, (_, n) => {
      return Math.sin(n * 0.4) * equalPowerPan(pan(n / rate))[side];
    });
  return [channel('left'), channel('right')];
}

describe('panAgreement', () => {
  it('finds what was panned as the truth says', () => {
    const found = panAgreement(tone(panAt), rate, truth, all)!;
    expect(found.meanError).toBeLessThan(0.01); // the pan moves by 0.04 within a window
    expect(found.correlation).toBeGreaterThan(0.999);
  });

  it('hears a mono sound in the middle', () => {
    const [left] = tone(() => 0);
    const found = panAgreement([left], rate, truth, all)!;
    expect(found.meanError).toBeCloseTo(0.4, 2); // the mean of |pan| from -0.8 to 0.8
    expect(found.correlation).toBeNull();
  });

  it('tells the sides apart', () => {
    const [left, right] = tone(panAt);
    expect(panAgreement([right, left], rate, truth, all)!.correlation).toBeLessThan(-0.99);
  });

  it('looks only where it should, and only at what sounds', () => {
    const within = [{ startSeconds: 3, endSeconds: 4 }];
    expect(
      panAgreement(
        tone(() => panAt(3.5)),
        rate,
        truth,
        within,
      )!.meanError,
    ).toBeLessThan(0.12);
    expect(panAgreement([new Float32Array(rate)], rate, truth, all)).toBeNull();
    expect(() => panAgreement([], rate, truth, all)).toThrow(/one or two channels/);
  });
});
