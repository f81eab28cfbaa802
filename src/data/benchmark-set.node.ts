/** @file A benchmark on disk: its scenes with their true sound, and the list that says what each is for. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FoleyError } from '../errors/foley-error.js';
import { writeFileAtomic } from '../files/atomic-file.node.js';
import { openPictures } from './picture-store.node.js';
import { type BenchmarkSetName, benchmarkSets, planBenchmark } from './plan-benchmark.js';
import { soundOfScene } from './scene-sound.js';
import { writeScene } from './scenes.node.js';
import { openSoundLibrary } from './sound-library.node.js';
import { withSyntheticSounds } from './synthetic-library.js';

export interface WriteBenchmarkOptions {
  readonly audioFolder: string;
  readonly cacheFolder: string;
  /** What `data pictures` wrote. */
  readonly picturesFolder: string;
  readonly outFolder: string;
  readonly seed: number;
  readonly sets?: readonly BenchmarkSetName[];
  /** As in `PlanBenchmarkInput`. */
  readonly rounds?: number;
}

const listSchema = z.strictObject({
  format: z.literal('smooth-foley.benchmark/1'),
  seed: z.number().int(),
  scenes: z
    .array(
      z.strictObject({
        id: z.string(),
        set: z.enum(benchmarkSets),
        kind: z.string(),
        classId: z.string(),
      }),
    )
    .min(1),
});
/** `benchmark.json`. */
export type BenchmarkList = z.infer<typeof listSchema>;
export type BenchmarkEntry = BenchmarkList['scenes'][number];

const listName = 'benchmark.json';

/**
 * Plans and renders the benchmark: the files of every scene as `writeScenes` names them, and `benchmark.json` last.
 * @throws FoleyError as `openSoundLibrary`, `openPictures` and `planBenchmark`; `output-failed`
 */
export async function writeBenchmark(
  options: WriteBenchmarkOptions,
  onProgress?: (done: number, total: number) => void,
): Promise<BenchmarkList> {
  const { outFolder, seed } = options;
  const library = withSyntheticSounds(await openSoundLibrary(options));
  const pictures = await openPictures(options.picturesFolder);
  const { sets, rounds = 1 } = options;
  const planned = planBenchmark({
    seed,
    pictures: pictures.index,
    library,
    rounds,
    ...(sets ? { sets } : {}),
  });
  await mkdir(outFolder, { recursive: true });
  const scenes: BenchmarkEntry[] = [];
  for (const { set, kind, scene } of planned) {
    await writeScene(scene, soundOfScene(scene, library), outFolder);
    scenes.push({ id: scene.id, set, kind, classId: scene.sound.classId });
    onProgress?.(scenes.length, planned.length);
  }
  const list: BenchmarkList = { format: 'smooth-foley.benchmark/1', seed, scenes };
  await writeFileAtomic(join(outFolder, listName), Buffer.from(`${JSON.stringify(list, null, 1)}\n`));
  return list;
}

/** The list of a benchmark's scenes. @throws FoleyError `input-missing`, `input-rejected` */
export async function readBenchmark(folder: string): Promise<BenchmarkList> {
  const path = join(folder, listName);
  const hint = 'Write a benchmark with: smooth-foley data benchmark --out FOLDER';
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new FoleyError('input-missing', `${path} cannot be read`, { cause, hint });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FoleyError('input-rejected', `${path} is not JSON`, { cause, hint });
  }
  const parsed = listSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new FoleyError('input-rejected', `${path}: ${issue.path.join('.')}: ${issue.message}`, { hint });
}
