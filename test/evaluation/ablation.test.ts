import { describe, expect, it } from 'vitest';
import { ablationMarkdown, ablationTable, type SceneMeasurement } from '../../src/evaluation/index.js';
import { lcgNoise } from './golden-metrics.js';

const noise = lcgNoise(50, 8);

/** Fifty scenes: timing adds 15 dB of contrast, the frame adapter adds to the envelope's correlation. */
function measurements(): SceneMeasurement[] {
  return ['neither', 'frame', 'timing', 'both'].flatMap((system) =>
    [...noise].map((luck, index) => ({
      scene: `scene-${index}`,
      system,
      values: {
        levelContrastDb: luck * 3 + (system === 'timing' || system === 'both' ? 15 : 0),
        onsetF1: index % 2 === 0 ? null : 0.4 + luck / 10,
        envelopeCorrelation: luck / 5 + (system === 'frame' || system === 'both' ? 0.5 : 0),
      },
    })),
  );
}

describe('ablationTable', () => {
  it('has the median, an interval around it, and what is beyond chance', () => {
    const table = ablationTable(measurements());
    expect(table.scenes).toBe(50);
    expect(table.rows.map((row) => row.system)).toEqual(['neither', 'frame', 'timing', 'both']);
    const [neither, frame, timing] = table.rows.map((row) => row.cells);
    expect(neither!.levelContrastDb!.pValue).toBeNull();
    expect(timing!.levelContrastDb!.estimate - neither!.levelContrastDb!.estimate).toBeCloseTo(15, 9);
    expect(timing!.levelContrastDb!.pValue).toBeLessThan(0.001);
    expect(frame!.levelContrastDb!.pValue).toBe(1);
    expect(frame!.onsetF1!.scenes).toBe(25);
    for (const row of table.rows) {
      for (const cell of Object.values(row.cells)) {
        expect(cell!.low).toBeLessThanOrEqual(cell!.estimate);
        expect(cell!.high).toBeGreaterThanOrEqual(cell!.estimate);
      }
    }
  });

  it('takes the mean of a metric that says so', () => {
    const shares = [1, 0, 0, 0].map((named, i) => ({ scene: `s${i}`, system: 'neither', values: { named } }));
    const metric = { key: 'named', title: 'Named', better: 'higher' } as const;
    const cellOf = (statistic: 'median' | 'mean') =>
      ablationTable(shares, { metrics: [{ ...metric, statistic }] }).rows[0]!.cells.named!.estimate;
    expect(cellOf('mean')).toBe(0.25);
    expect(cellOf('median')).toBe(0);
  });

  it('survives JSON, and is the same for the same seed', () => {
    const table = ablationTable(measurements(), { seed: 3 });
    expect(JSON.parse(JSON.stringify(table))).toEqual(table);
    expect(ablationTable(measurements(), { seed: 3 })).toEqual(table);
  });

  it('refuses double, unknown and unbounded measurements', () => {
    const [first] = measurements();
    expect(() => ablationTable([first!, first!])).toThrow(/twice/);
    expect(() => ablationTable([{ ...first!, system: 'magic' }])).toThrow(/magic/);
    expect(() => ablationTable([{ ...first!, values: { onsetF1: Number.NaN } }])).toThrow(
      /onsetF1 of scene-0/,
    );
  });
});

describe('ablationMarkdown', () => {
  it('marks the best median of each column, and stars what is beyond chance', () => {
    const lines = ablationMarkdown(ablationTable(measurements())).split('\n');
    expect(lines[0]).toBe('| system | Level contrast (dB) ↑ | Onset F1 ↑ | Envelope correlation ↑ |');
    expect(lines[1]).toBe('|---|--:|--:|--:|');
    expect(lines[2]).toMatch(/^\| neither \| -?\d+\.\d \[/);
    expect(lines[4]).toMatch(/^\| timing \| \*\*1\d\.\d\*\*\\\* \[1\d\.\d, 1\d\.\d\]/);
    expect(lines[3]).not.toMatch(/frame \| [^|]*\\\*/);
    expect(lines.at(-2)).toMatch(/50 scenes/);
  });

  it('has a dash where nothing was measured', () => {
    const only: SceneMeasurement = { scene: 'a', system: 'both', values: { onsetF1: 0.5 } };
    const row = ablationMarkdown(ablationTable([only])).split('\n')[5];
    expect(row).toBe('| both | – | **0.50** [0.50, 0.50] | – |');
  });
});
