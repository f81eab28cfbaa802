/** @file What the threshold study says: the choice on one set, and what it is worth on the other. */
import { z } from 'zod';
import type { SimilarityStrategy } from '../conditions/similarity.js';
import {
  type AblationMetric,
  type AblationTable,
  ablationMarkdown,
  ablationTable,
  type SceneMeasurement,
} from '../evaluation/ablation.js';
import { bestCut, rocArea } from '../evaluation/roc.js';
import { mean, median } from '../evaluation/statistics.js';
import { nameOfChoice, type SightChoice, spanFigureNames } from './measure-sight.js';
import { sceneGroups } from './scene-groups.js';
import { cellOf, markdownTable } from './study-table.js';

const figure = z.number().nullable();
export const thresholdMeasurement = z.strictObject({
  set: z.enum(['choose', 'report']),
  scene: z.string(),
  group: z.enum(sceneGroups),
  /** By strategy, and of the bare cosine. */
  curves: z.record(
    z.string(),
    z.strictObject({
      area: figure,
      gainCorrelation: figure,
      seenValues: z.array(z.number()),
      unseenValues: z.array(z.number()),
    }),
  ),
  /** By the name of a choice. `absentOffShare`: of a label that is nowhere in the clip, how much stays off. */
  cells: z.record(
    z.string(),
    z.strictObject({
      ...Object.fromEntries(spanFigureNames.map((name) => [name, figure])),
      absentOffShare: figure,
    } as Record<(typeof spanFigureNames)[number] | 'absentOffShare', typeof figure>),
  ),
});
export type ThresholdMeasurement = z.infer<typeof thresholdMeasurement>;

export type StudySet = ThresholdMeasurement['set'];

export interface ChoiceScore extends SightChoice {
  /** Mean of `comesOrGoes` and `stays`; null without scenes of either. */
  readonly score: number | null;
  /** Mean IoU with visibility over scenes where the thing comes into view or leaves. */
  readonly comesOrGoes: number | null;
  /** The same where it stays in view. */
  readonly stays: number | null;
  /** Mean share that a label that is nowhere in the clip stays off. */
  readonly absent: number | null;
}

/** What the curves of a strategy, or bare cosines, are worth over a set, before they are cut. */
export interface CurveQuality {
  readonly set: StudySet;
  /** A strategy, or `cosine`. */
  readonly curve: string;
  readonly scenes: number;
  /** Median over scenes of the area under the ROC curve within the clip. */
  readonly areaWithin: number | null;
  /** Area with the frames of all clips thrown together: what one fixed cut for all clips could reach. */
  readonly areaOverAll: number | null;
  /** The fixed cut that tells best, and its balanced accuracy. */
  readonly bestCut: number | null;
  readonly bestCutAccuracy: number | null;
  /** Median over scenes. */
  readonly gainCorrelation: number | null;
}

export interface ThresholdReport {
  readonly curves: readonly CurveQuality[];
  /** Of the set on which the choice is made, every choice. */
  readonly scores: readonly ChoiceScore[];
  /** Null where the set holds no scenes of one of the two kinds. */
  readonly chosen: SightChoice | null;
  readonly current: SightChoice;
  /** On the other set: the defaults that hold now, the choice, and the best threshold of each other strategy. */
  readonly table: AblationTable;
}

const metrics: readonly AblationMetric[] = [
  { key: 'comesOrGoesIou', title: 'IoU with visibility, comes or goes', better: 'higher', statistic: 'mean' },
  { key: 'balancedAccuracy', title: 'Balanced accuracy there', better: 'higher', statistic: 'mean' },
  { key: 'onsetSeconds', title: 'Onset error', unit: 's', better: 'lower' },
  { key: 'offsetSeconds', title: 'Offset error', unit: 's', better: 'lower' },
  { key: 'staysIou', title: 'IoU with visibility, stays', better: 'higher', statistic: 'mean' },
  { key: 'soundingIou', title: 'IoU with the true sound', better: 'higher', statistic: 'mean' },
  { key: 'absentOffShare', title: 'Off, label not there', better: 'higher', statistic: 'mean' },
];

/** @param current the defaults that hold now */
export function thresholdReport(
  measurements: readonly ThresholdMeasurement[],
  choices: readonly SightChoice[],
  current: SightChoice,
  seed: number,
): ThresholdReport {
  const ofSet = (set: StudySet) => measurements.filter((one) => one.set === set);
  const scores = choices.map((choice) => scoreOf(ofSet('choose'), choice));
  const chosen = bestOf(scores);
  const strategies = [...new Set(choices.map(({ strategy }) => strategy))];
  const bestOfEach = strategies.flatMap((strategy) => {
    const best = bestOf(scores.filter((one) => one.strategy === strategy));
    return best === null ? [] : [best];
  });
  const isMeasured = choices.some((choice) => nameOfChoice(choice) === nameOfChoice(current));
  const rows = [...(isMeasured ? [current] : []), ...(chosen === null ? [] : [chosen]), ...bestOfEach];
  const systems = [...new Set(rows.map(nameOfChoice))];
  return {
    curves: (['choose', 'report'] as const).flatMap((set) =>
      ['cosine', ...strategies].map((curve) => curveQuality(set, curve, ofSet(set))),
    ),
    scores,
    chosen,
    current,
    table: ablationTable(
      ofSet('report').flatMap((one) => systems.map((system) => sceneValues(one, system))),
      { systems, metrics, seed },
    ),
  };
}

function sceneValues({ scene, group, cells }: ThresholdMeasurement, system: string): SceneMeasurement {
  const cell = cells[system]!;
  const { visibleIou, balancedAccuracy, onsetSeconds, offsetSeconds, soundingIou, absentOffShare } = cell;
  const comesOrGoes = group === 'comes-or-goes';
  return {
    scene,
    system,
    values: {
      comesOrGoesIou: comesOrGoes ? visibleIou! : null,
      balancedAccuracy: comesOrGoes ? balancedAccuracy! : null,
      onsetSeconds: comesOrGoes ? onsetSeconds! : null,
      offsetSeconds: comesOrGoes ? offsetSeconds! : null,
      staysIou: group === 'stays' ? visibleIou! : null,
      soundingIou: soundingIou!,
      absentOffShare: absentOffShare!,
    },
  };
}

function scoreOf(measurements: readonly ThresholdMeasurement[], choice: SightChoice): ChoiceScore {
  const name = nameOfChoice(choice);
  const meanIn = (group: ThresholdMeasurement['group']): number | null =>
    meanOrNull(measurements.filter((one) => one.group === group).map((one) => one.cells[name]!.visibleIou!));
  const [comesOrGoes, stays] = [meanIn('comes-or-goes'), meanIn('stays')];
  return {
    ...choice,
    score: comesOrGoes === null || stays === null ? null : (comesOrGoes + stays) / 2,
    comesOrGoes,
    stays,
    absent: meanOrNull(measurements.map((one) => one.cells[name]!.absentOffShare!)),
  };
}

function bestOf(scores: readonly ChoiceScore[]): SightChoice | null {
  const scored = scores.filter(({ score }) => score !== null);
  if (scored.length === 0) return null;
  const { strategy, threshold } = scored.reduce((best, one) => (one.score! > best.score! ? one : best));
  return { strategy, threshold };
}

function curveQuality(
  set: StudySet,
  name: string,
  measurements: readonly ThresholdMeasurement[],
): CurveQuality {
  const medianOf = (key: 'area' | 'gainCorrelation'): number | null => {
    const values = measurements.map(({ curves }) => curves[name]![key]).filter((value) => value !== null);
    return values.length === 0 ? null : median(values);
  };
  // the sound of a place has no frames with and without it
  const pooled = measurements.filter(({ group }) => group !== 'place').map(({ curves }) => curves[name]!);
  const seen = pooled.flatMap(({ seenValues }) => seenValues);
  const unseen = pooled.flatMap(({ unseenValues }) => unseenValues);
  const scores = [...seen, ...unseen];
  const isSeen = scores.map((_, index) => index < seen.length);
  const cut = bestCut(scores, isSeen);
  return {
    set,
    curve: name,
    scenes: measurements.length,
    areaWithin: medianOf('area'),
    areaOverAll: rocArea(scores, isSeen),
    bestCut: cut?.threshold ?? null,
    bestCutAccuracy: cut?.balancedAccuracy ?? null,
    gainCorrelation: medianOf('gainCorrelation'),
  };
}

function meanOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : mean(values);
}

const setTitles: Readonly<Record<StudySet, string>> = {
  choose: 'to choose on',
  report: 'to report on',
};

/** The report for people. */
export function thresholdMarkdown(report: ThresholdReport): string {
  const { curves, scores, chosen, current, table } = report;
  const strategies = [...new Set(scores.map(({ strategy }) => strategy))];
  const thresholds = [...new Set(scores.map(({ threshold }) => threshold))];
  const scoreAt = (strategy: SimilarityStrategy, threshold: number): string => {
    const found = scores.find((one) => one.strategy === strategy && one.threshold === threshold);
    const text = cellOf(found?.score);
    return strategy === chosen?.strategy && threshold === chosen.threshold ? `**${text}**` : text;
  };
  return [
    'The curves before they are cut, and the bare cosine of label and frame:',
    '',
    markdownTable(
      [
        'curve',
        'scenes',
        'ROC area within a clip',
        'ROC area over all clips',
        'best fixed cut',
        'its balanced accuracy',
        'correlation with log gain',
      ],
      curves.map((one) => [
        one.curve,
        `${one.scenes} ${setTitles[one.set]}`,
        cellOf(one.areaWithin),
        cellOf(one.areaOverAll),
        cellOf(one.bestCut, 3),
        cellOf(one.bestCutAccuracy),
        cellOf(one.gainCorrelation),
      ]),
    ),
    '',
    'Score of each strategy (rows) and threshold (columns) on the scenes that the choice is made on: mean of the IoU with',
    'visibility where the thing comes or goes and where it stays.',
    '',
    markdownTable(
      ['strategy', ...thresholds.map((threshold) => threshold.toFixed(2))],
      strategies.map((strategy) => [
        strategy,
        ...thresholds.map((threshold) => scoreAt(strategy, threshold)),
      ]),
    ),
    '',
    chosen === null
      ? 'No choice: there is no scene where the thing comes or goes, or none where it stays.'
      : `Chosen: ${nameOfChoice(chosen)}.`,
    `Default now: ${nameOfChoice(current)}. On the other scenes, with the best threshold of each strategy:`,
    '',
    ablationMarkdown(table),
  ].join('\n');
}
