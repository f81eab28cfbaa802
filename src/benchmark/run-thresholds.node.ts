/** @file Strategies times thresholds: how well what is seen is cut into on and off, chosen on one set, reported on another. */
import { join } from 'node:path';
import { z } from 'zod';
import { cosineCurve } from '../conditions/similarity.js';
import { labelOf } from '../data/captions.js';
import { openPictures } from '../data/picture-store.node.js';
import { seededRandom } from '../data/seeded-random.js';
import { soundClass } from '../data/sound-classes.js';
import { absentClass } from './label-variants.js';
import {
  defaultChoiceOf,
  measureCurve,
  measureSpans,
  nameOfChoice,
  type SightChoice,
  seeLabel,
  strategiesOf,
} from './measure-sight.js';
import { allScenes, enoughScenes, type KnownScene, seeWholeClip } from './scene-sight.node.js';
import { sceneClip } from './scene-source.node.js';
import { openStudyBench } from './study-bench.node.js';
import { openStudyLog, writeStudyReport } from './study-log.node.js';
import type { StudyHooks } from './study-options.js';
import {
  type ThresholdMeasurement,
  type ThresholdReport,
  thresholdMarkdown,
  thresholdMeasurement,
  thresholdReport,
} from './threshold-report.js';

export const thresholdOptions = z.strictObject({
  model: z.string().min(1).default('small'),
  /** Scenes on which the defaults are chosen: those of pictures that training saw. */
  chooseFolder: z.string().min(1),
  /** Scenes that say how good the choice is. */
  reportFolder: z.string().min(1),
  picturesFolder: z.string().min(1),
  outFolder: z.string().min(1),
  /** Frame embeddings; inside the output folder unless given. */
  cacheFolder: z.string().min(1).nullable().default(null),
  /** Scenes of each set. */
  count: z.int().min(1).max(10_000).default(60),
  thresholds: z
    .array(z.number().min(0).max(1).multipleOf(0.01))
    .min(1)
    .default([0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7]),
  /** Pictures a second that the encoder sees; between, embeddings are interpolated. */
  looksPerSecond: z.number().min(1).max(60).default(10),
  /** Draws the labels that are not there. */
  seed: z.int().min(0).default(0),
  threads: z.int().min(1).nullable().default(null),
});

/** Measures both sets and writes `thresholds.json` and `thresholds.md`. A run that was stopped goes on where it was. */
export async function runThresholds(
  options: z.input<typeof thresholdOptions>,
  hooks: StudyHooks = {},
): Promise<ThresholdReport> {
  const settings = thresholdOptions.parse(options);
  const { outFolder, looksPerSecond, seed } = settings;
  const bench = await openStudyBench({
    ...settings,
    cacheFolder: settings.cacheFolder ?? join(outFolder, 'cache'),
    withSound: false,
    taggerFile: null,
  });
  try {
    const choices: SightChoice[] = strategiesOf(bench.seeing.encoder).flatMap((strategy) =>
      settings.thresholds.map((threshold) => ({ strategy, threshold })),
    );
    const log = await openStudyLog(
      outFolder,
      {
        study: 'thresholds',
        weights: bench.weights,
        looksPerSecond,
        thresholds: settings.thresholds,
        seed,
      },
      thresholdMeasurement,
    );
    const pictures = await openPictures(settings.picturesFolder);
    const { encoder } = bench.seeing;
    const wanted = {
      choose: await scenesOf(settings.chooseFolder, settings.count),
      report: await scenesOf(settings.reportFolder, settings.count),
    };
    const todo = (['choose', 'report'] as const).flatMap((set) =>
      wanted[set].map((known) => ({ set, known })),
    );
    for (const [index, { set, known }] of todo.entries()) {
      hooks.onProgress?.(index, todo.length);
      if (log.measurements.some((one) => one.set === set && one.scene === known.id)) continue;
      const { scene, truth, group } = known;
      const { durationSeconds } = scene;
      const frames = await seeWholeClip(
        sceneClip(scene, pictures),
        bench.seeing,
        looksPerSecond,
        hooks.signal,
      );
      const absent = absentClass(scene, seededRandom(`absent/${seed}/${scene.id}`));
      const absentLabel = labelOf(soundClass(absent));
      const [wantedText] = await encoder.embedTexts([scene.sound.label]);
      const cosines = cosineCurve(frames, wantedText!);
      const curves: ThresholdMeasurement['curves'] = {
        cosine: measureCurve(frames.timesSeconds, cosines, truth),
      };
      const cells: ThresholdMeasurement['cells'] = {};
      for (const choice of choices) {
        const seen = await seeLabel(scene.sound.label, frames, encoder, choice, durationSeconds);
        const elsewhere = await seeLabel(absentLabel, frames, encoder, choice, durationSeconds);
        const nothing = { visibleSpans: [], spans: [] };
        curves[choice.strategy] ??= measureCurve(seen.timesSeconds, seen.similarity, truth);
        cells[nameOfChoice(choice)] = {
          ...measureSpans(seen.spans, truth, durationSeconds),
          absentOffShare: measureSpans(elsewhere.spans, nothing, durationSeconds).offShare,
        };
      }
      await log.add({ set, scene: known.id, group, curves, cells });
    }
    hooks.onProgress?.(todo.length, todo.length);
    const ids = new Set(todo.map(({ set, known }) => `${set}/${known.id}`));
    const report = thresholdReport(
      log.measurements.filter(({ set, scene }) => ids.has(`${set}/${scene}`)),
      choices,
      defaultChoiceOf(bench.seeing),
      seed,
    );
    await writeStudyReport(outFolder, 'thresholds', { settings, ...report }, thresholdMarkdown(report));
    return report;
  } finally {
    await bench.close();
  }
}

async function scenesOf(folder: string, count: number): Promise<readonly KnownScene[]> {
  return enoughScenes(await allScenes(folder, undefined, count), count, folder);
}
