/** @file Other domains: the same scenes with photographs, drawings, cartoons or 3D renders in them, and real clips. */
import { basename, join } from 'node:path';
import { z } from 'zod';
import { openPictures } from '../data/picture-store.node.js';
import { seededRandom } from '../data/seeded-random.js';
import { FoleyError } from '../errors/foley-error.js';
import { rankLabels } from '../foley/choose-label.js';
import {
  type DomainMeasurement,
  type DomainReport,
  type DomainSceneMeasurement,
  domainMarkdown,
  domainMeasurement,
  domainReport,
} from './domain-measurements.js';
import { classesOfThing } from './label-variants.js';
import { measureScene } from './measure-scene.js';
import { defaultChoiceOf, measureCurve, measureSpans, seeLabel } from './measure-sight.js';
import { domainOf, type PictureDomain, type Sprite, withSprite } from './picture-domains.js';
import { measureRealClip, readClipList } from './real-clips.node.js';
import { allScenes, type KnownScene, seeWholeClip } from './scene-sight.node.js';
import { sceneClip } from './scene-source.node.js';
import { soundForClip } from './sound-for-clip.js';
import { joinedStore, readSprites } from './sprite-folder.node.js';
import { openStudyBench, type StudyBench } from './study-bench.node.js';
import { openStudyLog, writeStudyReport } from './study-log.node.js';
import type { StudyHooks } from './study-options.js';

export const domainOptions = z.strictObject({
  model: z.string().min(1).default('small'),
  scenesFolder: z.string().min(1),
  picturesFolder: z.string().min(1),
  outFolder: z.string().min(1),
  cacheFolder: z.string().min(1).nullable().default(null),
  taggerFile: z.string().min(1).nullable().default(null),
  /** Sprites of further domains, each with its folder. */
  sprites: z.array(z.strictObject({ domain: z.string().min(1), folder: z.string().min(1) })).default([]),
  /** Columns `name` and `subject`; needed with `sprites`. */
  spriteList: z.string().min(1).nullable().default(null),
  /** Real clips, and the list of their labels (columns `file` and `label`). */
  clipsFolder: z.string().min(1).nullable().default(null),
  clipList: z.string().min(1).nullable().default(null),
  /** Scenes; those whose thing has pictures in most domains come first. */
  count: z.int().min(1).max(10_000).default(30),
  /** The first of them, which also get a sound in each domain; clips do where this is not 0. */
  sounds: z.int().min(0).max(10_000).default(12),
  steps: z.int().min(1).max(1000).default(16),
  looksPerSecond: z.number().min(1).max(60).default(10),
  seed: z.int().min(0).default(0),
  threads: z.int().min(1).nullable().default(null),
});
type DomainOptions = z.output<typeof domainOptions>;

const preparedDomains: readonly PictureDomain[] = [
  'cut-out photograph',
  'whole photograph',
  'drawing',
  'cartoon',
];

/** Measures and writes `domains.json` and `domains.md`. A run that was stopped goes on where it was. */
export async function runDomains(
  options: z.input<typeof domainOptions>,
  hooks: StudyHooks = {},
): Promise<DomainReport> {
  const settings = domainOptions.parse(options);
  const { outFolder, looksPerSecond, steps, seed, sounds } = settings;
  if (settings.sprites.length > 0 !== (settings.spriteList !== null)) {
    throw new FoleyError('usage', 'folders of sprites and the list of what they show belong together');
  }
  if ((settings.clipsFolder === null) !== (settings.clipList === null)) {
    throw new FoleyError('usage', 'the folder of clips and the list of their labels belong together');
  }
  const sets = [];
  for (const folder of settings.sprites) sets.push(await readSprites(folder, settings.spriteList!));
  const clips =
    settings.clipsFolder === null ? [] : await readClipList(settings.clipList!, settings.clipsFolder);
  const bench = await openStudyBench({
    ...settings,
    cacheFolder: settings.cacheFolder ?? join(outFolder, 'cache'),
    withSound: sounds > 0,
  });
  try {
    const log = await openStudyLog<DomainMeasurement>(
      outFolder,
      {
        study: 'domains',
        weights: bench.weights,
        tagger: settings.taggerFile !== null,
        looksPerSecond,
        steps,
        seed,
      },
      domainMeasurement,
    );
    const pictures = await openPictures(settings.picturesFolder);
    const store = joinedStore(pictures, sets);
    const domains = new Map<string, readonly Sprite[]>([
      ...preparedDomains.map((domain): [string, Sprite[]] => [
        domain,
        pictures.index.pictures.filter(
          ({ id, split, kind }) => split === 'val' && kind === 'sprite' && domainOf(id) === domain,
        ),
      ]),
      ...sets.map(({ domain, sprites }): [string, readonly Sprite[]] => [domain, sprites]),
    ]);
    const todo = await planScenes(settings, domains);
    const total = todo.length + clips.length;
    for (const [index, item] of todo.entries()) {
      hooks.onProgress?.(index, total);
      const isKnown = log.measurements.some(
        (one) =>
          one.kind === 'scene' &&
          one.scene === item.known.id &&
          one.system === item.domain &&
          (one.heard !== null || !item.withSound),
      );
      if (!isKnown) await log.add(await measureItem(item, store, bench, settings, hooks));
    }
    for (const [index, clip] of clips.entries()) {
      hooks.onProgress?.(todo.length + index, total);
      const isKnown = log.measurements.some(
        (one) =>
          one.kind === 'clip' &&
          one.file === basename(clip.path) &&
          one.label === clip.label &&
          (one.heard !== null || sounds === 0),
      );
      if (isKnown) continue;
      const others = clips.filter((other) => other !== clip).map(({ label }) => label);
      const sound = sounds === 0 ? null : { seed, steps, looksPerSecond };
      await log.add(await measureRealClip(clip, others, bench, looksPerSecond, sound, hooks));
    }
    hooks.onProgress?.(total, total);
    const kept = latestOf(log.measurements);
    const wanted = new Set([
      ...todo.map(({ known, domain }) => `${known.id}/${domain}`),
      ...clips.map(({ path, label }) => `${basename(path)}/${label}`),
    ]);
    const report = domainReport(
      kept.filter((one) => wanted.has(keyOf(one))),
      [...domains.keys()],
      seed,
    );
    await writeStudyReport(outFolder, 'domains', { settings, ...report }, domainMarkdown(report));
    return report;
  } finally {
    await bench.close();
  }
}

interface DomainItem {
  readonly known: KnownScene;
  readonly domain: string;
  /** Null for a scene that is as it is: a whole photograph. */
  readonly sprite: Sprite | null;
  readonly withSound: boolean;
}

/** Every scene in every domain that has a picture of its thing; whole photographs as they are. */
async function planScenes(
  { scenesFolder, count, sounds, seed }: DomainOptions,
  domains: ReadonlyMap<string, readonly Sprite[]>,
): Promise<DomainItem[]> {
  const all = await allScenes(scenesFolder, ({ group }) => group !== 'place');
  const planned = all.map((known) => {
    const { objectIndex } = known.scene.sound;
    if (objectIndex === null) {
      return { known, choices: [{ domain: 'whole photograph', sprite: null }] };
    }
    const { subject } = known.scene.objects[objectIndex]!;
    const random = seededRandom(`domains/${seed}/${known.id}`);
    const choices = [...domains].flatMap(([domain, sprites]) => {
      const fitting = sprites.filter(({ subjects }) => subjects.includes(subject));
      return fitting.length === 0 ? [] : [{ domain, sprite: random.fork(domain).pick(fitting) }];
    });
    return { known, choices };
  });
  const objects = planned
    .filter(({ known }) => known.scene.sound.objectIndex !== null)
    .sort((a, b) => b.choices.length - a.choices.length); // stable: by name among equals
  const photographs = planned.filter(({ known }) => known.scene.sound.objectIndex === null);
  return [...objects.slice(0, count), ...photographs.slice(0, count)].flatMap(({ known, choices }, index) =>
    choices.map((choice) => ({ known, ...choice, withSound: index < sounds })),
  );
}

async function measureItem(
  { known, domain, sprite, withSound }: DomainItem,
  store: Parameters<typeof sceneClip>[1],
  bench: StudyBench,
  { steps, seed, looksPerSecond }: DomainOptions,
  hooks: StudyHooks,
): Promise<DomainSceneMeasurement> {
  const { scene, visibleSpans } =
    sprite === null
      ? { scene: known.scene, visibleSpans: known.truth.visibleSpans }
      : withSprite(known.scene, sprite);
  const truth = { ...known.truth, visibleSpans };
  const clip = sceneClip(scene, store);
  const { label, classId } = scene.sound;
  const { encoder } = bench.seeing;
  const frames = await seeWholeClip(clip, bench.seeing, looksPerSecond, hooks.signal);
  const seen = await seeLabel(label, frames, encoder, defaultChoiceOf(bench.seeing), scene.durationSeconds);
  const spans = measureSpans(seen.spans, truth, scene.durationSeconds);
  const possible = classesOfThing(scene);
  const rank = (await rankLabels(frames, encoder)).findIndex((one) => possible.includes(one.classId));
  let heard: Record<string, number | null> | null = null;
  if (withSound) {
    const { samples, sampleRateHz } = await soundForClip(
      clip,
      bench.sounding!,
      { label, seed, steps, looksPerSecond },
      hooks.signal ? { signal: hooks.signal } : {},
    );
    heard = measureScene(samples, sampleRateHz, scene, truth);
    if (bench.namer !== null) {
      const named = bench.namer.rankOf(await bench.namer.logits(samples), classId);
      heard = { ...heard, named: named === 0 ? 1 : 0, namedInThree: named < 3 ? 1 : 0 };
    }
  }
  return {
    kind: 'scene',
    scene: known.id,
    system: domain,
    picture: sprite?.id ?? scene.background.picture,
    seen: {
      area: measureCurve(seen.timesSeconds, seen.similarity, truth).area,
      visibleIou: spans.visibleIou,
      balancedAccuracy: spans.balancedAccuracy,
      chosenRight: rank === 0 ? 1 : 0,
      chosenInThree: rank >= 0 && rank < 3 ? 1 : 0,
    },
    heard,
  };
}

function keyOf(one: DomainMeasurement): string {
  return one.kind === 'scene' ? `${one.scene}/${one.system}` : `${one.file}/${one.label}`;
}

/** The last measurement of each: a scene may have got its sound later. */
function latestOf(measurements: readonly DomainMeasurement[]): DomainMeasurement[] {
  return [...new Map(measurements.map((one) => [keyOf(one), one])).values()];
}
