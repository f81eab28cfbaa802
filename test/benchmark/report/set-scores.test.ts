import { describe, expect, it } from 'vitest';
import { type HeardSound, setScores } from '../../../src/benchmark/report/set-scores.js';
import { seededRandom } from '../../../src/data/seeded-random.js';
import { frechetDistanceOf } from '../../../src/evaluation/frechet-distance.js';

const width = 3;
const scenes = Array.from({ length: 24 }, (_, index) => `scene-${index}`);

/** Sounds whose vectors lie around `shift`, and whose class is named with `sureness`. */
function sounds(seed: string, shift: number, sureness: number): Map<string, HeardSound> {
  const random = seededRandom(seed);
  return new Map(
    scenes.map((scene, index) => [
      scene,
      {
        width,
        data: Float32Array.from({ length: width }, () => shift + random.normal()),
        classLogits: Float32Array.from({ length: 4 }, (_, at) => (at === index % 4 ? sureness : 0)),
      },
    ]),
  );
}
const truth = sounds('truth', 0, 6);
const good = sounds('good', 0.3, 4);
const bad = sounds('bad', 2, 0);
const recordings = [...sounds('recordings', 0, 6).values()].map((sound) => ({ sound, weight: 1 }));

const input = {
  sounds: new Map([
    ['truth', truth],
    ['good', good],
    ['bad', bad],
  ]),
  truth,
  recordings,
  width,
  against: 'good',
  resamples: 200,
  seed: 0,
};
const scores = setScores(input);
const of = (system: string) => scores.find((row) => row.system === system)!;

describe('setScores', () => {
  it('gives the Fréchet distances of the sets themselves', () => {
    const joined = (map: ReadonlyMap<string, HeardSound>) => ({
      width,
      data: Float32Array.from([...map.values()].flatMap(({ data }) => [...data])),
    });
    const reference = { width, data: Float32Array.from(recordings.flatMap(({ sound }) => [...sound.data])) };
    expect(of('bad').frechetToRecordings!.estimate).toBeCloseTo(frechetDistanceOf(joined(bad), reference), 4);
    expect(of('good').frechetToTruth!.estimate).toBeCloseTo(
      frechetDistanceOf(joined(good), joined(truth)),
      4,
    );
    expect(of('truth').frechetToTruth!.estimate).toBeLessThan(1e-4);
  });

  it('gives the same to the last digit in whatever order sounds were made', () => {
    const turned = <T>(map: ReadonlyMap<string, T>) => new Map([...map].reverse());
    const shuffled = new Map([...input.sounds].map(([system, ofScene]) => [system, turned(ofScene)]));
    expect(setScores({ ...input, sounds: shuffled, truth: turned(truth) })).toEqual(scores);
  });

  it('tells systems apart by intervals of their difference, drawn on the same scenes', () => {
    const { difference, estimate, low, high } = of('bad').frechetToRecordings!;
    expect(low).toBeLessThan(estimate);
    expect(high).toBeGreaterThan(estimate);
    expect(difference!.estimate).toBeCloseTo(estimate - of('good').frechetToRecordings!.estimate, 9);
    expect(difference!.low).toBeGreaterThan(0);
    expect(of('good').frechetToRecordings!.difference).toBeNull();
  });

  it('finds less divergence and a higher inception score where classes are named as in the truth', () => {
    expect(of('truth').divergence!.estimate).toBeCloseTo(0, 9);
    expect(of('bad').divergence!.difference!.low).toBeGreaterThan(0);
    expect(of('bad').inception!.estimate).toBeCloseTo(1, 6); // it says nothing
    expect(of('good').inception!.estimate).toBeGreaterThan(2.5); // of 4 classes
  });

  it('does without recordings, truth and classes', () => {
    const blind = new Map([...good].map(([scene, sound]) => [scene, { ...sound, classLogits: null }]));
    const [row] = setScores({
      sounds: new Map([['good', blind]]),
      truth: null,
      recordings: [],
      width,
      against: 'both',
      resamples: 50,
      seed: 0,
    });
    expect(row).toEqual({
      system: 'good',
      scenes: 24,
      frechetToRecordings: null,
      frechetToTruth: null,
      divergence: null,
      inception: null,
    });
  });
});
