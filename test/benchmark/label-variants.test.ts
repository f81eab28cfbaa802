import { describe, expect, it } from 'vitest';
import { absentClass, labelVariants, withTypos } from '../../src/benchmark/label-variants.js';
import type { Scene } from '../../src/data/scene.js';
import { SCENE_SUBJECTS } from '../../src/data/scene-subjects.js';
import { seededRandom } from '../../src/data/seeded-random.js';
import { soundClass } from '../../src/data/sound-classes.js';

/** A dog with a bystander, as far as labels look at it. */
function sceneWith(bystanders: readonly string[], id = 'val-00001'): Scene {
  return {
    id,
    background: { picture: 'bg:Outdoors/brick-wall2.jpg' },
    objects: ['dog', ...bystanders].map((subject) => ({ subject })),
    sound: { classId: 'dog-bark', label: 'dog barking', objectIndex: 0 },
  } as unknown as Scene;
}

describe('labelVariants', () => {
  it('asks for the same sound in other words, for another sound, and for none', () => {
    const variants = new Map(labelVariants(sceneWith(['sheep']), 0).map((one) => [one.name, one]));
    expect(variants.get('as it should be')!.label).toBe('dog barking');
    expect(variants.get('the bare name')!.label).toBe('dog');
    expect(variants.get('the kind of thing')!.label).toBe('animal');
    const synonym = variants.get('another phrase')!.label!;
    expect(synonym).not.toBe('dog barking');
    expect(soundClass('dog-bark').phrases).toContain(synonym);
    expect(variants.get('filler words')!.label).toContain('dog barking');
    expect(variants.get('another thing in the picture')).toMatchObject({
      classId: 'sheep-or-goat',
      objectIndex: 1,
    });
    expect(variants.get('wrong')!.classId).not.toMatch(/dog-bark|sheep-or-goat/);
    expect(variants.get('missing')).toMatchObject({ label: null, classId: 'dog-bark' });
  });

  it('has no other thing to name where there is none', () => {
    const names = labelVariants(sceneWith([]), 0).map(({ name }) => name);
    expect(names).not.toContain('another thing in the picture');
  });

  it('is the same for the same seed and another for another', () => {
    const labels = (seed: number) => labelVariants(sceneWith(['sheep']), seed).map(({ label }) => label);
    expect(labels(1)).toEqual(labels(1));
    expect([2, 3, 4].map(labels)).not.toContainEqual(labels(1));
  });
});

describe('absentClass', () => {
  it('names what nothing in the scene could sound like', () => {
    const scene = sceneWith(['sheep', 'horse']);
    const shown = SCENE_SUBJECTS.filter(({ id }) => ['dog', 'sheep', 'horse'].includes(id));
    const present = shown.flatMap(({ soundClassIds }) => soundClassIds);
    for (let seed = 0; seed < 200; seed++) {
      expect(present).not.toContain(absentClass(scene, seededRandom(seed)));
    }
  });
});

describe('withTypos', () => {
  it('changes every word of four letters or more by one slip, or the longest alone', () => {
    for (let seed = 0; seed < 100; seed++) {
      const [dog, barking, loudly] = withTypos('dog barking loudly', 'all', seededRandom(seed)).split(' ');
      expect(dog).toBe('dog');
      expect(barking).not.toBe('barking');
      expect(barking).toMatch(/^b/);
      expect(Math.abs(barking!.length - 'barking'.length)).toBeLessThanOrEqual(1);
      expect(loudly).not.toBe('loudly');
      expect(withTypos('dog barking loudly', 'longest', seededRandom(seed))).toMatch(/^dog b\w+ loudly$/);
    }
  });
});
