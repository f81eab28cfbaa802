import { describe, expect, it } from 'vitest';
import { wantedPictures } from '../../src/data/picture-index.js';
import { planScene } from '../../src/data/plan-scene.js';
import { parseScene, type Scene, sceneSchema } from '../../src/data/scene.js';
import { soundOfScene } from '../../src/data/scene-sound.js';
import { SCENE_SUBJECTS } from '../../src/data/scene-subjects.js';
import { soundClass } from '../../src/data/sound-classes.js';
import { withSyntheticSounds } from '../../src/data/synthetic-library.js';
import { impactsOf, positionAt } from '../../src/data/trajectory.js';
import { isSeen, projectBox, visibleSpans } from '../../src/data/visibility.js';
import { fakeLibrary } from './fake-library.js';
import { fakePictureIndex } from './fake-pictures.js';

const library = withSyntheticSounds(fakeLibrary(), { perClass: { train: 1, val: 1 } });
const durationSeconds = 6;
const plan = (seed: number, split: 'train' | 'val' = 'train'): Scene =>
  planScene({ split, seed, pictures: fakePictureIndex, library, durationSeconds });
const scenes = Array.from({ length: 120 }, (_, seed) => plan(seed));

describe('planScene', () => {
  it('gives scenes that its own schema reads back', () => {
    for (const scene of scenes) expect(parseScene(JSON.stringify(scene), 'a.scene.json')).toEqual(scene);
  });

  it('is decided by the seed', () => {
    expect(plan(5)).toEqual(plan(5));
    expect(plan(5)).not.toEqual(plan(6));
  });

  it('uses pictures, places and recordings of its own split only', () => {
    const splitOf = new Map(wantedPictures().map((picture) => [picture.id, picture.split]));
    for (const split of ['train', 'val'] as const) {
      for (let seed = 0; seed < 80; seed++) {
        const scene = plan(seed, split);
        for (const id of [scene.background.picture, ...scene.objects.map((object) => object.picture)]) {
          expect(splitOf.get(id)).toBe(split);
        }
        const files = library.sounds.filter((sound) => scene.sound.files.includes(sound.row.file));
        expect(files.length).toBeGreaterThan(0);
        expect(files.every((sound) => sound.row.split === split)).toBe(true);
      }
    }
  });

  it('lets about a fifth fall silent and a fifth sound on out of sight', () => {
    const share = (presence: string): number =>
      scenes.filter((scene) => scene.sound.presence === presence).length / scenes.length;
    // 120 draws at 0.2: three standard deviations are 0.11.
    expect(Math.abs(share('silent') - 0.2)).toBeLessThan(0.11);
    expect(Math.abs(share('always') - 0.2)).toBeLessThan(0.11);
  });

  it('marks a scene with a GPL picture as not redistributable', () => {
    for (const scene of scenes) {
      const usesGpl = [scene.background, ...scene.objects].some(({ picture }) => picture.startsWith('tux:'));
      expect(scene.redistributable).toBe(!usesGpl);
    }
  });
});

describe('planned objects', () => {
  const moving = scenes.filter((scene) => scene.objects.length > 0);
  const seen = (scene: Scene): number => {
    const object = scene.objects[0]!;
    return visibleSpans(
      object.trajectory,
      object.widthMetres,
      object.heightMetres,
      scene.camera,
      durationSeconds,
    ).reduce((sum, span) => sum + span.endSeconds - span.startSeconds, 0);
  };

  it('are seen for a good part of the clip, and most of them not all the time or not at one place', () => {
    expect(moving.length).toBeGreaterThan(80);
    for (const scene of moving) expect(seen(scene)).toBeGreaterThan(0.3);
    const changing = moving.filter((scene) => scene.objects[0]!.trajectory.type !== 'still').length;
    expect(changing / moving.length).toBeGreaterThan(0.5);
  });

  it('enter, leave, or stay, as their motion says', () => {
    const at = (scene: Scene, time: number): boolean => {
      const { trajectory, widthMetres, heightMetres } = scene.objects[0]!;
      return isSeen(projectBox(positionAt(trajectory, time), widthMetres, heightMetres, scene.camera));
    };
    const ends = new Set<string>();
    for (const scene of moving) {
      if (scene.motion === 'enter') expect(at(scene, 0)).toBe(false);
      if (scene.motion === 'leave' || scene.motion === 'static') expect(at(scene, 0)).toBe(true);
      ends.add(scene.motion);
    }
    expect(ends.size).toBeGreaterThan(6);
  });
});

describe('soundOfScene', () => {
  const find = (accept: (scene: Scene) => boolean): Scene => {
    for (let seed = 0; seed < 3000; seed++) {
      const scene = plan(seed);
      if (accept(scene)) return scene;
    }
    throw new Error('no such scene among 3000');
  };

  it('is silence for a silent object', () => {
    const { mono, truth } = soundOfScene(
      find((scene) => scene.sound.presence === 'silent'),
      library,
    );
    expect(mono.every((value) => value === 0)).toBe(true);
    expect(truth.spans).toEqual([]);
    expect(truth.onsetsSeconds).toEqual([]);
  });

  it('sounds only while the object is seen, unless it sounds always', () => {
    const scene = find(
      ({ sound, motion }) => sound.presence === 'visible' && motion === 'pass-by' && sound.events === null,
    );
    const { mono, truth } = soundOfScene(scene, library);
    const energyOutside = (wave: Float32Array): number => {
      let energy = 0;
      wave.forEach((value, index) => {
        const seen = truth.visibleSpans.some(
          ({ startSeconds, endSeconds }) => index / 16000 >= startSeconds && index / 16000 < endSeconds,
        );
        if (!seen) energy += value * value;
      });
      return energy;
    };
    expect(truth.visibleSpans.length).toBeGreaterThan(0);
    expect(energyOutside(mono)).toBe(0);
    const always = { ...scene, sound: { ...scene.sound, presence: 'always' as const } };
    expect(energyOutside(soundOfScene(always, library).mono)).toBeGreaterThan(0);
  });

  it('puts the onsets of a ball at its impacts, plus the travel of sound', () => {
    const scene = find(({ motion, sound }) => motion === 'bounce' && sound.presence === 'always');
    const { trajectory } = scene.objects[0]!;
    if (trajectory.type !== 'bounce') throw new Error('not a bounce');
    const { truth } = soundOfScene(scene, library);
    const impacts = impactsOf(trajectory).map(({ timeSeconds }) => timeSeconds);
    expect(truth.onsetsSeconds.length).toBeGreaterThan(1);
    truth.onsetsSeconds.forEach((onset) => {
      const nearest = Math.min(...impacts.map((impact) => Math.abs(onset - impact)));
      expect(nearest).toBeLessThan(0.03); // at most 10 m of travel
    });
  });

  it('follows the true gain with its level', () => {
    const scene = find(
      ({ motion, sound, objects }) =>
        motion === 'pass-by' &&
        sound.presence === 'always' &&
        sound.events === null &&
        objects[0]!.trajectory.type === 'line' &&
        objects[0]!.trajectory.speeds[0]!.metresPerSecond > 8 &&
        sound.sourceSpans[0]!.startSeconds < 0,
    );
    const { mono, truth } = soundOfScene(
      { ...scene, sound: { ...scene.sound, groundReflection: 0 } },
      library,
    );
    const levels: number[] = [];
    const gains: number[] = [];
    for (let block = 0; block < durationSeconds * 4; block++) {
      const part = mono.subarray(block * 4000, (block + 1) * 4000);
      levels.push(10 * Math.log10(part.reduce((sum, value) => sum + value * value, 1e-9) / part.length));
      gains.push(20 * Math.log10(truth.gain[block * 25 + 12]!));
    }
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const centred = (values: number[]): number[] => values.map((value) => value - mean(values));
    const dot = (a: number[], b: number[]): number =>
      a.reduce((sum, value, index) => sum + value * b[index]!, 0);
    const [a, b] = [centred(levels), centred(gains)];
    expect(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))).toBeGreaterThan(0.9);
  });
});

describe('the tables', () => {
  it('name only sound classes that exist, and each picture in one split', () => {
    for (const subject of SCENE_SUBJECTS)
      for (const id of subject.soundClassIds) expect(soundClass(id).id).toBe(id);
    expect(() => wantedPictures()).not.toThrow();
  });

  it('refuse a scene file with an unknown field, naming it', () => {
    expect(() => parseScene('{', 'x.json')).toThrow('x.json: is not JSON');
    expect(() => parseScene(JSON.stringify({ ...scenes[0], durationSeconds: -1 }), 'x.json')).toThrow(
      'durationSeconds',
    );
    expect(sceneSchema.safeParse({ ...scenes[0], colour: 1 }).success).toBe(false);
  });
});
