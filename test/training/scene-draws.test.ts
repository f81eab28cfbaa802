import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Timeline } from '../../src/conditions/timeline.js';
import { seededRandom } from '../../src/data/seeded-random.js';
import { float32ToFloat16, floats } from '../../src/graph/index.js';
import { Rows } from '../../src/training/row-cache.node.js';
import type { SceneSplit } from '../../src/training/scene-dataset.node.js';
import { drawScenes, type SceneDraw, sceneDrawFields } from '../../src/training/scene-draws.js';
import { sceneTensors } from '../../src/training/scene-tensors.js';

const width = 2;
const seen = { perSecond: 1, count: 11 };
const schema = z.strictObject(sceneDrawFields);

/** Two dogs and a siren; what is seen of scene i in second t is (i + 1, t). */
function split(): SceneSplit {
  const rows = (of: (scene: number) => number[]): Rows => {
    const values = [0, 1, 2].flatMap(of);
    return new Rows(float32ToFloat16(Float32Array.from(values)), 3, values.length / 3);
  };
  return {
    captions: ['a dog barks', 'barking', 'a siren'],
    labels: ['dog barking', 'dog barking', 'siren'],
    kinds: ['animal', 'animal', 'vehicle'],
    alike: [[0, 1], [0, 1], [2]],
    spans: [[{ startSeconds: 1, endSeconds: 2 }], [], [{ startSeconds: 0, endSeconds: 10.24 }]],
    latents: rows(() => [0]),
    embeddings: rows((scene) => Array.from({ length: seen.count }, (_, t) => [scene + 1, t]).flat()),
  };
}

function draw(fields: z.input<typeof schema>, isTraining = true): SceneDraw[] {
  return drawScenes(split(), schema.parse(fields), 4000, seededRandom('draws'), isTraining);
}
function shareOf(draws: readonly SceneDraw[], is: (one: SceneDraw) => boolean): number {
  return draws.filter(is).length / draws.length;
}
const tolerance = 0.03; // four standard deviations of a share of 4000

describe('drawScenes', () => {
  it('hides text, frames and both as often as is said', () => {
    const draws = draw({ dropout: { text: 0.3, frames: 0.2, both: 0.1 } });
    const hides = (text: boolean, frames: boolean) =>
      shareOf(draws, (one) => (one.text === '') === text && (one.sight === null) === frames);
    expect(Math.abs(hides(true, false) - 0.3)).toBeLessThan(tolerance);
    expect(Math.abs(hides(false, true) - 0.2)).toBeLessThan(tolerance);
    expect(Math.abs(hides(true, true) - 0.1)).toBeLessThan(tolerance);
  });

  it('tells the kind, the label or a caption', () => {
    const draws = draw({ dropout: { text: 0, frames: 0, both: 0 }, labelShare: 0.5, vagueShare: 0.4 });
    const { captions, labels, kinds } = split();
    const says = (texts: readonly string[]) => shareOf(draws, ({ text, scene }) => text === texts[scene]);
    expect(Math.abs(says(kinds) - 0.4)).toBeLessThan(tolerance);
    expect(Math.abs(says(labels) - 0.3)).toBeLessThan(tolerance);
    expect(Math.abs(says(captions) - 0.3)).toBeLessThan(tolerance);
  });

  it('shows scenes of the same class in place of each other', () => {
    const draws = draw({ dropout: { text: 0, frames: 0, both: 0 }, otherSightShare: 1 });
    const alike = split().alike;
    expect(draws.every(({ scene, sight }) => alike[scene]!.includes(sight!))).toBe(true);
    expect(shareOf(draws, ({ scene, sight }) => scene === 0 && sight === 1)).toBeGreaterThan(0.1);
    expect(draw({}).every(({ scene, sight }) => sight === null || sight === scene)).toBe(true);
  });

  it('is taught where frames are shown and class or timing are not told', () => {
    const draws = draw({
      dropout: { text: 0.3, frames: 0.2, both: 0.1 },
      ...{ labelShare: 0.5, vagueShare: 0.4, timedShare: 0.5, taughtShare: 0.8 },
    });
    const { captions, labels } = split();
    for (const { scene, text, sight, isTimed, taught } of draws) {
      const knowsAll = isTimed && [captions[scene], labels[scene]].includes(text);
      expect(taught).toBe(sight !== null && !knowsAll ? 0.8 : 0);
    }
    expect(new Set(draws.map(({ taught }) => taught))).toEqual(new Set([0, 0.8]));
  });

  it('for validation shows every scene as it is, with the true target', () => {
    const draws = draw({ dropout: { text: 0.5 }, otherSightShare: 1, taughtShare: 1 }, false);
    expect(draws.every(({ scene, sight, taught }) => sight === scene && taught === 0)).toBe(true);
    expect(Math.abs(shareOf(draws, ({ text }) => text === '') - 0.55)).toBeLessThan(tolerance);
  });

  it('draws the same for the same seed', () => {
    expect(draw({ timedShare: 0.5 })).toEqual(draw({ timedShare: 0.5 }));
  });
});

describe('sceneTensors', () => {
  const timeline = new Timeline();
  const tensors = sceneTensors(timeline, seen, width, 1024);

  it('interpolates what was looked at between frames', () => {
    const { shape, data } = {
      shape: tensors.frames(split(), [1, null]).shape,
      data: floats(tensors.frames(split(), [1, null])),
    };
    expect(shape).toEqual([2, tensors.frameCount, width]);
    const times = floats(tensors.times(1));
    for (let frame = 0; frame < tensors.frameCount; frame++) {
      expect(data[frame * width]).toBe(2);
      expect(data[frame * width + 1]).toBeCloseTo(Math.min(10, times[frame]!), 4);
    }
    expect(data.subarray(tensors.frameCount * width).every((value) => value === 0)).toBe(true);
  });

  it('shows a scene as another one at its own size', () => {
    const own = floats(tensors.frames(split(), [0]));
    const other = floats(tensors.frames(split(), [0], [1]));
    expect(other).not.toEqual(own);
    expect(Math.hypot(other[0]!, other[1]!)).toBeCloseTo(Math.hypot(own[0]!, own[1]!), 2); // halves hold 3 digits
  });

  it('says when each sounds', () => {
    const { shape } = tensors.hint(split(), [0, 1, 2]);
    const hint = floats(tensors.hint(split(), [0, 1, 2]));
    expect(shape).toEqual([3, 1, 1, 1024]);
    const on = [0, 1, 2].map(
      (item) => hint.subarray(item * 1024, (item + 1) * 1024).filter((v) => v === 1).length,
    );
    expect(on).toEqual([100, 0, 1024]);
  });
});
