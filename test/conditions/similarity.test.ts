import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cosineCurve,
  defaultSimilaritySettings,
  embeddingsOver,
  type FrameEmbeddings,
  similarityCurve,
  similaritySettings,
  similarityStrategies,
} from '../../src/conditions/index.js';

/** Two-dimensional frames at the given angles from the label [1, 0], 30 a second. */
function framesAt(degrees: readonly number[]): FrameEmbeddings {
  return {
    timesSeconds: Float64Array.from(degrees, (_, index) => index / 30),
    width: 2,
    data: Float32Array.from(
      degrees.flatMap((angle) => [
        3 * Math.cos((angle * Math.PI) / 180),
        3 * Math.sin((angle * Math.PI) / 180),
      ]),
    ),
  };
}
const label = Float32Array.of(2, 0);

describe('similarity', () => {
  it('is a cosine whatever the lengths, and 0 for a zero vector', () => {
    const cosines = cosineCurve(framesAt([0, 60, 90, 180]), label);
    // float32 inputs: 1e-6
    [1, 0.5, 0, -1].forEach((expected, index) => {
      expect(cosines[index]).toBeCloseTo(expected, 6);
    });
    expect([
      ...cosineCurve({ timesSeconds: Float64Array.of(0), width: 2, data: Float32Array.of(0, 0) }, label),
    ]).toEqual([0]);
  });

  it('contrast is the softmax against the background', () => {
    const settings = similaritySettings.parse({
      strategy: 'contrast',
      temperature: 0.5,
      background: ['a', 'b'],
    });
    const curve = similarityCurve(framesAt([60]), label, settings, [
      Float32Array.of(0, 1),
      Float32Array.of(-1, 0),
    ]);
    const weights = [0.5, Math.sin(Math.PI / 3), -0.5].map((cosine) => Math.exp(cosine / 0.5));
    expect(curve[0]).toBeCloseTo(weights[0]! / weights.reduce((a, b) => a + b), 6);
  });

  it('contrast can be on throughout and off throughout; min-max cannot', () => {
    const contrast = similaritySettings.parse({ strategy: 'contrast', background: ['a'] });
    const background = [Float32Array.of(0, 1)];
    expect(Math.min(...similarityCurve(framesAt([0, 5, 10]), label, contrast, background))).toBeGreaterThan(
      0.5,
    );
    expect(Math.max(...similarityCurve(framesAt([80, 85, 90]), label, contrast, background))).toBeLessThan(
      0.5,
    );
    const stretched = similarityCurve(framesAt([70, 80, 90]), label, defaultSimilaritySettings('min-max'));
    expect([stretched[0], stretched[2]]).toEqual([1, 0]);
  });

  it('min-max leaves a flat curve on', () => {
    expect([...similarityCurve(framesAt([80, 80, 80]), label, defaultSimilaritySettings('min-max'))]).toEqual(
      [1, 1, 1],
    );
  });

  it('raw is one half at its shift', () => {
    const settings = similaritySettings.parse({ strategy: 'raw', shift: 0.5, scale: 10 });
    expect(similarityCurve(framesAt([60]), label, settings)[0]).toBeCloseTo(0.5, 5);
  });

  it('stays within 0..1 and grows with the cosine, in every strategy', () => {
    const angles = fc.array(fc.double({ min: 0, max: 180, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        angles,
        fc.constantFrom(...similarityStrategies.filter((one) => one !== 'places')),
        (degrees, strategy) => {
          const sorted = [...degrees].sort((a, b) => a - b);
          const settings = defaultSimilaritySettings(strategy);
          const background =
            settings.strategy === 'contrast' ? settings.background.map(() => Float32Array.of(0, 1)) : [];
          const curve = similarityCurve(framesAt(sorted), label, settings, background);
          curve.forEach((value, index) => {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
            // contrast also loses to the rival while the angle grows to 90 degrees, and both fall alike beyond
            if (index > 0 && (strategy !== 'contrast' || sorted[index]! <= 90))
              expect(value).toBeLessThanOrEqual(curve[index - 1]! + 1e-6);
          });
        },
      ),
    );
  });

  it('names what does not fit', () => {
    expect(() =>
      similarityCurve(framesAt([0]), Float32Array.of(1), defaultSimilaritySettings('raw')),
    ).toThrow(/width 1/);
    expect(() => similarityCurve(framesAt([0]), label, defaultSimilaritySettings('contrast'))).toThrow(
      /background embeddings, got 0/,
    );
  });
});

describe('embeddingsOver', () => {
  const frames: FrameEmbeddings = {
    timesSeconds: Float64Array.of(0.1, 0.2, 0.4),
    width: 1,
    data: Float32Array.of(1, 2, 3),
  };
  it('takes the frame on screen, the first before the start, the last after the end', () => {
    expect([...embeddingsOver(frames, 0, 6, 0.1)]).toEqual([1, 1, 2, 2, 3, 3]);
  });
});
