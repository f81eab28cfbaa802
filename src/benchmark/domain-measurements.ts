/** @file What the study of other domains measures: rendered scenes by kind of picture, and real clips; and its tables. */
import { z } from 'zod';
import {
  type AblationMetric,
  type AblationTable,
  ablationMarkdown,
  ablationTable,
} from '../evaluation/ablation.js';
import { cellOf, markdownTable } from './study-table.js';

const figures = z.record(z.string(), z.number().nullable());
export const domainMeasurement = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('scene'),
    scene: z.string(),
    /** The domain of the picture. */
    system: z.string(),
    picture: z.string(),
    seen: figures,
    /** Null where no sound was made. */
    heard: figures.nullable(),
  }),
  z.strictObject({
    kind: z.literal('clip'),
    file: z.string(),
    label: z.string(),
    /** What the picture alone would have chosen. */
    chosen: z.string(),
    values: figures,
    heard: figures.nullable(),
  }),
]);
export type DomainMeasurement = z.infer<typeof domainMeasurement>;
export type DomainSceneMeasurement = Extract<DomainMeasurement, { kind: 'scene' }>;
export type DomainClipMeasurement = Extract<DomainMeasurement, { kind: 'clip' }>;

const seenMetrics: readonly AblationMetric[] = [
  { key: 'area', title: 'ROC area within the clip', better: 'higher' },
  { key: 'visibleIou', title: 'IoU with visibility', better: 'higher', statistic: 'mean' },
  { key: 'balancedAccuracy', title: 'Balanced accuracy', better: 'higher', statistic: 'mean' },
  { key: 'chosenRight', title: 'Chosen right without a label', better: 'higher', statistic: 'mean' },
  { key: 'chosenInThree', title: 'in first 3', better: 'higher', statistic: 'mean' },
];
const heardMetrics: readonly AblationMetric[] = [
  { key: 'levelContrastDb', title: 'Level contrast', unit: 'dB', better: 'higher', decimals: 1 },
  { key: 'activityIou', title: 'On/off IoU', better: 'higher' },
  { key: 'envelopeCorrelation', title: 'Envelope correlation', better: 'higher' },
  { key: 'named', title: 'Named right', better: 'higher', statistic: 'mean' },
  { key: 'namedInThree', title: 'in first 3', better: 'higher', statistic: 'mean' },
];

export interface DomainReport {
  /** Null without scenes. */
  readonly seen: AblationTable | null;
  readonly heard: AblationTable | null;
  readonly clips: readonly DomainClipMeasurement[];
}

/** @param domains in the order of the table; the others are tested against the first */
export function domainReport(
  measurements: readonly DomainMeasurement[],
  domains: readonly string[],
  seed: number,
): DomainReport {
  const scenes = measurements.filter((one) => one.kind === 'scene');
  const systems = domains.filter((domain) => scenes.some(({ system }) => system === domain));
  const sounded = scenes.filter(({ heard }) => heard !== null);
  const table = (
    rows: readonly DomainSceneMeasurement[],
    metrics: readonly AblationMetric[],
    valuesOf: (row: DomainSceneMeasurement) => Readonly<Record<string, number | null>>,
  ): AblationTable | null =>
    rows.length === 0
      ? null
      : ablationTable(
          rows.map((row) => ({ scene: row.scene, system: row.system, values: valuesOf(row) })),
          { systems, metrics, seed },
        );
  return {
    seen: table(scenes, seenMetrics, ({ seen }) => seen),
    heard: table(sounded, heardMetrics, ({ heard }) => heard!),
    clips: measurements.filter((one) => one.kind === 'clip'),
  };
}

/** The report for people. */
export function domainMarkdown({ seen, heard, clips }: DomainReport): string {
  return [
    ...(seen === null ? [] : ['What is seen, by kind of picture:', '', ablationMarkdown(seen)]),
    ...(heard === null ? [] : ['What is heard:', '', ablationMarkdown(heard)]),
    ...(clips.length === 0 ? [] : ['Real clips:', '', clipTable(clips), '']),
  ].join('\n');
}

function clipTable(clips: readonly DomainClipMeasurement[]): string {
  return markdownTable(
    [
      'clip',
      'label',
      'on',
      'on with labels of the others',
      'rank of the label without one',
      'chosen without one',
      'level contrast (dB)',
      'rank of the label by ear',
      'onset F1 with its own sound',
    ],
    clips.map(({ file, label, chosen, values, heard }) => [
      file,
      label,
      cellOf(values.onShare),
      cellOf(values.othersOnShare),
      cellOf(values.rank, 0),
      chosen,
      cellOf(heard?.levelContrastDb, 1),
      cellOf(heard?.namedRank, 0),
      cellOf(heard?.onsetF1),
    ]),
  );
}
