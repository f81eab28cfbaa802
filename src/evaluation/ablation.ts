/** @file The table that says what each adapter adds: per system and metric, one figure over all scenes and how sure it is. */
import { FoleyError } from '../errors/foley-error.js';
import { bootstrapInterval, type Interval } from './bootstrap.js';
import { pairedPermutationTest } from './permutation-test.js';
import { mean, median } from './statistics.js';

/** What a system is made of: no adapter, one of them, or both. */
export const ablationSystems = ['neither', 'frame', 'timing', 'both'] as const;

/** What one system scored on one scene. */
export interface SceneMeasurement {
  readonly scene: string;
  readonly system: string;
  /** By metric key; null or absent where a metric does not apply to the scene. */
  readonly values: Readonly<Record<string, number | null>>;
}

export interface AblationMetric {
  readonly key: string;
  readonly title: string;
  readonly unit?: string;
  readonly better: 'higher' | 'lower';
  /** What stands for all scenes. Default median; shares of yes and no need the mean. */
  readonly statistic?: 'median' | 'mean';
  /** Decimals in the Markdown table. Default 2. */
  readonly decimals?: number;
}

/** The figures the project's issue asks for. */
export const ablationMetrics: readonly AblationMetric[] = [
  { key: 'levelContrastDb', title: 'Level contrast', unit: 'dB', better: 'higher', decimals: 1 },
  { key: 'onsetF1', title: 'Onset F1', better: 'higher' },
  { key: 'envelopeCorrelation', title: 'Envelope correlation', better: 'higher' },
];

export interface AblationCell extends Interval {
  /** Scenes the figure rests on. */
  readonly scenes: number;
  /** Paired permutation test against the first system on the scenes both have; null for the first system itself. */
  readonly pValue: number | null;
}

export interface AblationTable {
  readonly metrics: readonly AblationMetric[];
  readonly rows: readonly {
    readonly system: string;
    /** By metric key; null where no scene has a value. */
    readonly cells: Readonly<Record<string, AblationCell | null>>;
  }[];
  /** Number of different scenes. */
  readonly scenes: number;
  readonly confidence: number;
  readonly seed: number | string;
}

export interface AblationOptions {
  /** Rows in order; the first is what the others are tested against. Default: `ablationSystems`. */
  readonly systems?: readonly string[];
  readonly metrics?: readonly AblationMetric[];
  readonly confidence?: number;
  readonly seed?: number | string;
}

/**
 * Medians with bootstrap intervals. Plain numbers and strings throughout, so `JSON.stringify` saves it.
 *
 * @throws FoleyError `usage` when a scene was measured twice with a system, a value is not finite, or a system that is
 *   not in the list was measured
 */
export function ablationTable(
  measurements: readonly SceneMeasurement[],
  options: AblationOptions = {},
): AblationTable {
  const { systems = ablationSystems, metrics = ablationMetrics, confidence = 0.95, seed = 0 } = options;
  const bySystem = new Map(systems.map((system) => [system, new Map<string, SceneMeasurement>()]));
  for (const measurement of measurements) {
    const scenes = bySystem.get(measurement.system);
    if (scenes === undefined)
      throw new FoleyError('usage', `ablation: unknown system "${measurement.system}"`);
    if (scenes.has(measurement.scene)) {
      throw new FoleyError(
        'usage',
        `ablation: ${measurement.scene} was measured twice with ${measurement.system}`,
      );
    }
    scenes.set(measurement.scene, measurement);
  }
  const baseline = bySystem.get(systems[0]!)!;
  const rows = systems.map((system) => {
    const scenes = bySystem.get(system)!;
    const cells = metrics.map(({ key, statistic = 'median' }): [string, AblationCell | null] => {
      const values = valuesOf(scenes, key);
      if (values.size === 0) return [key, null];
      const interval = bootstrapInterval([...values.values()], { median, mean }[statistic], {
        confidence,
        seed: `${seed}/${system}/${key}`,
      });
      const pValue = system === systems[0] ? null : pairedPValue(values, valuesOf(baseline, key), seed);
      return [key, { ...interval, scenes: values.size, pValue }];
    });
    return { system, cells: Object.fromEntries(cells) };
  });
  return { metrics, rows, scenes: new Set(measurements.map(({ scene }) => scene)).size, confidence, seed };
}

function valuesOf(scenes: ReadonlyMap<string, SceneMeasurement>, key: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const [scene, measurement] of scenes) {
    const value = measurement.values[key];
    if (value === null || value === undefined) continue;
    if (!Number.isFinite(value)) {
      throw new FoleyError('usage', `ablation: ${key} of ${scene} with ${measurement.system} is ${value}`);
    }
    values.set(scene, value);
  }
  return values;
}

function pairedPValue(
  values: ReadonlyMap<string, number>,
  baseline: ReadonlyMap<string, number>,
  seed: number | string,
): number | null {
  const shared = [...values.keys()].filter((scene) => baseline.has(scene));
  if (shared.length === 0) return null;
  const a = shared.map((scene) => values.get(scene)!);
  const b = shared.map((scene) => baseline.get(scene)!);
  return pairedPermutationTest(a, b, { seed }).pValue;
}

/** The table for people: best median of each column in bold, a star where p < 0.05 against the first row. */
export function ablationMarkdown(
  table: AblationTable,
  /** Whether a system can be the best: not one that bounds the others. */
  isJudged: (system: string) => boolean = () => true,
): string {
  const { metrics, rows } = table;
  const header = metrics.map(({ title, unit, better }) => {
    const arrow = better === 'higher' ? '↑' : '↓';
    return unit === undefined ? `${title} ${arrow}` : `${title} (${unit}) ${arrow}`;
  });
  const best = new Map(
    metrics.map(({ key, better }) => {
      const medians = rows.flatMap(({ system, cells }) =>
        cells[key] && isJudged(system) ? [cells[key].estimate] : [],
      );
      return [key, better === 'higher' ? Math.max(...medians) : Math.min(...medians)];
    }),
  );
  const lines = rows.map(({ system, cells }) => {
    const texts = metrics.map(({ key, decimals = 2 }) => {
      const cell = cells[key];
      if (!cell) return '–';
      const [estimate, low, high] = [cell.estimate, cell.low, cell.high].map((value) =>
        value.toFixed(decimals),
      );
      const star = cell.pValue !== null && cell.pValue < 0.05 ? '\\*' : '';
      return `${cell.estimate === best.get(key) && isJudged(system) ? `**${estimate}**` : estimate}${star} [${low}, ${high}]`;
    });
    return `| ${[system, ...texts].join(' | ')} |`;
  });
  const percent = Math.round(table.confidence * 100);
  return [
    `| system | ${header.join(' | ')} |`,
    `|---|${metrics.map(() => '--:|').join('')}`,
    ...lines,
    '',
    `Median over scenes (mean, where it is a share) [${percent} % bootstrap interval], ${table.scenes} scenes; \\* p < 0.05 against ` +
      `"${rows[0]?.system}" (paired permutation test).`,
    '',
  ].join('\n');
}
