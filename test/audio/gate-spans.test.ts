import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gateSpans } from '../../src/audio/gate-spans.js';

const rate = 1000;
const ones = new Float32Array(1000).fill(1);
const fades = { attackSeconds: 0.01, releaseSeconds: 0.1 };

describe('gateSpans', () => {
  it('keeps what is inside, silences what is outside, and fades between', () => {
    const gated = gateSpans(ones, rate, [{ startSeconds: 0.3, endSeconds: 0.5 }], 1, fades);
    expect(gated[289]).toBe(0);
    expect(gated[295]).toBeCloseTo(0.5, 5);
    expect(gated.subarray(300, 501).every((value) => value === 1)).toBe(true);
    expect(gated[550]).toBeCloseTo(0.5, 5);
    expect(gated[601]).toBe(0);
  });

  it('changes nothing at 0, and half of it at 0.5', () => {
    expect(gateSpans(ones, rate, [], 0)).toBe(ones);
    expect(gateSpans(ones, rate, [], 0.5)[500]).toBe(0.5);
    expect(ones[500]).toBe(1);
  });

  it('never makes anything louder, and overlapping fades do not add up', () => {
    const seconds = fc.double({ min: -1, max: 2, noNaN: true });
    const span = fc
      .tuple(seconds, seconds)
      .map(([a, b]) => ({ startSeconds: Math.min(a, b), endSeconds: Math.max(a, b) }));
    fc.assert(
      fc.property(
        fc.array(span, { maxLength: 4 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (spans, amount) => {
          for (const value of gateSpans(ones, rate, spans, amount)) {
            expect(value).toBeLessThanOrEqual(1);
            expect(value).toBeGreaterThanOrEqual(1 - amount - 1e-6);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
