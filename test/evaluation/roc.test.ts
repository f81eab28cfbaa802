import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestCut, rocArea } from '../../src/evaluation/roc.js';

const scored = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean()), {
  minLength: 1,
  maxLength: 40,
});

describe('rocArea', () => {
  it('is the share of pairs in the right order, ties counted half', () => {
    fc.assert(
      fc.property(scored, (entries) => {
        const scores = entries.map(([score]) => score);
        const flags = entries.map(([, flag]) => flag);
        const wanted = scores.filter((_, index) => flags[index]);
        const others = scores.filter((_, index) => !flags[index]);
        const area = rocArea(scores, flags);
        if (wanted.length === 0 || others.length === 0) {
          expect(area).toBeNull();
          return;
        }
        let pairs = 0;
        for (const a of wanted) for (const b of others) pairs += a > b ? 1 : a === b ? 0.5 : 0;
        // both sides are sums of halves over the same whole number
        expect(area).toBeCloseTo(pairs / (wanted.length * others.length), 12);
      }),
    );
  });

  it('refuses flags that do not belong to the scores', () => {
    expect(() => rocArea([1, 2], [true])).toThrow('2 scores against 1 flags');
  });
});

describe('bestCut', () => {
  it('finds no better balanced accuracy anywhere else', () => {
    fc.assert(
      fc.property(scored, (entries) => {
        const scores = entries.map(([score]) => score);
        const flags = entries.map(([, flag]) => flag);
        const cut = bestCut(scores, flags);
        if (cut === null) {
          expect(new Set(flags).size).toBe(1);
          return;
        }
        const accuracyAt = (threshold: number): number => {
          const share = (kind: boolean): number => {
            const kept = entries.filter(([, flag]) => flag === kind);
            return kept.filter(([score]) => score >= threshold === kind).length / kept.length;
          };
          return (share(true) + share(false)) / 2;
        };
        expect(cut.balancedAccuracy).toBeCloseTo(accuracyAt(cut.threshold), 12);
        for (let threshold = -0.5; threshold < 10; threshold++) {
          expect(cut.balancedAccuracy).toBeGreaterThanOrEqual(accuracyAt(threshold) - 1e-12);
        }
      }),
    );
  });
});
