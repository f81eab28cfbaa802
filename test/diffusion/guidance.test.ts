import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConditionSet,
  combinePredictions,
  type Guidance,
  gaussianNoise,
  guidanceTerms,
  isWithin,
  type StepPosition,
} from '../../src/diffusion/index.js';

const predictions: Record<ConditionSet, Float32Array> = {
  none: gaussianNoise(32, 1),
  vision: gaussianNoise(32, 2),
  'text+vision': gaussianNoise(32, 3),
};

const firstOfTen: StepPosition = { index: 0, count: 10 };

function guided(guidance: Guidance): Float32Array {
  const terms = guidanceTerms(guidance, firstOfTen);
  return combinePredictions(
    terms.map((term) => ({ ...term, prediction: predictions[term.conditionSet] })),
    guidance.rescale,
  );
}

const setsOf = (guidance: Guidance, step = firstOfTen) =>
  guidanceTerms(guidance, step).map((term) => term.conditionSet);

const scales = fc.double({ min: -2, max: 15, noNaN: true });

describe('guidanceTerms', () => {
  it('evaluates once at scale 1, twice for a joint scale, thrice for separate ones', () => {
    expect(setsOf({ mode: 'joint', scale: 1 })).toEqual(['text+vision']);
    expect(setsOf({ mode: 'joint', scale: 7.5 })).toEqual(['none', 'text+vision']);
    expect(setsOf({ mode: 'separate', textScale: 5, visionScale: 3 })).toEqual([
      'none',
      'vision',
      'text+vision',
    ]);
    expect(setsOf({ mode: 'separate', textScale: 5, visionScale: 5 })).toEqual(['none', 'text+vision']);
    expect(setsOf({ mode: 'separate', textScale: 5, visionScale: 1 })).toEqual(['vision', 'text+vision']);
    expect(setsOf({ mode: 'separate', textScale: 0, visionScale: 4 })).toEqual(['none', 'vision']);
    expect(setsOf({ mode: 'separate', textScale: 1, visionScale: 1 })).toEqual(['text+vision']);
  });

  it('acts only within its interval', () => {
    const guidance: Guidance = {
      mode: 'joint',
      scale: 4,
      interval: { from: 0.2, until: 0.8 },
    };
    const passes = Array.from({ length: 10 }, (_, index) => setsOf(guidance, { index, count: 10 }).length);
    expect(passes).toEqual([1, 1, 2, 2, 2, 2, 2, 2, 1, 1]);
  });

  it('gives every step to exactly one of two intervals that meet', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (count, share) => {
          for (let index = 0; index < count; index++) {
            const before = isWithin({ index, count }, { from: 0, until: share });
            const after = isWithin({ index, count }, { from: share, until: 1 });
            if (before === after) return false;
          }
          return true;
        },
      ),
    );
  });

  it('refuses factors that are not numbers', () => {
    expect(() => guidanceTerms({ mode: 'joint', scale: Number.NaN }, firstOfTen)).toThrow(/guidance/);
    expect(() => guidanceTerms({ mode: 'joint', scale: 2, rescale: 1.1 }, firstOfTen)).toThrow(/rescale/);
  });
});

describe('combinePredictions', () => {
  it('is none + g (both - none) for a joint scale', () => {
    fc.assert(
      fc.property(scales, (scale) => {
        const result = guided({ mode: 'joint', scale });
        return result.every((value, at) => {
          const none = predictions.none[at]!;
          const expected = none + scale * (predictions['text+vision'][at]! - none);
          return Math.abs(value - expected) < 1e-5; // one float32 rounding of values up to 100
        });
      }),
    );
  });

  it('is none + gv (vision - none) + gt (both - vision) for separate scales', () => {
    fc.assert(
      fc.property(scales, scales, (textScale, visionScale) => {
        const result = guided({ mode: 'separate', textScale, visionScale });
        return result.every((value, at) => {
          const none = predictions.none[at]!;
          const vision = predictions.vision[at]!;
          const both = predictions['text+vision'][at]!;
          const expected = none + visionScale * (vision - none) + textScale * (both - vision);
          return Math.abs(value - expected) < 1e-5;
        });
      }),
    );
  });

  it('rescales each item of a batch to the spread of its conditioned prediction', () => {
    const terms = guidanceTerms({ mode: 'joint', scale: 9 }, firstOfTen);
    const named = terms.map((term) => ({ ...term, prediction: predictions[term.conditionSet] }));
    const result = combinePredictions(named, 1, 16);
    const spread = (values: Float32Array) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    };
    for (const start of [0, 16]) {
      const expected = spread(predictions['text+vision'].slice(start, start + 16));
      expect(spread(result.slice(start, start + 16))).toBeCloseTo(expected, 5);
    }
    expect(() => combinePredictions(named, 1, 7)).toThrow(/7/);
  });

  it('leaves predictions as they were', () => {
    const before = predictions.none.slice();
    guided({ mode: 'joint', scale: 3, rescale: 0.7 });
    expect(predictions.none).toEqual(before);
  });
});
