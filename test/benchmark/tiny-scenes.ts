/** @file Two scenes of a dog, two seconds each, with the pictures that they are drawn from: enough to run a benchmark. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'fast-png';
import type { Scene } from '../../src/data/scene.js';
import { plain } from '../data/fake-pictures.js';

export const tinySceneSeconds = 2;
const seconds = tinySceneSeconds;

const backgroundId = 'bg:Outdoors/driveway.jpg';
const dogs = ['tux:animals/mammals/dogs/dingo.png', 'scr:Animals/dog2-c.png'];

/** Writes `pictures` into a folder. */
export async function writeTinyPictures(root: string): Promise<void> {
  const at = (...names: string[]) => join(root, ...names);
  await mkdir(at('pictures'));
  const rows = [
    { id: backgroundId, kind: 'background', subjects: [], colour: [90, 120, 90] },
    { id: dogs[0]!, kind: 'sprite', subjects: ['dog'], colour: [200, 150, 80, 255] },
    { id: dogs[1]!, kind: 'sprite', subjects: ['dog'], colour: [40, 90, 250, 255] },
  ];
  const pictures = [];
  for (const [index, { colour, ...row }] of rows.entries()) {
    const [width, height] = [60, 40];
    const file = `${index}.png`;
    await writeFile(at('pictures', file), encode({ ...plain(width, height, colour), depth: 8 }));
    const source = { package: 'none', version: '1', licence: 'CC0-1.0', pathInPackage: file };
    pictures.push({ ...row, split: 'val', file, width, height, ...source });
  }
  await writeFile(
    at('pictures', 'index.json'),
    JSON.stringify({ format: 'smooth-foley.pictures/1', pictures }),
  );
}

/** A dog that stands there, or one that walks in after half the clip. */
export async function writeTinyScene(root: string, id: string, motion: 'static' | 'enter'): Promise<void> {
  const at = (...names: string[]) => join(root, ...names);
  const start = motion === 'static' ? 0 : 8;
  const visible = [{ startSeconds: motion === 'static' ? 0 : 1, endSeconds: seconds }];
  const scene: Scene = {
    format: 'smooth-foley.scene/1',
    id,
    split: 'val',
    durationSeconds: seconds,
    motion,
    camera: { heightMetres: 1, focalWidths: 1, horizon: 0.5, aspect: 4 / 3 },
    background: {
      picture: backgroundId,
      crop: { left: 0, top: 0, size: 1 },
      mirrored: false,
      brightness: 1,
      drift: { left: 0, top: 0, size: 0 },
    },
    objects: [
      {
        picture: dogs[0]!,
        subject: 'dog',
        ...{ widthMetres: 2, heightMetres: 1, mirrored: false, brightness: 1, castsShadow: false },
        trajectory: {
          type: 'line',
          start: { x: start, y: 0, z: 4 },
          direction: { x: -1, y: 0, z: 0 },
          speeds: [{ timeSeconds: 0, metresPerSecond: start / seconds }],
        },
        hopsSeconds: [],
      },
    ],
    sound: {
      ...{ classId: 'dog-bark', label: 'dog barking', phrase: 'a dog barks', files: ['none.ogg'] },
      ...{ presence: 'visible', objectIndex: 0, sourceHeightMetres: 0.5, referenceMetres: 4 },
      ...{ groundReflection: 0, levelDbfs: -20, speed: 1, events: null, sourceSpans: visible },
    },
    licences: [],
    redistributable: true,
  };
  const steps = seconds * 100;
  const truth = {
    stepSeconds: 0.01,
    gain: Array.from({ length: steps }, (_, step) => 0.2 + step / steps),
    radialVelocity: new Array<number>(steps).fill(0),
    pan: new Array<number>(steps).fill(0),
    spans: visible,
    onsetsSeconds: visible.map(({ startSeconds }) => startSeconds),
    visibleSpans: visible,
  };
  await writeFile(at('scenes', `${id}.scene.json`), JSON.stringify(scene));
  await writeFile(at('scenes', `${id}.truth.json`), JSON.stringify(truth));
}
