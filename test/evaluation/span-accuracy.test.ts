import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edgeErrors, spanAccuracy } from '../../src/evaluation/span-accuracy.js';

const clipSeconds = 10;
const span = (startSeconds: number, endSeconds: number) => ({ startSeconds, endSeconds });
const tenths = fc.integer({ min: 0, max: 99 });
const anySpans = fc
  .array(fc.tuple(tenths, fc.integer({ min: 1, max: 60 })), { maxLength: 4 })
  .map((list) => list.map(([start, length]) => span(start / 10, (start + length) / 10)));

/** Whether each tenth of a second of the clip is on. */
function onTenths(spans: readonly { startSeconds: number; endSeconds: number }[]): boolean[] {
  return Array.from({ length: 10 * clipSeconds }, (_, tenth) =>
    spans.some(({ startSeconds, endSeconds }) => {
      const middle = tenth / 10 + 0.05;
      return middle > startSeconds && middle < endSeconds;
    }),
  );
}

describe('spanAccuracy', () => {
  it('counts tenths of seconds as one would by hand', () => {
    fc.assert(
      fc.property(anySpans, anySpans, (found, truth) => {
        const accuracy = spanAccuracy(found, truth, clipSeconds);
        const [is, should] = [onTenths(found), onTenths(truth)];
        const share = (state: boolean): number | null => {
          const kept = should.flatMap((value, index) => (value === state ? [is[index]] : []));
          return kept.length === 0 ? null : kept.filter((value) => value === state).length / kept.length;
        };
        for (const [figure, expected] of [
          [accuracy.onShare, share(true)],
          [accuracy.offShare, share(false)],
        ] as const) {
          if (expected === null) expect(figure).toBeNull();
          // sums of some hundred rounded tenths
          else expect(figure).toBeCloseTo(expected, 9);
        }
        const { onShare, offShare } = accuracy;
        if (onShare === null || offShare === null) expect(accuracy.balancedAccuracy).toBeNull();
        else expect(accuracy.balancedAccuracy).toBeCloseTo((onShare + offShare) / 2, 12);
      }),
    );
  });
});

describe('edgeErrors', () => {
  it('takes the nearest edge of the same kind', () => {
    const errors = edgeErrors([span(2.2, 5), span(7, 9)], [span(2, 6)], clipSeconds);
    expect(errors.onsetSeconds).toBeCloseTo(0.2, 12);
    expect(errors.offsetSeconds).toBeCloseTo(1, 12);
  });

  it('sees no edge at the ends of the clip', () => {
    expect(edgeErrors([span(0, 10)], [span(3, 7)], clipSeconds)).toEqual({
      onsetSeconds: null,
      offsetSeconds: null,
    });
    expect(edgeErrors([span(3, 7)], [span(0, 10)], clipSeconds)).toEqual({
      onsetSeconds: null,
      offsetSeconds: null,
    });
  });
});
