import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDomains } from '../../src/benchmark/run-domains.node.js';
import { runEfficiency } from '../../src/benchmark/run-efficiency.node.js';
import { runLabels } from '../../src/benchmark/run-labels.node.js';
import { runThresholds } from '../../src/benchmark/run-thresholds.node.js';
import { sceneClip } from '../../src/benchmark/scene-source.node.js';
import { soundForClip } from '../../src/benchmark/sound-for-clip.js';
import { writeModelVariant } from '../../src/benchmark/variant-model.node.js';
import { openPictures } from '../../src/data/picture-store.node.js';
import { readScene } from '../../src/data/scenes.node.js';
import type { FoleyResult } from '../../src/foley/job-runner.node.js';
import { openStations } from '../../src/foley/open-stations.node.js';
import { type FoleyRequest, parseRequest } from '../../src/foley/request.js';
import { tinyConfig, writeRandomModel } from '../foley/random-model.js';
import { tinySceneSeconds, writeTinyPictures, writeTinyScene } from './tiny-scenes.js';

let root: string;
const at = (...names: string[]) => join(root, ...names);
const seconds = tinySceneSeconds;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'studies-'));
  await writeRandomModel(at('model'));
  await writeTinyPictures(root);
  await mkdir(at('scenes'));
  await writeTinyScene(root, 'val-00000', 'static');
  await writeTinyScene(root, 'val-00001', 'enter');
}, 120_000);
afterAll(() => rm(root, { recursive: true, force: true }));

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
      'the kind of thing',
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
