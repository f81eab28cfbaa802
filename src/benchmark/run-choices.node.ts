/** @file How often the picture alone chooses the right sound, on scenes whose sound is known. */
import { z } from 'zod';
import { openPictures } from '../data/picture-store.node.js';
import { bootstrapInterval, type Interval } from '../evaluation/bootstrap.js';
import { mean } from '../evaluation/statistics.js';
import { chooseLabel, rankLabels } from '../foley/choose-label.js';
import { allScenes, enoughScenes, seeWholeClip } from './scene-sight.node.js';
import { sceneClip } from './scene-source.node.js';
import { openStudyBench } from './study-bench.node.js';
import { openStudyLog, writeStudyReport } from './study-log.node.js';
import type { StudyHooks } from './study-options.js';
import { markdownTable } from './study-table.js';

export interface ChoiceOptions {
  readonly model: string;
  readonly threads: number | null;
  readonly scenesFolder: string;
  readonly picturesFolder: string;
  readonly cacheFolder: string;
  readonly outFolder: string;
  readonly count: number;
  readonly looksPerSecond: number;
}

const measurementSchema = z.strictObject({
  scene: z.string(),
  group: z.enum(['comes-or-goes', 'stays', 'place']),
  classId: z.string(),
  chosenId: z.string(),
  /** Of the true class among all, from 0. */
  rank: z.int(),
  score: z.number(),
  isUncertain: z.boolean(),
});
export type ChoiceMeasurement = z.output<typeof measurementSchema>;

export interface ChoiceReport {
  readonly settings: Omit<ChoiceOptions, 'outFolder' | 'cacheFolder' | 'threads'>;
  /** By group of scenes, and of all, of the certain and of the uncertain choices. */
  readonly rows: readonly {
    readonly name: string;
    readonly count: number;
    readonly first: Interval;
    readonly inThree: Interval;
  }[];
  readonly measurements: readonly ChoiceMeasurement[];
}

/** Chooses a label for each scene and compares it with the class that is heard there; a stopped run goes on. */
export async function runChoices(options: ChoiceOptions, hooks: StudyHooks = {}): Promise<ChoiceReport> {
  const { outFolder, cacheFolder, threads, ...settings } = options;
  const bench = await openStudyBench({
    model: options.model,
    threads,
    cacheFolder,
    withSound: false,
    taggerFile: null,
  });
  try {
    const log = await openStudyLog(outFolder, { ...settings, weights: bench.weights }, measurementSchema);
    const pictures = await openPictures(options.picturesFolder);
    const scenes = enoughScenes(
      await allScenes(options.scenesFolder, undefined, options.count),
      options.count,
      options.scenesFolder,
    );
    for (const [index, { id, scene, group }] of scenes.entries()) {
      hooks.onProgress?.(index, scenes.length);
      if (log.measurements.some((known) => known.scene === id)) continue;
      const clip = sceneClip(scene, pictures);
      const frames = await seeWholeClip(clip, bench.seeing, options.looksPerSecond, hooks.signal);
      const { classId: chosenId, score, isUncertain } = await chooseLabel(frames, bench.seeing.encoder);
      const ranked = await rankLabels(frames, bench.seeing.encoder);
      const { classId } = scene.sound;
      const rank = ranked.findIndex((candidate) => candidate.classId === classId);
      await log.add({ scene: id, group, classId, chosenId, rank, score, isUncertain });
    }
    hooks.onProgress?.(scenes.length, scenes.length);
    const report = { settings, rows: choiceRows(log.measurements), measurements: log.measurements };
    await writeStudyReport(outFolder, 'choices', report, choiceMarkdown(report));
    return report;
  } finally {
    await bench.close();
  }
}

/** Shares of right choices, with 95 % intervals over scenes. */
export function choiceRows(measurements: readonly ChoiceMeasurement[]): ChoiceReport['rows'] {
  const parts: readonly [string, (measurement: ChoiceMeasurement) => boolean][] = [
    ['all scenes', () => true],
    ['the thing comes or goes', ({ group }) => group === 'comes-or-goes'],
    ['the thing stays', ({ group }) => group === 'stays'],
    ['the place itself sounds', ({ group }) => group === 'place'],
    ['choices called certain', ({ isUncertain }) => !isUncertain],
    ['choices called uncertain', ({ isUncertain }) => isUncertain],
  ];
  return parts.flatMap(([name, isIn]) => {
    const chosen = measurements.filter(isIn);
    if (chosen.length === 0) return [];
    const share = (isRight: (measurement: ChoiceMeasurement) => boolean): Interval =>
      bootstrapInterval(
        chosen.map((measurement) => (isRight(measurement) ? 1 : 0)),
        mean,
      );
    const first = share(({ rank }) => rank === 0);
    return [{ name, count: chosen.length, first, inThree: share(({ rank }) => rank < 3) }];
  });
}

export function choiceMarkdown({ rows }: Pick<ChoiceReport, 'rows'>): string {
  const cell = ({ estimate, low, high }: Interval): string =>
    `${estimate.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  const table = markdownTable(
    ['Scenes', 'Count', 'Right', 'Right among three'],
    rows.map(({ name, count, first, inThree }) => [name, String(count), cell(first), cell(inThree)]),
  );
  return `# The label that the picture chooses\n\nShares of scenes, with 95 % intervals.\n\n${table}\n`;
}
