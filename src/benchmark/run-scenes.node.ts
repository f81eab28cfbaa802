/** @file Runs systems over unseen scenes and measures every sound against the truth: the engine of the benchmarks. */

import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { encodeWav } from '../audio/wav-writer.js';
import { mixdown } from '../audio/wave.js';
import { openPictures } from '../data/picture-store.node.js';
import { readScene } from '../data/scenes.node.js';
import { createOrtEngine } from '../engine/ort-engine.node.js';
import { FoleyError } from '../errors/foley-error.js';
import {
  type AblationMetric,
  type AblationTable,
  ablationMarkdown,
  ablationTable,
  type SceneMeasurement,
} from '../evaluation/ablation.js';
import { melDistance } from '../evaluation/spectral-distances.js';
import { writeFileAtomic } from '../files/atomic-file.node.js';
import { generate } from '../foley/generate.js';
import { openStations } from '../foley/open-stations.node.js';
import { StageClock } from '../foley/progress.js';
import { type FoleyRequestInput, parseRequest } from '../foley/request.js';
import { type SettledRequest, withModelDefaults } from '../foley/settled-request.js';
import { measureScene, sceneMetrics } from './measure-scene.js';
import { openSoundNamer } from './name-sound.node.js';
import { sceneClip } from './scene-source.node.js';

/** What every run over scenes is told. */
export const sceneRunOptions = z.strictObject({
  model: z.string().min(1).default('small'),
  scenesFolder: z.string().min(1),
  picturesFolder: z.string().min(1),
  outFolder: z.string().min(1),
  /** Judges the class; null leaves those columns out. */
  taggerFile: z.string().min(1).nullable().default(null),
  count: z.int().min(1).max(10_000).default(50),
  seed: z.int().min(0).default(0),
  steps: z.int().min(1).max(1000).default(20),
  guidance: z.number().min(0).max(30).default(4),
  threads: z.int().min(1).nullable().default(null),
  /** Also keeps every sound as WAV. */
  keepSounds: z.boolean().default(false),
});
export type SceneRunOptions = z.output<typeof sceneRunOptions>;

/** One way to make a sound for a scene. */
export interface SceneSystem {
  /** What its request says beside clip, label, steps and guidance. */
  readonly fields: Partial<Omit<FoleyRequestInput, 'tracks' | 'timing'>>;
  /** Whether it is told the true on spans; otherwise it sees the timing for itself. */
  readonly isTimingGiven: boolean;
}

/** What a run over scenes is called, and what it compares. */
export interface SceneRun {
  /** Of the files `<name>.json` and `<name>.md`. */
  readonly name: string;
  /** By name; the others are tested against the first. */
  readonly systems: Readonly<Record<string, SceneSystem>>;
  /** Also measures how far each sound is from that of the first system. */
  readonly comparesWithFirst: boolean;
}

const taggerMetrics: readonly AblationMetric[] = [
  { key: 'named', title: 'Named right', better: 'higher', statistic: 'mean' },
  { key: 'namedInThree', title: 'Right name in first 3', better: 'higher', statistic: 'mean' },
];
const distanceMetric: AblationMetric = {
  key: 'melDistance',
  title: 'Mel distance from the first',
  better: 'lower',
};

/**
 * Runs the systems and writes the tables. Measurements are appended to `measurements.jsonl` as they are made, and a
 * second run goes on where the first stopped.
 */
export async function runScenes(
  settings: SceneRunOptions,
  run: SceneRun,
  onProgress?: (done: number, total: number) => void,
): Promise<AblationTable> {
  const { outFolder, scenesFolder } = settings;
  await mkdir(outFolder, { recursive: true });
  const ids = await judgeableScenes(scenesFolder, settings.count);
  const logPath = join(outFolder, 'measurements.jsonl');
  const measurements = await readMeasurements(logPath);
  const pictures = await openPictures(settings.picturesFolder);
  const stations = await openStations(
    parseRequest({
      video: '-',
      label: '-',
      model: settings.model,
      threads: settings.threads,
      cacheDir: join(outFolder, 'cache'),
    }),
  );
  const judge = createOrtEngine(settings.threads === null ? {} : { threads: settings.threads });
  try {
    const namer =
      settings.taggerFile === null ? null : await openSoundNamer(settings.taggerFile, stations.mel, judge);
    const systems = Object.entries(run.systems);
    let done = 0;
    for (const id of ids) {
      const { scene, truth } = await readScene(scenesFolder, id);
      const clip = sceneClip(scene, pictures);
      const missing = systems.filter(
        ([system]) => !measurements.some((known) => known.scene === id && known.system === system),
      );
      let first: Float32Array | null = null;
      for (const [index, [system, { fields, isTimingGiven }]] of systems.entries()) {
        done++;
        const isMissing = missing.some(([name]) => name === system);
        const isCompared = run.comparesWithFirst && index === 0 && missing.length > 0;
        if (!isMissing && !isCompared) continue;
        const request: SettledRequest = withModelDefaults(
          {
            ...parseRequest({
              video: clip.path,
              label: scene.sound.label,
              steps: settings.steps,
              guidance: settings.guidance,
              ...fields,
            }),
            seed: fields.seed ?? settings.seed,
            timing: isTimingGiven ? { spans: [...truth.spans], timesSeconds: [], similarity: [] } : null,
            tracks: null,
          },
          stations.defaults,
        );
        const job = { request, clip, stations, clock: new StageClock(), hooks: {} };
        for await (const take of generate(job)) {
          const { sampleRateHz } = take.wave;
          const samples = mixdown(take.wave).channels[0]!;
          if (index === 0) first = samples;
          if (!isMissing) continue;
          const values = measureScene(samples, sampleRateHz, scene, truth);
          if (namer !== null) {
            const rank = namer.rankOf(await namer.logits(samples), scene.sound.classId);
            values.named = rank === 0 ? 1 : 0;
            values.namedInThree = rank < 3 ? 1 : 0;
          }
          if (run.comparesWithFirst) values[distanceMetric.key] = melDistance(samples, first!, stations.mel);
          const measurement: SceneMeasurement = { scene: id, system, values };
          measurements.push(measurement);
          await appendFile(logPath, `${JSON.stringify(measurement)}\n`);
          if (settings.keepSounds)
            await writeFileAtomic(
              join(outFolder, `${id}.${system.replaceAll(/\W+/g, '-')}.wav`),
              encodeWav(take.wave),
            );
        }
        onProgress?.(done, ids.length * systems.length);
      }
    }
    const metrics = [
      ...sceneMetrics,
      ...(namer === null ? [] : taggerMetrics),
      ...(run.comparesWithFirst ? [distanceMetric] : []),
    ];
    const names = systems.map(([system]) => system);
    const table = ablationTable(measurements, { systems: names, metrics, seed: settings.seed });
    await writeFileAtomic(
      join(outFolder, `${run.name}.json`),
      Buffer.from(`${JSON.stringify({ settings, table }, null, 2)}\n`),
    );
    await writeFileAtomic(join(outFolder, `${run.name}.md`), Buffer.from(ablationMarkdown(table)));
    return table;
  } finally {
    await stations.close();
    await judge.close();
  }
}

/** The first scenes that have both sound and silence for at least half a second: the others say nothing of timing. */
async function judgeableScenes(folder: string, count: number): Promise<string[]> {
  const names = existsSync(folder) ? await readdir(folder) : [];
  const ids = names
    .filter((name) => name.endsWith('.scene.json'))
    .map((name) => name.replace('.scene.json', ''))
    .sort();
  const chosen: string[] = [];
  for (const id of ids) {
    if (chosen.length === count) break;
    const { scene, truth } = await readScene(folder, id);
    const onSeconds = truth.spans.reduce((sum, span) => sum + span.endSeconds - span.startSeconds, 0);
    if (onSeconds >= 0.5 && scene.durationSeconds - onSeconds >= 0.5) chosen.push(id);
  }
  if (chosen.length < count) {
    throw new FoleyError(
      'input-missing',
      `${folder} holds ${chosen.length} scenes with both sound and silence, not ${count}`,
      {
        hint: 'Render more: smooth-foley data scenes --split val --count …',
      },
    );
  }
  return chosen;
}

async function readMeasurements(path: string): Promise<SceneMeasurement[]> {
  if (!existsSync(path)) return [];
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as SceneMeasurement);
}
