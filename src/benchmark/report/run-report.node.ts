/** @file Measures every system on every scene of the benchmark, and writes the report: as JSON, as Markdown, and as a page to listen to. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { type BenchmarkEntry, readBenchmark } from '../../data/benchmark-set.node.js';
import { openPictures } from '../../data/picture-store.node.js';
import { readScene } from '../../data/scenes.node.js';
import type { SoundLibrary } from '../../data/sound-library.js';
import { openSoundLibrary } from '../../data/sound-library.node.js';
import { withSyntheticSounds } from '../../data/synthetic-library.js';
import { createOrtEngine } from '../../engine/ort-engine.node.js';
import { FoleyError } from '../../errors/foley-error.js';
import { writeFileAtomic } from '../../files/atomic-file.node.js';
import { withFrameAudioScores } from './frame-audio.js';
import { openFrameAudioPairs } from './frame-pairs.node.js';
import { type Judge, judge, openJudges, stretchesOf } from './hearing.node.js';
import { type Report, reportMarkdown } from './markdown.js';
import { measureSound } from './measure-sound.js';
import { type MeasurementStore, openMeasurementStore } from './measurement-store.node.js';
import { type ReportOptions, reportOptions } from './options.js';
import { writePage } from './page.node.js';
import { type ReferenceRecording, recordingSystem, setReport } from './report.js';
import { createSoundMaker, type SoundMaker } from './sound-maker.node.js';
import { type SystemId, systemIds } from './systems.js';

/** @returns the report; null for a shard, whose part is then measured */
export async function runReport(
  input: z.input<typeof reportOptions>,
  onProgress?: (done: number, total: number) => void,
): Promise<Report | null> {
  const options = reportOptions.parse(input);
  const { shard } = options;
  const entries = await chosenEntries(options);
  const chosen = systemsOf(options);
  const writer = shard === null ? 'all' : `${shard.number}-of-${shard.of}`;
  const store = await openMeasurementStore(options.outFolder, writer);
  await checkSameRun(options);
  const library = await openLibrary(options);
  const engine = createOrtEngine(options.threads === null ? {} : { threads: options.threads });
  const judges = await openJudges(options.embedders, engine);
  const pictures = await openPictures(options.picturesFolder);
  const maker = createSoundMaker(options, pictures, library);
  try {
    const own = entries.filter((_, index) => shard === null || index % shard.of === shard.number - 1);
    let done = 0;
    for (const entry of own) {
      await measureEntry(entry, chosen, { options, store, judges, maker });
      done += chosen.length;
      onProgress?.(done, own.length * chosen.length);
    }
    await noteModels(options.outFolder, maker);
    if (shard !== null) return null;
    const recordings = library === null ? [] : await hearRecordings(library, entries, judges, store);
    const looking = await openFrameAudioPairs(options, judges, pictures, engine);
    const chosenIds = new Set(entries.map(({ id }) => id));
    const measurements = await withFrameAudioScores(
      store.measurements.filter(({ scene }) => chosenIds.has(scene)),
      store.embeddings,
      looking.pairs,
    ).finally(() => looking.close());
    const report: Report = {
      format: 'smooth-foley.report/1',
      model: options.model,
      against: options.against,
      steps: options.steps,
      guidance: options.guidance,
      labels: options.labels,
      seed: options.seed,
      resamples: options.resamples,
      models: await readModels(options.outFolder),
      sets: options.sets.flatMap((set) => {
        const ofSet = entries.filter((entry) => entry.set === set);
        if (ofSet.length === 0) return [];
        return [
          setReport({
            set,
            entries: ofSet,
            systems: chosen,
            against: options.against,
            measurements,
            embeddings: store.embeddings,
            judges: judges.map(({ name, embedder: { id, width } }) => ({ name, id, width })),
            recordings,
            seed: options.seed,
            resamples: options.resamples,
          }),
        ];
      }),
    };
    await writeFileAtomic(
      join(options.outFolder, 'report.json'),
      Buffer.from(`${JSON.stringify(report, null, 1)}\n`),
    );
    await writeFileAtomic(join(options.outFolder, 'report.md'), Buffer.from(reportMarkdown(report)));
    await writePage({
      report,
      benchmarkFolder: options.benchmarkFolder,
      outFolder: options.outFolder,
      pictures,
      store,
      systems: chosen,
      heard: options.sets.flatMap((set) =>
        spread(
          entries.filter((entry) => entry.set === set),
          options.heard,
        ),
      ),
    });
    return report;
  } finally {
    await maker.close();
    for (const { embedder } of judges) await embedder.close();
    await engine.close();
  }
}

/** What decides the sounds of a folder: another run into it must agree. */
async function checkSameRun({ outFolder, ...options }: ReportOptions): Promise<void> {
  const { model, clipWise, labels, steps, guidance, seed, benchmarkFolder } = options;
  const text = JSON.stringify({ model, clipWise, labels, steps, guidance, seed, benchmarkFolder }, null, 1);
  const path = join(outFolder, 'run.json');
  const known = await readFile(path, 'utf8').catch(() => null);
  if (known === null) await writeFileAtomic(path, Buffer.from(text));
  else if (known !== text) {
    throw new FoleyError('usage', `${path} is of a run with other settings`, {
      hint: 'Choose another folder (--out-dir), or the same model, labels, steps, guidance, seed and set.',
    });
  }
}

const modelsName = 'models.json';

/** Keeps which files made the sounds; a run that made none leaves what is there. */
async function noteModels(outFolder: string, { provenance }: SoundMaker): Promise<void> {
  if (provenance.size === 0) return;
  const known = await readModels(outFolder);
  const text = JSON.stringify({ ...known, ...Object.fromEntries(provenance) }, null, 1);
  await writeFileAtomic(join(outFolder, modelsName), Buffer.from(`${text}\n`));
}

async function readModels(outFolder: string): Promise<Report['models']> {
  const text = await readFile(join(outFolder, modelsName), 'utf8').catch(() => '{}');
  return JSON.parse(text) as Report['models'];
}

/** The scenes of the sets, in order; of a count, so many of each set, evenly spread. */
async function chosenEntries({ benchmarkFolder, sets, count }: ReportOptions): Promise<BenchmarkEntry[]> {
  const { scenes } = await readBenchmark(benchmarkFolder);
  const chosen = sets.flatMap((set) => {
    const ofSet = scenes.filter((entry) => entry.set === set);
    return count === null ? ofSet : spread(ofSet, count);
  });
  if (chosen.length > 0) return chosen;
  throw new FoleyError('input-missing', `${benchmarkFolder} has no scene of ${sets.join(' or ')}`);
}

/** So many of a list, evenly over it; all of a shorter one. */
function spread<T>(items: readonly T[], count: number): readonly T[] {
  if (count >= items.length) return items;
  return Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)]!);
}

/** In the order of the tables; those whose material was not named are left out unless they were asked for. */
function systemsOf({ systems: wanted, clipWise, audioFolder }: ReportOptions): SystemId[] {
  if (wanted !== null) return systemIds.filter((id) => wanted.includes(id));
  return systemIds.filter(
    (id) => (id !== 'clip-wise' || clipWise !== null) && (id !== 'sampler' || audioFolder !== null),
  );
}

async function openLibrary({ audioFolder, cacheFolder }: ReportOptions): Promise<SoundLibrary | null> {
  if (audioFolder === null) return null;
  return withSyntheticSounds(await openSoundLibrary({ audioFolder, cacheFolder }));
}

interface Means {
  readonly options: ReportOptions;
  readonly store: MeasurementStore;
  readonly judges: readonly Judge[];
  readonly maker: SoundMaker;
}

/** Makes, measures and judges what is not there yet. */
async function measureEntry(
  entry: BenchmarkEntry,
  chosen: readonly SystemId[],
  { options, store, judges, maker }: Means,
): Promise<void> {
  const { id } = entry;
  const isDone = (system: SystemId): boolean =>
    store.hasMeasurement(id, system) &&
    judges.every(({ embedder }) => store.hasEmbedding(embedder.id, id, system));
  const missing = chosen.filter((system) => !isDone(system));
  if (missing.length === 0) return;
  const { scene, truth } = await readScene(options.benchmarkFolder, id);
  const index = [...id].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0, 7);
  for (const system of missing) {
    let wave = await store.readSound(id, system);
    if (wave === null) {
      wave = await maker.make(system, { index, scene, truth });
      await store.writeSound(id, system, wave);
    }
    if (!store.hasMeasurement(id, system)) {
      await store.addMeasurement({ scene: id, system, values: measureSound(wave, entry, scene, truth) });
    }
    for (const listener of judges) {
      if (store.hasEmbedding(listener.embedder.id, id, system)) continue;
      const heard = await judge(listener, wave);
      await store.addEmbedding({ ...heard, embedder: listener.embedder.id, scene: id, system });
    }
  }
}

/** The val recordings of the scenes' classes, each in stretches as long as a scene, through every judge. */
async function hearRecordings(
  library: SoundLibrary,
  entries: readonly BenchmarkEntry[],
  judges: readonly Judge[],
  store: MeasurementStore,
): Promise<ReferenceRecording[]> {
  const classes = new Set(entries.map(({ classId }) => classId));
  const found: ReferenceRecording[] = [];
  for (const sound of library.sounds) {
    if (sound.row.split !== 'val' || sound.events.length === 0 || !classes.has(sound.soundClass.id)) continue;
    for (const [index, wave] of stretchesOf(sound).entries()) {
      const id = `${sound.row.file}#${index}`;
      found.push({ id, classId: sound.soundClass.id });
      for (const listener of judges) {
        const { id: embedder } = listener.embedder;
        if (store.hasEmbedding(embedder, id, recordingSystem)) continue;
        const heard = await judge(listener, wave);
        await store.addEmbedding({ ...heard, embedder, scene: id, system: recordingSystem });
      }
    }
  }
  return found;
}
