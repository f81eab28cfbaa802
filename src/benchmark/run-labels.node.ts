/** @file What becomes of timing and sound when the label is written otherwise, wrong, of something else, or missing. */
import { join } from 'node:path';
import { z } from 'zod';
import { cosineCurve } from '../conditions/similarity.js';
import type { TimeSpan } from '../conditions/timeline.js';
import { openPictures } from '../data/picture-store.node.js';
import type { Scene } from '../data/scene.js';
import { visibleSpans } from '../data/visibility.js';
import { spanOverlap } from '../evaluation/level-contrast.js';
import { rankLabels } from '../foley/choose-label.js';
import type { Clip } from '../foley/stations.js';
import {
  type LabelMeasurement,
  type LabelReport,
  labelMarkdown,
  labelMeasurement,
  labelReport,
} from './label-measurements.js';
import { bystanderOf, classesOfThing, type LabelVariant, labelVariants } from './label-variants.js';
import { measureScene } from './measure-scene.js';
import { defaultChoiceOf, measureSpans, seeLabel } from './measure-sight.js';
import { allScenes, enoughScenes, type KnownScene, seeWholeClip } from './scene-sight.node.js';
import { sceneClip } from './scene-source.node.js';
import { soundForClip } from './sound-for-clip.js';
import { openStudyBench, type StudyBench } from './study-bench.node.js';
import { openStudyLog, writeStudyReport } from './study-log.node.js';
import type { StudyHooks } from './study-options.js';

export const labelOptions = z.strictObject({
  model: z.string().min(1).default('small'),
  scenesFolder: z.string().min(1),
  picturesFolder: z.string().min(1),
  outFolder: z.string().min(1),
  cacheFolder: z.string().min(1).nullable().default(null),
  /** Names the sounds; null leaves those columns out. */
  taggerFile: z.string().min(1).nullable().default(null),
  /** Scenes whose timing is measured; half of them with something else in the picture, where there are so many. */
  count: z.int().min(1).max(10_000).default(60),
  /** The first of them, which also get a sound for each variant. */
  sounds: z.int().min(0).max(10_000).default(12),
  steps: z.int().min(1).max(1000).default(16),
  looksPerSecond: z.number().min(1).max(60).default(10),
  seed: z.int().min(0).default(0),
  threads: z.int().min(1).nullable().default(null),
});
export type LabelOptions = z.output<typeof labelOptions>;

/** Measures and writes `labels.json` and `labels.md`. A run that was stopped goes on where it was. */
export async function runLabels(
  options: z.input<typeof labelOptions>,
  hooks: StudyHooks = {},
): Promise<LabelReport> {
  const settings = labelOptions.parse(options);
  const { outFolder, looksPerSecond, steps, seed } = settings;
  const bench = await openStudyBench({
    ...settings,
    cacheFolder: settings.cacheFolder ?? join(outFolder, 'cache'),
    withSound: settings.sounds > 0,
  });
  try {
    const log = await openStudyLog(
      outFolder,
      {
        study: 'labels',
        weights: bench.weights,
        tagger: settings.taggerFile !== null,
        looksPerSecond,
        steps,
        seed,
      },
      labelMeasurement,
    );
    const pictures = await openPictures(settings.picturesFolder);
    const todo = (await scenesWithBystanders(settings)).flatMap((known, index) =>
      labelVariants(known.scene, seed).map((variant) => ({
        known,
        variant,
        sounds: index < settings.sounds,
      })),
    );
    for (const [index, { known, variant, sounds }] of todo.entries()) {
      hooks.onProgress?.(index, todo.length);
      const isKnown = log.measurements.some(
        (one) => one.scene === known.id && one.system === variant.name && (one.heard !== null || !sounds),
      );
      if (isKnown) continue;
      const clip = sceneClip(known.scene, pictures);
      await log.add(await measureVariant(known, variant, clip, bench, settings, sounds, hooks));
    }
    hooks.onProgress?.(todo.length, todo.length);
    const report = labelReport(latestOf(log.measurements, todo), seed);
    await writeStudyReport(outFolder, 'labels', { settings, ...report }, labelMarkdown(report));
    return report;
  } finally {
    await bench.close();
  }
}

/** Scenes with and without something else in the picture, in turn, as far as there are some. */
async function scenesWithBystanders({ scenesFolder, count }: LabelOptions): Promise<readonly KnownScene[]> {
  const isJudgeable = ({ scene, truth, group }: KnownScene): boolean =>
    group !== 'place' && scene.sound.objectIndex !== null && truth.spans.length > 0;
  const all = await allScenes(scenesFolder, isJudgeable);
  const crowded = all.filter(({ scene }) => bystanderOf(scene) !== null);
  const lonely = all.filter(({ scene }) => bystanderOf(scene) === null);
  const chosen: KnownScene[] = [];
  while (chosen.length < Math.min(count, all.length)) {
    const from = chosen.length % 2 === 0 && crowded.length > 0 ? crowded : lonely;
    chosen.push((from.length > 0 ? from : crowded).shift()!);
  }
  return enoughScenes(chosen, count, scenesFolder);
}

async function measureVariant(
  { id, scene, truth }: KnownScene,
  variant: LabelVariant,
  clip: Clip,
  bench: StudyBench,
  settings: LabelOptions,
  withSound: boolean,
  hooks: StudyHooks,
): Promise<LabelMeasurement> {
  const { encoder } = bench.seeing;
  const { durationSeconds, sound } = scene;
  const frames = await seeWholeClip(clip, bench.seeing, settings.looksPerSecond, hooks.signal);
  const ranking = variant.label === null ? await rankLabels(frames, encoder) : null;
  const label = ranking?.[0]?.label ?? variant.label!;
  const choice = defaultChoiceOf(bench.seeing);
  const seen = await seeLabel(label, frames, encoder, choice, durationSeconds);
  const right = await seeLabel(sound.label, frames, encoder, choice, durationSeconds);
  const [wanted, given] = await encoder.embedTexts([sound.label, label]);
  const overlap = (spans: readonly TimeSpan[]): number =>
    spanOverlap(seen.spans, spans, durationSeconds).intersectionOverUnion;
  const named = variant.objectIndex === null ? null : spansOfObject(scene, variant.objectIndex);
  const nothing = { visibleSpans: [], spans: [] };
  return {
    scene: id,
    system: variant.name,
    label,
    seen: {
      cosine: cosineCurve(
        { timesSeconds: Float64Array.of(0), width: given!.length, data: given! },
        wanted!,
      )[0]!,
      sameTiming: overlap(right.spans),
      visibleIou: overlap(truth.visibleSpans),
      namedIou: named === null ? null : overlap(named),
      offShare: measureSpans(seen.spans, nothing, durationSeconds).offShare,
      ...(ranking === null ? {} : choiceFigures(ranking, scene)),
    },
    heard: withSound ? await hear(label, variant.classId, scene, truth, clip, bench, settings, hooks) : null,
  };
}

/** Whether the picture alone chose a class that its thing could be heard as. */
function choiceFigures(ranking: readonly { readonly classId: string }[], scene: Scene) {
  const possible = classesOfThing(scene);
  const rank = ranking.findIndex(({ classId }) => possible.includes(classId));
  return { chosenRight: rank === 0 ? 1 : 0, chosenInThree: rank >= 0 && rank < 3 ? 1 : 0 };
}

function spansOfObject(scene: Scene, objectIndex: number): TimeSpan[] {
  const { trajectory, widthMetres, heightMetres } = scene.objects[objectIndex]!;
  return visibleSpans(trajectory, widthMetres, heightMetres, scene.camera, scene.durationSeconds);
}

async function hear(
  label: string,
  askedClassId: string,
  scene: Scene,
  truth: KnownScene['truth'],
  clip: Clip,
  { sounding, namer }: StudyBench,
  { steps, seed, looksPerSecond }: LabelOptions,
  hooks: StudyHooks,
): Promise<Record<string, number | null>> {
  const request = { label, seed, steps, looksPerSecond };
  const { samples, sampleRateHz } = await soundForClip(
    clip,
    sounding!,
    request,
    hooks.signal ? { signal: hooks.signal } : {},
  );
  const values = measureScene(samples, sampleRateHz, scene, truth);
  if (namer === null) return values;
  const logits = await namer.logits(samples);
  const [rank, askedRank] = [scene.sound.classId, askedClassId].map((id) => namer.rankOf(logits, id));
  const flag = (is: boolean): number => (is ? 1 : 0);
  return {
    ...values,
    named: flag(rank === 0),
    namedInThree: flag(rank! < 3),
    namedAsAsked: flag(askedRank === 0),
    namedAsAskedInThree: flag(askedRank! < 3),
  };
}

/** The last measurement of each scene and variant that was asked for. */
function latestOf(
  measurements: readonly LabelMeasurement[],
  todo: readonly { readonly known: KnownScene; readonly variant: LabelVariant }[],
): LabelMeasurement[] {
  return todo.map(
    ({ known, variant }) =>
      measurements.findLast((one) => one.scene === known.id && one.system === variant.name)!,
  );
}
