/** @file What the label study measures for one scene and one way to write its label, and the tables of it. */
import { z } from 'zod';
import {
  type AblationMetric,
  type AblationTable,
  ablationMarkdown,
  ablationTable,
} from '../evaluation/ablation.js';
import { labelVariantNames } from './label-variants.js';

export const labelMeasurement = z.strictObject({
  scene: z.string(),
  /** Name of the variant. */
  system: z.enum(labelVariantNames),
  /** What was asked for; where nothing was, what the picture chose. */
  label: z.string(),
  /** Of what is seen, by metric. */
  seen: z.record(z.string(), z.number().nullable()),
  /** Of the sound; null where none was made. */
  heard: z.record(z.string(), z.number().nullable()).nullable(),
});
export type LabelMeasurement = z.infer<typeof labelMeasurement>;

const seenMetrics: readonly AblationMetric[] = [
  { key: 'cosine', title: 'Cosine with the right label', better: 'higher', statistic: 'mean' },
  { key: 'sameTiming', title: 'IoU with the timing of the right label', better: 'higher', statistic: 'mean' },
  { key: 'visibleIou', title: 'IoU with visibility of the thing', better: 'higher', statistic: 'mean' },
  {
    key: 'namedIou',
    title: 'IoU with visibility of what the label names',
    better: 'higher',
    statistic: 'mean',
  },
  { key: 'offShare', title: 'Share of the clip left off', better: 'higher', statistic: 'mean' },
];
const heardMetrics: readonly AblationMetric[] = [
  { key: 'named', title: 'Named as the thing', better: 'higher', statistic: 'mean' },
  { key: 'namedInThree', title: 'in first 3', better: 'higher', statistic: 'mean' },
  { key: 'namedAsAsked', title: 'Named as the label asks', better: 'higher', statistic: 'mean' },
  { key: 'namedAsAskedInThree', title: 'in first 3', better: 'higher', statistic: 'mean' },
  { key: 'levelContrastDb', title: 'Level contrast', unit: 'dB', better: 'higher', decimals: 1 },
  { key: 'activityIou', title: 'On/off IoU', better: 'higher' },
];

export interface LabelReport {
  /** Timing alone, on all scenes. */
  readonly seen: AblationTable;
  /** The sound, on those that got one; null where none did. */
  readonly heard: AblationTable | null;
  /** Of scenes without a label: how often the picture chose the class that is there, or had it among its first three. */
  readonly chosenRight: { readonly scenes: number; readonly first: number; readonly inThree: number } | null;
}

/** Tables of all variants against the label as it should be. */
export function labelReport(measurements: readonly LabelMeasurement[], seed: number): LabelReport {
  const systems = labelVariantNames.filter((name) => measurements.some(({ system }) => system === name));
  const sounded = measurements.filter(({ heard }) => heard !== null);
  const chosen = measurements.filter(({ system }) => system === 'missing').map(({ seen }) => seen);
  const share = (key: string) => chosen.filter((seen) => seen[key] === 1).length / chosen.length;
  return {
    seen: ablationTable(
      measurements.map(({ scene, system, seen }) => ({ scene, system, values: seen })),
      { systems, metrics: seenMetrics, seed },
    ),
    heard:
      sounded.length === 0
        ? null
        : ablationTable(
            sounded.map(({ scene, system, heard }) => ({ scene, system, values: heard! })),
            { systems, metrics: heardMetrics, seed },
          ),
    chosenRight:
      chosen.length === 0
        ? null
        : { scenes: chosen.length, first: share('chosenRight'), inThree: share('chosenInThree') },
  };
}

/** The report for people. */
export function labelMarkdown({ seen, heard, chosenRight }: LabelReport): string {
  return [
    'What is seen (no sound is made for this):',
    '',
    ablationMarkdown(seen),
    ...(heard === null ? [] : ['What is heard:', '', ablationMarkdown(heard)]),
    ...(chosenRight === null
      ? []
      : [
          `Without a label the picture chose the right class in ${percent(chosenRight.first)} of ${chosenRight.scenes} scenes, ` +
            `and had it among its first three in ${percent(chosenRight.inThree)}.`,
          '',
        ]),
  ].join('\n');
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
