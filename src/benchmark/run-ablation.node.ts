/** @file The ablation: sound for unseen scenes with neither adapter, each alone, and both, measured against the truth. */

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
  type AblationTable,
  ablationMarkdown,
  ablationTable,
  type SceneMeasurement,
} from '../evaluation/ablation.js';
import { writeFileAtomic } from '../files/atomic-file.node.js';
import { generate } from '../foley/generate.js';
import { openStations } from '../foley/open-stations.node.js';
import { StageClock } from '../foley/progress.js';
import { parseRequest } from '../foley/request.js';
import type { SettledRequest } from '../foley/settled-request.js';
import { measureScene, sceneMetrics } from './measure-scene.js';
import { openSoundNamer } from './name-sound.node.js';
import { sceneClip } from './scene-source.node.js';

export const ablationRunOptions = z.strictObject({
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

/** Timing is given as the true on spans, but for the last system, which sees it for itself. */
const systems = {
  neither: { frameScale: 0, timingScale: 0, isTimingGiven: false },
  frame: { frameScale: 1, timingScale: 0, isTimingGiven: false },
  timing: { frameScale: 0, timingScale: 1, isTimingGiven: true },
  both: { frameScale: 1, timingScale: 1, isTimingGiven: true },
  'both, timing as seen': { frameScale: 1, timingScale: 1, isTimingGiven: false },
} as const;

const taggerMetrics = [
  { key: 'named', title: 'Named right', better: 'higher', statistic: 'mean' },
  { key: 'namedInThree', title: 'Right name in first 3', better: 'higher', statistic: 'mean' },
] as const;

/**
 * Runs the benchmark and writes `ablation.json` and `ablation.md`. Measurements are appended to `measurements.jsonl` as
 * they are made, and a second run goes on where the first stopped.
 */
export async function runAblation(
  options: z.input<typeof ablationRunOptions>,
  onProgress?: (done: number, total: number) => void,
): Promise<AblationTable> {
  const settings = ablationRunOptions.parse(options);
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
    const names = Object.keys(systems) as (keyof typeof systems)[];
    let done = 0;
    for (const id of ids) {
      const { scene, truth } = await readScene(scenesFolder, id);
      const clip = sceneClip(scene, pictures);
      for (const system of names) {
        done++;
        if (measurements.some((known) => known.scene === id && known.system === system)) continue;
        const { isTimingGiven, ...scales } = systems[system];
        const request: SettledRequest = {
          ...parseRequest({
            video: clip.path,
            label: scene.sound.label,
            steps: settings.steps,
            guidance: settings.guidance,
            ...scales,
          }),
          seed: settings.seed,
          timing: isTimingGiven ? { spans: [...truth.spans], timesSeconds: [], similarity: [] } : null,
          tracks: null,
        };
        for await (const take of generate({
          request,
          clip,
          stations,
          clock: new StageClock(),
          hooks: {},
        })) {
          const { sampleRateHz } = take.wave;
          const samples = mixdown(take.wave).channels[0]!;
          const values = measureScene(samples, sampleRateHz, scene, truth);
          if (namer !== null) {
            const rank = namer.rankOf(await namer.logits(samples), scene.sound.classId);
            values.named = rank === 0 ? 1 : 0;
            values.namedInThree = rank < 3 ? 1 : 0;
          }
          const measurement: SceneMeasurement = { scene: id, system, values };
          measurements.push(measurement);
          await appendFile(logPath, `${JSON.stringify(measurement)}\n`);
          if (settings.keepSounds)
            await writeFileAtomic(
              join(outFolder, `${id}.${system.replaceAll(/\W+/g, '-')}.wav`),
              encodeWav(take.wave),
            );
        }
        onProgress?.(done, ids.length * names.length);
      }
    }
    const metrics = namer === null ? sceneMetrics : [...sceneMetrics, ...taggerMetrics];
    const table = ablationTable(measurements, { systems: names, metrics, seed: settings.seed });
    await writeFileAtomic(
      join(outFolder, 'ablation.json'),
      Buffer.from(`${JSON.stringify({ settings, table }, null, 2)}\n`),
    );
    await writeFileAtomic(join(outFolder, 'ablation.md'), Buffer.from(ablationMarkdown(table)));
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
