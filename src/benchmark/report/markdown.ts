/** @file The report for reading: tables in Markdown. */
import { type AblationMetric, ablationMarkdown } from '../../evaluation/ablation.js';
import type { Interval } from '../../evaluation/bootstrap.js';
import type { ModelProvenance } from '../../foley/stations.js';
import type { LabelChoice } from './options.js';
import { type JudgeScores, judgeTitle, type ReportGroup, type SetReport } from './report.js';
import type { SetScore } from './set-scores.js';
import { isJudged, type SystemId, systems } from './systems.js';

/** What a report says about how it was made. */
export interface ReportHead {
  readonly model: string;
  readonly against: SystemId;
  readonly steps: number;
  readonly guidance: number | null;
  readonly labels: LabelChoice;
  readonly seed: number;
  readonly resamples: number;
}

export interface Report extends ReportHead {
  readonly format: 'smooth-foley.report/1';
  /** The files that made the sounds: of the model (`own`), and of the one with the averaging adapter (`clip-wise`). */
  readonly models: Readonly<Record<string, ModelProvenance>>;
  readonly sets: readonly SetReport[];
}

const setTitles = { continuous: 'Continuous benchmark', general: 'General set' } as const;

/** The whole report. */
export function reportMarkdown(report: Report): string {
  const { steps, guidance, seed } = report;
  return [
    `# ${modelName(report)}`,
    '',
    `${steps} steps, guidance ${guidance ?? "the model's own"}, seed ${seed}. ${labelsTold(report)}Systems:`,
    '',
    ...systemsOf(report).map((id) => `- \`${id}\`: ${systems[id].title}`),
    '',
    ...modelsMarkdown(report.models),
    ...report.sets.flatMap((set) => setMarkdown(set, report)),
  ].join('\n');
}

/** What the systems were told, where it is less than the scene's own label. */
export function labelsTold({ labels }: Pick<ReportHead, 'labels'>): string {
  return {
    exact: '',
    kind: 'Labels say only what kind of thing sounds, such as "vehicle"; the picture may say which. ',
    vague: 'Labels and texts say only what kind of thing sounds, such as "vehicle". ',
  }[labels];
}

/** The name of the model, or of its folder. */
export function modelName({ model }: Pick<ReportHead, 'model'>): string {
  return (
    model
      .split(/[\\/]/)
      .filter((part) => part !== '')
      .at(-1) ?? model
  );
}

/** The files of our own weights with the beginning of their sums. */
function modelsMarkdown(models: Report['models']): string[] {
  const lines = Object.entries(models).flatMap(([name, { files }]) =>
    files
      .filter(({ file }) => file.endsWith('.safetensors'))
      .map(({ file, sha256 }) => `- ${name}: \`${file}\` ${sha256.slice(0, 12)}`),
  );
  return lines.length === 0 ? [] : ['Weights, by the beginning of their SHA-256:', '', ...lines, ''];
}

function systemsOf({ sets }: Report): SystemId[] {
  const rows = sets[0]?.groups[0]?.table.rows ?? [];
  return rows.map(({ system }) => system as SystemId);
}

export function setMarkdown(set: SetReport, { against, resamples }: ReportHead): string[] {
  return [
    `## ${setTitles[set.set]}: ${set.scenes} scenes`,
    '',
    ...set.groups.flatMap(({ title, table }) => [
      `### ${title}`,
      '',
      ablationMarkdown(table, isJudged).replace(/against "[^"]*"/, `against \`${against}\``),
    ]),
    ...set.scores.flatMap((scores) => scoresMarkdown(scores, against, resamples)),
    ...breakdownMarkdown('kind of scene', set.byKind),
    ...breakdownMarkdown('class', set.byClass),
  ];
}

function scoresMarkdown(
  { judge, recordings, systems: rows }: JudgeScores,
  against: SystemId,
  resamples: number,
): string[] {
  const columns = [
    ['Fréchet distance to recordings ↓', 'frechetToRecordings'],
    ['to the true sounds ↓', 'frechetToTruth'],
    ['KL from the true sound ↓', 'divergence'],
    ['inception score ↑', 'inception'],
  ] as const;
  const used = columns.filter(([, key]) => rows.some((row) => row[key] !== null));
  const head = used.flatMap(([title]) => [title, `minus \`${against}\``]);
  return [
    `### All sounds together, by ${judgeTitle(judge)}`,
    '',
    `| system | ${head.join(' | ')} |`,
    `|---|${head.map(() => '--:|').join('')}`,
    ...rows.map(
      (row) =>
        `| ${[row.system, ...used.flatMap(([, key]) => [scoreText(row[key]), differenceText(row[key])])].join(' | ')} |`,
    ),
    '',
    `[95 % bootstrap interval, ${resamples} resamples of the scenes, the same for every system]; bold: the interval of the ` +
      `difference excludes 0.${recordings === 0 ? '' : ` ${recordings} stretches of recordings, weighted to the classes of the scenes.`}`,
    '',
  ];
}

function scoreText(score: SetScore | null): string {
  return score === null ? '–' : intervalText(score);
}

function differenceText(score: SetScore | null): string {
  const difference = score?.difference ?? null;
  if (difference === null) return '–';
  const text = intervalText(difference);
  return difference.low > 0 || difference.high < 0 ? `**${text}**` : text;
}

function intervalText({ estimate, low, high }: Interval): string {
  return `${figure(estimate)} [${figure(low)}, ${figure(high)}]`;
}

function figure(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}

/** One table a metric: groups down, systems across. */
function breakdownMarkdown(by: string, groups: readonly ReportGroup[]): string[] {
  const first = groups[0]?.table;
  if (first === undefined || groups.length < 2) return [];
  const names = first.rows.map(({ system }) => system);
  return first.metrics.flatMap((metric) => {
    const lines = groups.flatMap(({ name, table }) => {
      const cells = table.rows.map(({ cells: ofSystem }) => ofSystem[metric.key] ?? null);
      if (cells.every((cell) => cell === null)) return [];
      return [`| ${[name, ...cells.map((cell) => cellText(cell, metric))].join(' | ')} |`];
    });
    if (lines.length === 0) return [];
    return [
      `### ${metric.title}, by ${by}`,
      '',
      `| ${by} | ${names.join(' | ')} |`,
      `|---|${names.map(() => '--:|').join('')}`,
      ...lines,
      '',
    ];
  });
}

function cellText(cell: Interval | null, { decimals = 2 }: AblationMetric): string {
  if (cell === null) return '–';
  const [estimate, low, high] = [cell.estimate, cell.low, cell.high].map((value) => value.toFixed(decimals));
  return `${estimate} [${low}, ${high}]`;
}
