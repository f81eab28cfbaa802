/** @file The report's tables as HTML. Text is escaped here, and only here is markup put together from data. */
import type { AblationMetric, AblationTable } from '../../evaluation/ablation.js';
import type { Interval } from '../../evaluation/bootstrap.js';
import type { JudgeScores, ReportGroup } from './report.js';
import type { SetScore } from './set-scores.js';
import { isJudged, type SystemId, systems } from './systems.js';

/** Markup; made by the functions of this file from data that was escaped. */
export type Html = string;

export function escapeHtml(text: string): Html {
  return text.replaceAll(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** A metric table: systems down, metrics across; the best of each column is marked. */
export function metricTable(table: AblationTable, against: SystemId): Html {
  const heads = table.metrics.map(metricTitle);
  const best = new Map(
    table.metrics.map(({ key, better }) => {
      const values = table.rows.flatMap(({ system, cells }) =>
        cells[key] && isJudged(system) ? [cells[key].estimate] : [],
      );
      return [key, better === 'higher' ? Math.max(...values) : Math.min(...values)];
    }),
  );
  const rows = table.rows.map(({ system, cells }) => [
    systemCell(system),
    ...table.metrics.map((metric) => {
      const cell = cells[metric.key];
      if (!cell) return absent;
      const isBest = isJudged(system) && cell.estimate === best.get(metric.key);
      const star = cell.pValue !== null && cell.pValue < 0.05 ? '*' : '';
      const note = `${cell.scenes} scenes${cell.pValue === null ? '' : `, p = ${cell.pValue.toPrecision(2)}`}`;
      return figureCell(cell, metric.decimals ?? 2, { isBest, star, note });
    }),
  ]);
  return tableOf(['system', ...heads], rows, {
    note: `Median over scenes, or mean where it is a share, with its 95 % interval. * p < 0.05 against ${against}.`,
  });
}

/** Scores of whole sets, each with its difference from one system. */
export function scoreTable({ systems: rows, recordings }: JudgeScores, against: SystemId): Html {
  const columns = [
    ['Fréchet distance to recordings ↓', 'frechetToRecordings'],
    ['Fréchet distance to the true sounds ↓', 'frechetToTruth'],
    ['KL from the true sound ↓', 'divergence'],
    ['Inception score ↑', 'inception'],
  ] as const;
  const used = columns.filter(([, key]) => rows.some((row) => row[key] !== null));
  const heads = used.flatMap(([title]) => [title, `minus ${against}`]);
  const lines = rows.map((row) => [
    systemCell(row.system),
    ...used.flatMap(([, key]) => [scoreCell(row[key]), differenceCell(row[key])]),
  ]);
  const note =
    'Each with its 95 % bootstrap interval over scenes; bold where the interval of the difference excludes 0.';
  return tableOf(['system', ...heads], lines, {
    note: recordings === 0 ? note : `${note} ${recordings} stretches of recordings.`,
  });
}

/** One metric: groups down, systems across. Empty where no group has a value. */
export function breakdownTable(by: string, metric: AblationMetric, groups: readonly ReportGroup[]): Html {
  const names = groups[0]?.table.rows.map(({ system }) => system) ?? [];
  const rows = groups.flatMap(({ name, table }) => {
    const cells = table.rows.map((row) => row.cells[metric.key] ?? null);
    if (cells.every((cell) => cell === null)) return [];
    return [
      [
        `<th scope="row">${escapeHtml(name)}</th>`,
        ...cells.map((cell) => (cell === null ? absent : figureCell(cell, metric.decimals ?? 2))),
      ],
    ];
  });
  return rows.length === 0 ? '' : tableOf([by, ...names], rows, { note: '' });
}

const absent: Html = '<td class="absent">–</td>';

export function metricTitle({ title, unit, better }: AblationMetric): string {
  const arrow = better === 'higher' ? '↑' : '↓';
  return unit === undefined ? `${title} ${arrow}` : `${title} (${unit}) ${arrow}`;
}

function systemCell(system: string): Html {
  const title = systems[system as SystemId]?.title ?? system;
  const kind = isJudged(system) ? '' : ' class="bound"';
  return `<th scope="row"${kind} title="${escapeHtml(title)}">${escapeHtml(system)}</th>`;
}

function figureCell(
  { estimate, low, high }: Interval,
  decimals: number,
  { isBest = false, star = '', note = '' } = {},
): Html {
  const figure = `${estimate.toFixed(decimals)}${star}`;
  const interval = `<small>${low.toFixed(decimals)} to ${high.toFixed(decimals)}</small>`;
  const title = note === '' ? '' : ` title="${escapeHtml(note)}"`;
  return `<td${title}>${isBest ? `<strong>${figure}</strong>` : figure} ${interval}</td>`;
}

function scoreCell(score: SetScore | null): Html {
  return score === null ? absent : figureCell(score, 2);
}

function differenceCell(score: SetScore | null): Html {
  const difference = score?.difference ?? null;
  if (difference === null) return absent;
  return figureCell(difference, 2, { isBest: difference.low > 0 || difference.high < 0 });
}

function tableOf(
  heads: readonly string[],
  rows: readonly (readonly Html[])[],
  { note }: { readonly note: string },
): Html {
  const head = heads.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join('');
  const body = rows.map((cells) => `<tr>${cells.join('')}</tr>`).join('\n');
  const caption = note === '' ? '' : `<p class="note">${escapeHtml(note)}</p>`;
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>${caption}`;
}
