/** @file The report as data: tables of every metric, scores of whole sets, and how kinds of scenes and classes fare. */
import type { BenchmarkEntry } from '../../data/benchmark-set.node.js';
import type { BenchmarkSetName } from '../../data/plan-benchmark.js';
import {
  type AblationMetric,
  type AblationTable,
  ablationTable,
  type SceneMeasurement,
} from '../../evaluation/ablation.js';
import { rankClasses } from '../../evaluation/classification.js';
import { taggerConfig } from '../../evaluation/tagger.js';
import { frameAudioMetrics } from './frame-audio.js';
import { physicalMetrics } from './measure-sound.js';
import type { StoredEmbedding } from './measurement-store.node.js';
import { type HeardSound, type SetScores, setScores } from './set-scores.js';
import type { SystemId } from './systems.js';

/** The judge whose classes are those of the benchmark. */
export const namingJudge = 'tagger';
/** What a judge hears, where its name does not say it. */
const judgeTitles: Readonly<Record<string, string>> = {
  [namingJudge]: 'tagger, of what sounds',
  'tagger-whole': 'tagger, silence and all',
};

/** A judge in headings. */
export function judgeTitle(name: string): string {
  return judgeTitles[name] ?? name;
}

/** Stands for the system in the embedding of a recording, whose file stands for the scene. */
export const recordingSystem = '@recording';

export const namingMetrics: readonly AblationMetric[] = [
  { key: 'named', title: 'Named right', better: 'higher', statistic: 'mean' },
  { key: 'namedInThree', title: 'Right name in first 3', better: 'higher', statistic: 'mean' },
];

/** The tables of a set, each of a few metrics. */
export const metricGroups: readonly { readonly title: string; readonly keys: readonly string[] }[] = [
  { title: 'On and off', keys: ['levelContrastDb', 'activityIou', 'visibleIou'] },
  {
    title: 'Onsets',
    keys: ['onsetF1', 'clearOnsetF1', 'rhythmOnsetF1', 'clearRhythmOnsetF1'],
  },
  {
    title: 'Onsets as CondFoleyGen (100 ms) and MMAudio (300 ms) score them',
    keys: ['onsetAccuracy', 'onsetCount', 'onsetAp', 'onsetAccuracy300', 'onsetAp300'],
  },
  {
    title: 'Following the picture',
    keys: [
      'envelopeCorrelation',
      'passCorrelation',
      'seenPassCorrelation',
      'dopplerSign',
      'dopplerError',
      'panError',
    ],
  },
  { title: 'What it is taken for', keys: ['named', 'namedInThree'] },
  { title: 'Sound and picture in one space', keys: ['frameAudio', 'clipScore'] },
];

/** What kinds and classes are told apart by. */
export const breakdownKeys = [
  'levelContrastDb',
  'activityIou',
  'envelopeCorrelation',
  'onsetF1',
  'named',
  'namedInThree',
] as const;

export interface ReportGroup {
  readonly name: string;
  readonly table: AblationTable;
}

export interface JudgeScores {
  readonly judge: string;
  /** Recordings that the Fréchet distance is taken from. */
  readonly recordings: number;
  readonly systems: readonly SetScores[];
}

export interface SetReport {
  readonly set: BenchmarkSetName;
  readonly scenes: number;
  readonly groups: readonly { readonly title: string; readonly table: AblationTable }[];
  readonly scores: readonly JudgeScores[];
  readonly byKind: readonly ReportGroup[];
  readonly byClass: readonly ReportGroup[];
}

/** A recording that the Fréchet distance is taken from. */
export interface ReferenceRecording {
  readonly id: string;
  readonly classId: string;
}

export interface SetReportInput {
  readonly set: BenchmarkSetName;
  readonly entries: readonly BenchmarkEntry[];
  readonly systems: readonly SystemId[];
  readonly against: SystemId;
  /** Of these entries and systems and perhaps others. */
  readonly measurements: readonly SceneMeasurement[];
  readonly embeddings: readonly StoredEmbedding[];
  readonly judges: readonly { readonly name: string; readonly id: string; readonly width: number }[];
  readonly recordings: readonly ReferenceRecording[];
  readonly seed: number;
  readonly resamples: number;
}

/** Everything that is said of one set of scenes. Plain data, so that JSON keeps it. */
export function setReport(input: SetReportInput): SetReport {
  const { set, entries, systems, against, seed } = input;
  const measurements = named(input);
  const metrics = [...physicalMetrics, ...namingMetrics, ...frameAudioMetrics];
  const tableOf = (of: readonly BenchmarkEntry[], keys: readonly string[]): AblationTable => {
    const ids = new Set(of.map(({ id }) => id));
    return orderedTable(
      measurements.filter(({ scene }) => ids.has(scene)),
      systems,
      against,
      metrics.filter(({ key }) => keys.includes(key)),
      seed,
    );
  };
  const groupsBy = (nameOf: (entry: BenchmarkEntry) => string): ReportGroup[] =>
    [...new Set(entries.map(nameOf))].map((name) => ({
      name,
      table: tableOf(
        entries.filter((entry) => nameOf(entry) === name),
        breakdownKeys,
      ),
    }));
  return {
    set,
    scenes: entries.length,
    groups: metricGroups
      .map(({ title, keys }) => ({ title, table: tableOf(entries, keys) }))
      .filter(({ table }) =>
        table.rows.some(({ cells }) => Object.values(cells).some((cell) => cell !== null)),
      ),
    scores: input.judges.map((judge) => judgeScores(input, judge)),
    byKind: groupsBy(({ kind }) => kind),
    byClass: groupsBy(({ classId }) => classId),
  };
}

/** Measurements of the set's scenes with what the naming judge says of each sound. */
function named({ entries, systems, measurements, embeddings, judges }: SetReportInput): SceneMeasurement[] {
  const classOf = new Map(entries.map(({ id, classId }) => [id, classId]));
  const naming = judges.find(({ name }) => name === namingJudge)?.id;
  const logits = new Map(
    embeddings
      .filter(({ embedder }) => embedder === naming)
      .map(({ scene, system, classLogits }) => [`${scene}\n${system}`, classLogits]),
  );
  return measurements.flatMap((measurement) => {
    const { scene, system, values } = measurement;
    const classId = classOf.get(scene);
    if (classId === undefined || !systems.some((id) => id === system)) return [];
    const scores = logits.get(`${scene}\n${system}`) ?? null;
    const wanted = taggerConfig.classIds.indexOf(classId);
    if (scores === null || wanted < 0) return [measurement];
    const rank = rankClasses(scores).indexOf(wanted);
    return [
      {
        scene,
        system,
        values: { ...values, named: Number(rank === 0), namedInThree: Number(rank < 3) },
      },
    ];
  });
}

/** Tested against one system, wherever it stands among the rows. */
function orderedTable(
  measurements: readonly SceneMeasurement[],
  order: readonly SystemId[],
  against: SystemId,
  metrics: readonly AblationMetric[],
  seed: number,
): AblationTable {
  const first = order.includes(against) ? [against] : [];
  const rest = order.filter((system) => system !== against);
  const table = ablationTable(measurements, { systems: [...first, ...rest], metrics, seed });
  const rowOf = new Map(table.rows.map((row) => [row.system, row]));
  return { ...table, rows: order.map((system) => rowOf.get(system)!) };
}

function judgeScores(
  { entries, systems, against, embeddings, recordings, seed, resamples }: SetReportInput,
  judge: SetReportInput['judges'][number],
): JudgeScores {
  const own = embeddings.filter(({ embedder }) => embedder === judge.id);
  const heard = new Map<string, Map<string, HeardSound>>();
  for (const embedding of own) {
    const ofSystem = heard.get(embedding.system) ?? new Map<string, HeardSound>();
    heard.set(embedding.system, ofSystem.set(embedding.scene, embedding));
  }
  const ids = entries.map(({ id }) => id);
  const ofScenes = (system: string): [string, Map<string, HeardSound>] | null => {
    const all = heard.get(system);
    if (all === undefined || !ids.every((id) => all.has(id))) return null;
    return [system, new Map(ids.map((id) => [id, all.get(id)!]))];
  };
  const references = weighted(entries, recordings).flatMap(({ id, weight }) => {
    const sound = heard.get(recordingSystem)?.get(id);
    return sound === undefined ? [] : [{ sound, weight }];
  });
  return {
    judge: judge.name,
    recordings: references.length,
    systems: setScores({
      sounds: new Map(systems.map(ofScenes).filter((entry) => entry !== null)),
      truth: ofScenes('truth')?.[1] ?? null,
      recordings: references,
      width: judge.width,
      against,
      resamples,
      seed,
    }),
  };
}

/** Recordings of the set's classes; those of a class together weigh as much as the class has scenes. */
export function weighted(
  entries: readonly BenchmarkEntry[],
  recordings: readonly ReferenceRecording[],
): { readonly id: string; readonly weight: number }[] {
  const scenesOf = countBy(entries.map(({ classId }) => classId));
  const used = recordings.filter(({ classId }) => scenesOf.has(classId));
  const recordingsOf = countBy(used.map(({ classId }) => classId));
  const heardScenes = [...recordingsOf.keys()].reduce((sum, classId) => sum + scenesOf.get(classId)!, 0);
  return used.map(({ id, classId }) => ({
    id,
    weight: ((scenesOf.get(classId)! / heardScenes) * used.length) / recordingsOf.get(classId)!,
  }));
}

function countBy(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
