// Golden values: python reference/evaluation/published_metrics.py AV_BENCHMARK MMAUDIO test/golden/evaluation/published-metrics.json
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { meanKlDivergence, shuffledInceptionScore } from '../../src/evaluation/class-distributions.js';
import type { AudioEmbedder } from '../../src/evaluation/embedders/audio-embedder.js';
import { labelSpaceEmbedder } from '../../src/evaluation/embedders/label-space-embedder.js';
import { frameAudioScore } from '../../src/evaluation/frame-audio-score.js';
import { kernelDistance } from '../../src/evaluation/kernel-distance.js';
import { mmaudioOnsetScore } from '../../src/evaluation/mmaudio-onsets.js';
import { NumpyRandomState } from '../../src/evaluation/numpy-random.js';
import { hashedPicture, hashedUniform } from '../models/hashed-weights.js';

interface Golden {
  permutation: number[];
  inception: [mean: number, deviation: number];
  kl: number;
  kid: Record<'20' | '1000', [mean: number, deviation: number]>;
  onsets: {
    reference: number[];
    made: number[];
    seconds: number;
    accuracy: number;
    averagePrecision: number;
    f1: number;
  }[];
}
const golden: Golden = JSON.parse(
  readFileSync(new URL('../golden/evaluation/published-metrics.json', import.meta.url), 'utf8'),
);

function rows(key: string, count: number, width: number, change: (value: number) => number): Float32Array[] {
  const { data } = hashedPicture(key, [count, width]);
  return Array.from({ length: count }, (_, row) => data.slice(row * width, (row + 1) * width).map(change));
}
const real = rows('real logits', 23, 7, (value) => value * 3);
const made = rows('made logits', 23, 7, (value) => value * 3);

describe('metrics over classes', () => {
  it('shuffles as NumPy does', () => {
    expect(new NumpyRandomState(2020).permutation(23)).toEqual(golden.permutation);
  });

  it("gives av-benchmark's inception score", () => {
    const score = shuffledInceptionScore(made);
    // logits are float32 on both sides, sums are in double precision
    expect(score.mean).toBeCloseTo(golden.inception[0], 6);
    expect(score.deviation).toBeCloseTo(golden.inception[1], 6);
  });

  it("gives av-benchmark's KL", () => {
    expect(meanKlDivergence(real, made)).toBeCloseTo(golden.kl, 5); // theirs is summed in float32
  });
});

describe('kernelDistance', () => {
  const [a, b] = [
    { width: 6, data: hashedPicture('real vectors', [40, 6]).data },
    { width: 6, data: hashedPicture('made vectors', [33, 6]).data.map((value) => Math.fround(value + 0.3)) },
  ];

  it.each([20, 1000] as const)("is av-benchmark's with subsets of %i at most", (subsetSize) => {
    const [mean, deviation] = golden.kid[`${subsetSize}`];
    const found = kernelDistance(a, b, { subsetSize });
    expect(found.mean).toBeCloseTo(mean, 5); // theirs is summed in float32
    expect(found.deviation).toBeCloseTo(deviation, 5);
    expect(found.subsetSize).toBe(Math.min(subsetSize, 33));
  });

  it('refuses sets that cannot be compared', () => {
    expect(() => kernelDistance(a, { width: 3, data: b.data })).toThrow(/40 vectors of 6 against 66 of 3/);
    expect(() => kernelDistance(a, { width: 6, data: b.data.slice(0, 6) })).toThrow(/1 of 6/);
  });
});

describe('mmaudioOnsetScore', () => {
  /** The reference's sound: bursts that die away, each quieter than the one before. */
  function sound(index: number, times: readonly number[], seconds: number): Float32Array {
    const wave = new Float64Array(Math.trunc(seconds * 22_050));
    for (const [place, time] of times.entries()) {
      const start = Math.trunc(time * 22_050);
      hashedUniform(`burst ${index} ${place}`, 2205).forEach((u, n) => {
        const value = (u * 2 - 1) * Math.exp(-n / 400) * 0.8 * 0.9 ** place;
        if (start + n < wave.length) wave[start + n]! += value;
      });
    }
    return Float32Array.from(wave);
  }

  it.each(golden.onsets.map((entry, index) => ({ index, ...entry })))(
    'scores clip $index as the published script',
    ({ index, reference, made: times, seconds, accuracy, averagePrecision, f1 }) => {
      const score = mmaudioOnsetScore(reference, sound(index, times, seconds));
      // the script prints four decimals
      expect(score.accuracy).toBeCloseTo(accuracy, 4);
      expect(score.averagePrecision).toBeCloseTo(averagePrecision, 4);
      expect(score.f1).toBeCloseTo(f1, 4);
    },
  );

  it('has no average precision where there is no onset at all', () => {
    const silent = mmaudioOnsetScore([], new Float32Array(22_050));
    expect(silent).toEqual({ accuracy: 0, averagePrecision: null, f1: 0 });
  });
});

describe('frameAudioScore', () => {
  it('is the cosine of the mean of the frames and the mean of the sound', () => {
    const frames = { width: 2, data: Float32Array.of(1, 0, 1, 2) }; // mean (1, 1)
    expect(frameAudioScore(frames, { width: 2, data: Float32Array.of(3, 3) })).toBeCloseTo(1, 12);
    expect(frameAudioScore(frames, { width: 2, data: Float32Array.of(0, 5) })).toBeCloseTo(Math.SQRT1_2, 12);
    expect(() => frameAudioScore(frames, { width: 3, data: new Float32Array(3) })).toThrow(/2 numbers/);
  });

  it('works with a classifier whose classes are labels in the space of the frames', async () => {
    const classifier: AudioEmbedder = {
      id: 'loud or quiet',
      sampleRateHz: 10,
      width: 1,
      classes: 2,
      embed: async (samples) => ({
        width: 1,
        data: Float32Array.of(0),
        classLogits: Float32Array.of(40 * samples[0]!, 0),
      }),
      close: async () => {},
    };
    const paired = labelSpaceEmbedder(classifier, [Float32Array.of(0, 2), Float32Array.of(3, 0)]);
    // at length 1 less their mean (0.5, 0.5), the labels point in opposite directions
    const sure = await paired.embed(Float32Array.of(1));
    expect([...sure.data]).toEqual([expect.closeTo(-0.5), expect.closeTo(0.5)]);
    expect([...(await paired.embed(Float32Array.of(0))).data]).toEqual([0, 0]);
    expect(() => labelSpaceEmbedder(classifier, [Float32Array.of(1)])).toThrow(/2 classes, not 1/);
  });
});
