/** @file What places learn from: jittered colours, and which class covers which place of a scene. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Scene } from '../../src/data/scene.js';
import { seededRandom } from '../../src/data/seeded-random.js';
import { SOUND_CLASSES } from '../../src/data/sound-classes.js';
import { placeGrid } from '../../src/models/picture-places.js';
import { jitterColours } from '../../src/training/colour-jitter.js';
import { coverOfPlaces, isHeldOut } from '../../src/training/place-dataset.node.js';

describe('jitterColours', () => {
  const pixels = Uint8Array.from({ length: 3 * 64 }, (_, i) => (i * 37) % 256);

  it('depends on the seed alone, and leaves the picture as it was', () => {
    const before = pixels.slice();
    const [a, b, c] = ['1', '1', '2'].map((seed) => jitterColours(pixels, seededRandom(seed)));
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
    expect(pixels).toEqual(before);
  });

  it('keeps the order of greys', () => {
    const greys = Uint8Array.from({ length: 3 * 256 }, (_, i) => Math.floor(i / 3));
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const jittered = jitterColours(greys, seededRandom(seed));
        for (let at = 3; at < jittered.length; at++)
          expect(jittered[at]).toBeGreaterThanOrEqual(jittered[at - 3]!);
      }),
    );
  });
});

/** A dog 2 m wide and high, 4 m away, `x` metres to the right. */
function sceneWith(x: number, sound: Partial<Scene['sound']> = {}): Scene {
  return {
    camera: { heightMetres: 1, focalWidths: 1, horizon: 0.5, aspect: 1 },
    objects: [
      {
        subject: 'dog',
        widthMetres: 2,
        heightMetres: 2,
        trajectory: { type: 'still', at: { x, y: 0, z: 4 } },
      },
    ],
    sound: { classId: 'dog-bark', objectIndex: 0, ...sound },
  } as unknown as Scene;
}

const dog = SOUND_CLASSES.findIndex(({ id }) => id === 'dog-bark');
const coverOf = (scene: Scene, index: number) =>
  Array.from(
    { length: 49 },
    (_, place) => coverOfPlaces(scene, 0, placeGrid(224))[place * SOUND_CLASSES.length + index]!,
  );

describe('coverOfPlaces', () => {
  it('is 1 inside the object, 0 outside, and a share at its edges', () => {
    // half the picture wide and high, in its middle: places 1.75 to 5.25 in both directions
    const cover = coverOf(sceneWith(0), dog);
    const at = (row: number, column: number) => cover[row * 7 + column];
    expect(at(3, 3)).toBe(1);
    expect(at(0, 0)).toBe(0);
    expect(at(3, 1)).toBeCloseTo(0.25, 5);
    expect(at(1, 1)).toBeCloseTo(0.0625, 5);
    expect(cover.reduce((sum, share) => sum + share, 0)).toBeCloseTo(3.5 * 3.5, 4);
  });

  it('moves with the object, and covers no other class', () => {
    const cover = coverOf(sceneWith(1), dog);
    expect(cover[3 * 7 + 5]).toBe(1);
    expect(cover[3 * 7 + 2]).toBe(0);
    const cat = SOUND_CLASSES.findIndex(({ id }) => id === 'cat-meow');
    expect(Math.max(...coverOf(sceneWith(1), cat))).toBe(0);
  });

  it('is not known for the sound of a place', () => {
    const rain = SOUND_CLASSES.findIndex(({ id }) => id === 'rain');
    expect(rain).toBeGreaterThanOrEqual(0);
    const cover = coverOf(sceneWith(0, { objectIndex: null, classId: 'rain' }), rain);
    expect(new Set(cover)).toEqual(new Set([-1]));
  });
});

it('a quarter of the pictures is held out, always the same', () => {
  const names = Array.from({ length: 2000 }, (_, i) => `package:picture-${i}.png`);
  const held = names.filter(isHeldOut);
  expect(held.length / names.length).toBeGreaterThan(0.2);
  expect(held.length / names.length).toBeLessThan(0.3);
  expect(names.filter(isHeldOut)).toEqual(held);
});
