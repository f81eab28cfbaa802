import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBenchmark } from '../../src/data/benchmark-set.node.js';
import { wantedPictures } from '../../src/data/picture-index.js';
import { continuousClasses, planBenchmark } from '../../src/data/plan-benchmark.js';
import { parseScene } from '../../src/data/scene.js';
import { SOUND_CLASSES } from '../../src/data/sound-classes.js';
import { librarySound, measureSound, quantise, type SoundLibrary } from '../../src/data/sound-library.js';
import { visibleSpans } from '../../src/data/visibility.js';
import { fakePictureIndex } from './fake-pictures.js';

/** A burst of 0.3 s for every class in both splits. */
function burstLibrary(): SoundLibrary {
  const wave = Float32Array.from({ length: 8000 }, (_, n) =>
    n > 800 && n < 5600 ? 0.3 * Math.sin(n * 0.3) : 0,
  );
  const { samples, scale } = quantise(wave);
  return {
    sounds: SOUND_CLASSES.flatMap((soundClass) =>
      (['train', 'val'] as const).map((split) => {
        const name = `${soundClass.id}/${split}`;
        const row = {
          file: `${name}.ogg`,
          label: soundClass.manifestLabels[0]!,
          fineLabel: soundClass.onlyFine?.[0] ?? soundClass.manifestLabels[0]!,
          licenceTier: 'A' as const,
          source: 'fake',
          version: '1',
          pathInSource: '-',
          durationSeconds: 0.5,
          activeSeconds: 0.3,
          sourceRateHz: 16000,
          bandwidth99Hz: null,
          rmsDbfs: null,
          sourceGroup: name,
          split,
          attribution: '',
        };
        return librarySound(row, samples, { scale, ...measureSound(wave) });
      }),
    ),
  };
}

const library = burstLibrary();
const scenes = planBenchmark({ seed: 0, pictures: fakePictureIndex, library });

describe('planBenchmark', () => {
  it('has ten paths for each of twelve classes, and twenty scenes of each general kind', () => {
    const continuous = scenes.filter(({ set }) => set === 'continuous');
    expect(continuousClasses).toHaveLength(12);
    for (const { soundClassId } of continuousClasses) {
      expect(continuous.filter(({ scene }) => scene.sound.classId === soundClassId)).toHaveLength(10);
    }
    const general = scenes.filter(({ set }) => set === 'general');
    for (const kind of ['one-shot', 'rhythm', 'ambience']) {
      expect(general.filter((scene) => scene.kind === kind)).toHaveLength(20);
    }
    expect(general).toHaveLength(60);
  });

  it('lasts 8 to 10 s, by names that say what each scene is, none twice', () => {
    expect(new Set(scenes.map(({ scene }) => scene.id)).size).toBe(scenes.length);
    for (const { scene } of scenes) {
      expect(scene.durationSeconds).toBeGreaterThanOrEqual(8);
      expect(scene.durationSeconds).toBeLessThanOrEqual(10);
      expect(parseScene(JSON.stringify(scene), 'a')).toEqual(scene);
    }
  });

  it('knows only pictures, places and recordings of the val split', () => {
    const splitOf = new Map(wantedPictures().map(({ id, split }) => [id, split]));
    for (const { scene } of scenes) {
      for (const { picture } of [scene.background, ...scene.objects])
        expect(splitOf.get(picture)).toBe('val');
      for (const file of scene.sound.files) expect(file).toMatch(/\/val\.ogg$/);
    }
  });

  it('gives fast passes the upper speeds of the subject, and slow ones the lower', () => {
    const speedOf = (id: string, kind: string): number[] =>
      scenes.flatMap((entry) => {
        const path = entry.scene.objects[0]?.trajectory;
        const isMeant = entry.scene.sound.classId === id && entry.kind === kind;
        return isMeant && path?.type === 'line' ? [path.speeds[0]!.metresPerSecond] : [];
      });
    // a car drives at 3 to 22 m/s
    expect(Math.min(...speedOf('car', 'fast pass'))).toBeGreaterThan(17);
    expect(Math.max(...speedOf('car', 'slow pass'))).toBeLessThan(9);
  });

  it('shows what it lets be heard: every rhythm has four events or more in the picture, and each is a hop', () => {
    for (const { scene, kind } of scenes) {
      const object = scene.objects[0];
      if (kind !== 'rhythm' || object === undefined) continue;
      const { trajectory, widthMetres, heightMetres } = object;
      const spans = visibleSpans(trajectory, widthMetres, heightMetres, scene.camera, scene.durationSeconds);
      const times = scene.sound.events!.map(({ timeSeconds }) => timeSeconds);
      const seen = times.filter((time) =>
        spans.some(({ startSeconds, endSeconds }) => time >= startSeconds && time < endSeconds),
      );
      expect(seen.length).toBeGreaterThanOrEqual(4);
      if (trajectory.type !== 'bounce') expect(object.hopsSeconds).toEqual(times);
    }
  });

  it('is decided by its seed', () => {
    const again = planBenchmark({ seed: 0, pictures: fakePictureIndex, library, sets: ['general'] });
    expect(again.map(({ scene }) => scene)).toEqual(
      scenes.filter(({ set }) => set === 'general').map(({ scene }) => scene),
    );
    const other = planBenchmark({ seed: 1, pictures: fakePictureIndex, library, sets: ['general'] });
    expect(other[0]!.scene.objects[0]).not.toEqual(again[0]!.scene.objects[0]);
  });

  it('goes on where one round ends: the same scenes, and others of the same make', () => {
    const rounds = planBenchmark({ seed: 0, pictures: fakePictureIndex, library, rounds: 2 });
    const idsOf = (all: typeof scenes): string[] => all.map(({ scene }) => scene.id);
    expect(rounds).toHaveLength(2 * scenes.length);
    expect(new Set(idsOf(rounds)).size).toBe(rounds.length);
    const planned = new Map(rounds.map((entry) => [entry.scene.id, entry]));
    for (const entry of scenes) expect(planned.get(entry.scene.id)).toEqual(entry);
    const pathsOf = (all: typeof scenes): string[] =>
      all
        .filter(({ set }) => set === 'continuous')
        .map(({ kind, scene }) => `${kind}/${scene.sound.classId}`);
    expect(pathsOf(rounds).sort()).toEqual([...pathsOf(scenes), ...pathsOf(scenes)].sort());
  });

  it('says which class has no recording', () => {
    const without = { sounds: library.sounds.filter(({ soundClass }) => soundClass.id !== 'siren') };
    expect(() => planBenchmark({ seed: 0, pictures: fakePictureIndex, library: without })).toThrow(/siren/);
  });
});

describe('readBenchmark', () => {
  it('names the file that is missing or no list', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'benchmark-'));
    try {
      await expect(readBenchmark(folder)).rejects.toThrow(/benchmark\.json cannot be read/);
      await writeFile(join(folder, 'benchmark.json'), '{"format": "smooth-foley.benchmark/1", "seed": 0}');
      await expect(readBenchmark(folder)).rejects.toThrow(/scenes/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
