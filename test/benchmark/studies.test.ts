import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDomains } from '../../src/benchmark/run-domains.node.js';
import { runEfficiency } from '../../src/benchmark/run-efficiency.node.js';
import { runLabels } from '../../src/benchmark/run-labels.node.js';
import { runThresholds } from '../../src/benchmark/run-thresholds.node.js';
import { sceneClip } from '../../src/benchmark/scene-source.node.js';
import { soundForClip } from '../../src/benchmark/sound-for-clip.js';
import { writeModelVariant } from '../../src/benchmark/variant-model.node.js';
import { openPictures } from '../../src/data/picture-store.node.js';
import type { Scene } from '../../src/data/scene.js';
import { readScene } from '../../src/data/scenes.node.js';
import type { FoleyResult } from '../../src/foley/job-runner.node.js';
import { openStations } from '../../src/foley/open-stations.node.js';
import { type FoleyRequest, parseRequest } from '../../src/foley/request.js';
import { plain } from '../data/fake-pictures.js';
import { tinyConfig, writeRandomModel } from '../foley/random-model.js';

let root: string;
const at = (...names: string[]) => join(root, ...names);
const seconds = 2;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'studies-'));
  await writeRandomModel(at('model'));
  await writePictures();
  await mkdir(at('scenes'));
  await writeTinyScene('val-00000', 'static');
  await writeTinyScene('val-00001', 'enter');
}, 120_000);
afterAll(() => rm(root, { recursive: true, force: true }));

const backgroundId = 'bg:Outdoors/driveway.jpg';
const dogs = ['tux:animals/mammals/dogs/dingo.png', 'scr:Animals/dog2-c.png'];

async function writePictures(): Promise<void> {
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
async function writeTinyScene(id: string, motion: 'static' | 'enter'): Promise<void> {
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

const common = () => ({
  model: at('model'),
  picturesFolder: at('pictures'),
  cacheFolder: at('cache'),
  looksPerSecond: 2,
  threads: 1,
});

describe('the study of thresholds', () => {
  const run = (outFolder: string, onProgress?: (done: number, total: number) => void) =>
    runThresholds(
      {
        ...common(),
        chooseFolder: at('scenes'),
        reportFolder: at('scenes'),
        outFolder,
        count: 2,
        thresholds: [0.3, 0.5],
      },
      onProgress ? { onProgress } : {},
    );

  it('goes on where it was stopped, to the same figures', async () => {
    const whole = await run(at('whole'));
    const stop = (done: number): void => {
      if (done === 3) throw new Error('stopped');
    };
    await expect(run(at('stopped'), stop)).rejects.toThrow('stopped');
    const log = await readFile(at('stopped', 'measurements.jsonl'), 'utf8');
    expect(log.trimEnd().split('\n')).toHaveLength(1 + 3); // settings and three scenes
    expect(await run(at('stopped'))).toEqual(whole);
    expect(await readFile(at('stopped', 'thresholds.md'), 'utf8')).toBe(
      await readFile(at('whole', 'thresholds.md'), 'utf8'),
    );
    expect(whole.scores.every(({ score }) => score !== null && score >= 0 && score <= 1)).toBe(true);
    expect(whole.chosen).not.toBeNull();
  });
});

describe('the study of labels', () => {
  it('measures every way to write them, and makes sound for the first scenes', async () => {
    const report = await runLabels({
      ...common(),
      scenesFolder: at('scenes'),
      outFolder: at('labels'),
      count: 2,
      sounds: 1,
      steps: 1,
    });
    const [right, ...others] = report.seen.rows;
    expect(right!.cells.cosine!.estimate).toBeCloseTo(1, 5);
    expect(right!.cells.sameTiming!.estimate).toBe(1);
    expect(others.map(({ system }) => system)).toEqual([
      'another phrase',
      'the bare name',
      'one typo',
      'typos throughout',
      'filler words',
      'wrong',
      'missing',
    ]);
    for (const { cells } of others) expect(cells.cosine!.estimate).toBeLessThan(0.999);
    expect(report.heard!.scenes).toBe(1);
    expect(report.chosenRight!.scenes).toBe(2);
  });
});

describe('the study of domains', () => {
  it('shows the same scenes with every picture of their thing', async () => {
    const report = await runDomains({
      ...common(),
      scenesFolder: at('scenes'),
      outFolder: at('domains'),
      count: 2,
      sounds: 0,
    });
    const rows = report.seen!.rows.map(({ system, cells }) => [system, cells.visibleIou!.scenes]);
    expect(rows).toEqual([
      ['cut-out photograph', 2],
      ['cartoon', 2],
    ]);
    expect(report.heard).toBeNull();
  });

  it('wants a list with its folders', async () => {
    const options = { ...common(), scenesFolder: at('scenes'), outFolder: at('no'), clipsFolder: root };
    await expect(runDomains(options)).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('the study of efficiency', () => {
  it('runs every variant as often as asked, once, and holds medians', async () => {
    await writeFile(at('clip.mp4'), 'not looked at by the double');
    const requests: FoleyRequest[] = [];
    const runJob = async (request: FoleyRequest): Promise<FoleyResult> => {
      requests.push(request);
      const stages = { open: 0, frames: 1, text: 0, denoise: request.steps, decode: 0, vocode: 0, write: 0 };
      const take = { clip: { facts: { durationSeconds: seconds } }, timings: stages };
      return {
        takes: [take],
        paths: [],
        peakRssBytes: 2 ** 28,
        processorSeconds: requests.length,
      } as unknown as FoleyResult;
    };
    const options = {
      model: at('model'),
      videoFile: at('clip.mp4'),
      label: 'dog barking',
      outFolder: at('efficiency'),
      repeats: 3,
      frameRates: [4, 30],
      steps: [2],
    };
    const report = await runEfficiency(options, {}, runJob);
    expect(report.rows.map(({ variant }) => variant)).toEqual([
      expect.stringContaining('as it is: 30 frames a second, tokens a frame 1'),
      '4 frames a second',
      '4 tokens a frame',
      'one mean of all frames, 4 tokens',
      '2 steps',
      'without the frame adapter',
      'without both adapters',
    ]);
    expect(requests).toHaveLength(3 * 7);
    expect(report.rows[1]!.processorSeconds).toBe(2 + 7);
    expect(report.rows[1]!.range).toEqual([2, 2 + 14]);
    expect(report.rows[4]!.denoiseSeconds).toBe(2);
    expect(await runEfficiency(options, {}, runJob)).toEqual(report);
    expect(requests).toHaveLength(3 * 7);
  });

  it('measures tokens that leave the sound as it was', async () => {
    const sounds: Float32Array[] = [];
    for (const tokensPerFrame of [1, 4] as const) {
      const folder = at(`tokens-${tokensPerFrame}`);
      await writeModelVariant(at('model'), { frameRateHz: 4, tokensPerFrame, pooling: 'none' }, folder);
      const request = parseRequest({ video: '-', label: '-', model: folder, threads: 1, cacheDir: 'none' });
      const stations = await openStations(request);
      try {
        const { scene } = await readScene(at('scenes'), 'val-00001');
        const clip = sceneClip(scene, await openPictures(at('pictures')));
        const wanted = { label: 'dog barking', seed: 1, steps: 2, loudness: null };
        sounds.push((await soundForClip(clip, stations, wanted)).samples);
      } finally {
        await stations.close();
      }
    }
    const [one, four] = sounds as [Float32Array, Float32Array];
    const energy = one.reduce((sum, value) => sum + value ** 2, 0);
    const difference = one.reduce((sum, value, index) => sum + (value - four[index]!) ** 2, 0);
    expect(energy).toBeGreaterThan(0);
    // the sums of attention run in another order: 1e-6 relative a step, and two steps of a random network
    expect(difference / energy).toBeLessThan(1e-6);
    expect(tinyConfig.frameAdapter.tokensPerFrame).toBe(1);
  });

  it('refuses a model that it cannot vary', async () => {
    await cp(at('model', 'config.json'), at('bare', 'config.json'), { recursive: true });
    const options = { model: at('bare'), videoFile: at('clip.mp4'), label: 'x', outFolder: at('none') };
    await expect(runEfficiency(options)).rejects.toMatchObject({ code: 'usage' });
  });
});
