import { describe, expect, it } from 'vitest';
import {
  type ThresholdMeasurement,
  thresholdMarkdown,
  thresholdReport,
} from '../../src/benchmark/threshold-report.js';

const choices = [0.3, 0.5].flatMap((threshold) =>
  (['raw', 'min-max'] as const).map((strategy) => ({ strategy, threshold })),
);
const current = { strategy: 'min-max', threshold: 0.5 } as const;
const blank = {
  balancedAccuracy: 0.5,
  onShare: 1,
  offShare: 0,
  onsetSeconds: 0.2,
  offsetSeconds: null,
  soundingIou: 0.4,
  absentOffShare: 0.3,
};
const curve = { area: 0.8, gainCorrelation: null, seenValues: [0.6, 0.7], unseenValues: [0.2] };

/** Six scenes; `ious` by choice, the same in all of them. */
function scenesOf(set: 'choose' | 'report', ious: Readonly<Record<string, number>>): ThresholdMeasurement[] {
  return Array.from({ length: 6 }, (_, index) => ({
    set,
    scene: `s${index}`,
    group: index % 2 === 0 ? 'stays' : 'comes-or-goes',
    curves: { cosine: curve, raw: curve, 'min-max': curve },
    cells: Object.fromEntries(
      Object.entries(ious).map(([name, visibleIou]) => [name, { ...blank, visibleIou }]),
    ),
  }));
}
const onChoose = { 'raw at 0.30': 0.4, 'raw at 0.50': 0.8, 'min-max at 0.30': 0.7, 'min-max at 0.50': 0.6 };
const onReport = { 'raw at 0.30': 0.9, 'raw at 0.50': 0.5, 'min-max at 0.30': 0.7, 'min-max at 0.50': 0.6 };

describe('the report of thresholds', () => {
  const report = thresholdReport(
    [...scenesOf('choose', onChoose), ...scenesOf('report', onReport)],
    choices,
    current,
    0,
  );

  it('chooses on the one set alone, whatever is better on the other', () => {
    expect(report.chosen).toEqual({ strategy: 'raw', threshold: 0.5 });
  });

  it('reports on the other: what holds now, the choice, and the best of each strategy', () => {
    const rows = report.table.rows.map(({ system }) => system);
    expect(rows).toEqual(['min-max at 0.50', 'raw at 0.50', 'min-max at 0.30']);
    expect(report.table.rows[1]!.cells.staysIou!.estimate).toBeCloseTo(0.5, 12);
    expect(report.table.rows[1]!.cells.staysIou!.scenes).toBe(3);
    expect(report.curves.find((one) => one.set === 'report' && one.curve === 'raw')).toMatchObject({
      areaWithin: 0.8,
      areaOverAll: 1,
      bestCutAccuracy: 1,
    });
  });

  it('chooses nothing where a kind of scene is missing, and says so', () => {
    const onlyStays = scenesOf('choose', onChoose).filter(({ group }) => group === 'stays');
    const partial = thresholdReport([...onlyStays, ...scenesOf('report', onReport)], choices, current, 0);
    expect(partial.chosen).toBeNull();
    expect(thresholdMarkdown(partial)).toContain('No choice');
    expect(thresholdMarkdown(report)).toContain('Chosen: raw at 0.50.');
  });
});
