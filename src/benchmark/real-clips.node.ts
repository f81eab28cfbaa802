/** @file Real clips: what can be said without any truth, and against their own sound where they have one. */
import { basename, join } from 'node:path';
import { mixdown } from '../audio/wave.js';
import { levelEnvelope } from '../data/sound-activity.js';
import { SOUND_CLASSES } from '../data/sound-classes.js';
import { FoleyError } from '../errors/foley-error.js';
import { levelContrast } from '../evaluation/level-contrast.js';
import { onsetSeconds } from '../evaluation/onset-detection.js';
import { matchOnsets } from '../evaluation/onset-matching.js';
import { rankLabels } from '../foley/choose-label.js';
import { openClipFile } from '../foley/open-stations.node.js';
import type { Clip } from '../foley/stations.js';
import type { DomainClipMeasurement } from './domain-measurements.js';
import { defaultChoiceOf, measureSpans, seeLabel } from './measure-sight.js';
import { seeWholeClip } from './scene-sight.node.js';
import { type SoundRequest, soundForClip } from './sound-for-clip.js';
import { readColumns } from './sprite-folder.node.js';
import type { StudyBench } from './study-bench.node.js';
import type { StudyHooks } from './study-options.js';

export interface LabelledClip {
  readonly path: string;
  readonly label: string;
}

/** Reads a list of clips: columns `file`, inside the folder, and `label`. @throws FoleyError as `readColumns` */
export async function readClipList(listFile: string, folder: string): Promise<LabelledClip[]> {
  const rows = await readColumns(listFile, ['file', 'label']);
  return rows.map(([file, label]) => ({ path: join(folder, file!), label: label! }));
}

/** The class that a label is a phrase of. @throws FoleyError `input-rejected` for a label of no class */
export function classOfPhrase(label: string): string {
  const found = SOUND_CLASSES.find(
    ({ phrases, fine }) =>
      phrases.includes(label) || Object.values(fine).some((rule) => rule.phrases.includes(label)),
  );
  if (found !== undefined) return found.id;
  throw new FoleyError('input-rejected', `"${label}" is a phrase of no sound class`, {
    hint: 'Phrases stand in src/data/sound-class-table.ts.',
  });
}

/** What is asked of the sound of a clip; null for none. */
export type ClipSound = Omit<SoundRequest, 'label'> | null;

/** Measures one clip. @param others the labels of the other clips: nothing in this one */
export async function measureRealClip(
  { path, label }: LabelledClip,
  others: readonly string[],
  bench: StudyBench,
  looksPerSecond: number,
  sound: ClipSound,
  hooks: StudyHooks,
): Promise<DomainClipMeasurement> {
  const classId = classOfPhrase(label);
  const clip = await openClipFile(path, hooks.signal);
  try {
    const { durationSeconds } = clip.facts;
    const { encoder } = bench.seeing;
    const frames = await seeWholeClip(clip, bench.seeing, looksPerSecond, hooks.signal);
    const choice = defaultChoiceOf(bench.seeing);
    const spansOf = async (text: string) =>
      (await seeLabel(text, frames, encoder, choice, durationSeconds)).spans;
    const onShareOf = async (text: string): Promise<number> => {
      const { offShare } = measureSpans(
        await spansOf(text),
        { visibleSpans: [], spans: [] },
        durationSeconds,
      );
      return 1 - offShare!;
    };
    const elsewhere: number[] = [];
    for (const other of others) elsewhere.push(await onShareOf(other));
    const ranking = await rankLabels(frames, encoder);
    return {
      kind: 'clip',
      file: basename(path),
      label,
      chosen: ranking[0]!.label,
      values: {
        onShare: await onShareOf(label),
        othersOnShare:
          elsewhere.length === 0 ? null : elsewhere.reduce((sum, share) => sum + share, 0) / elsewhere.length,
        rank: ranking.findIndex((one) => one.classId === classId) + 1,
      },
      heard:
        sound === null
          ? null
          : await hear(clip, { ...sound, label }, classId, await spansOf(label), bench, hooks),
    };
  } finally {
    clip.close();
  }
}

/** Quieter soundtracks hold nothing to compare with. */
const quietestDbfs = -60;

async function hear(
  clip: Clip,
  request: SoundRequest,
  classId: string,
  spans: Parameters<typeof levelContrast>[2],
  { sounding, namer }: StudyBench,
  { signal }: StudyHooks,
): Promise<Record<string, number | null>> {
  const hooks = signal ? { signal } : {};
  const { samples, sampleRateHz } = await soundForClip(clip, sounding!, request, hooks);
  return {
    levelContrastDb: levelContrast(samples, sampleRateHz, spans)?.contrastDb ?? null,
    namedRank: namer === null ? null : namer.rankOf(await namer.logits(samples), classId) + 1,
    onsetF1: await onsetAgreement(clip, samples, sampleRateHz, signal),
  };
}

/** Onset F1 at 100 ms with the clip's own sound; null where it has none, or next to none. */
async function onsetAgreement(
  clip: Clip,
  samples: Float32Array,
  sampleRateHz: number,
  signal?: AbortSignal,
): Promise<number | null> {
  const own = await clip.soundtrack(signal);
  if (own === null) return null;
  const mono = mixdown(own).channels[0]!;
  const { levelsDb } = levelEnvelope(mono, own.sampleRateHz);
  if (levelsDb.every((level) => level < quietestDbfs)) return null;
  return matchOnsets(onsetSeconds(mono, own.sampleRateHz), onsetSeconds(samples, sampleRateHz), 0.1).f1;
}
