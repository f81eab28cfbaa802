/** @file Seconds and memory of a whole job against frame rate, tokens per frame and steps, each in a process of its own. */
import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { hashFile } from '../conditions/embedding-cache.node.js';
import { median } from '../evaluation/statistics.js';
import { runFoleyJob } from '../foley/job-runner.node.js';
import { hashModel, modelFolderOf } from '../foley/model-bundle.node.js';
import { foleyStages } from '../foley/progress.js';
import { parseRequest } from '../foley/request.js';
import type { ModelConfig } from '../models/model-config.js';
import { openStudyLog, writeStudyReport } from './study-log.node.js';
import type { StudyHooks } from './study-options.js';
import { cellOf, markdownTable } from './study-table.js';
import { configOfFolder, type ModelVariant, writeModelVariant } from './variant-model.node.js';

export const efficiencyOptions = z.strictObject({
  /** A folder of our own kind, or its name: its configuration is varied. */
  model: z.string().min(1).default('small'),
  videoFile: z.string().min(1),
  label: z.string().min(1),
  outFolder: z.string().min(1),
  /** Runs of each variant; the table holds medians. */
  repeats: z.int().min(1).max(100).default(3),
  frameRates: z.array(z.int().min(1).max(60)).min(1).default([4, 8, 15, 30]),
  steps: z.array(z.int().min(1).max(500)).min(1).default([5, 10, 20, 50]),
  seed: z.int().min(0).default(0),
  threads: z.int().min(1).nullable().default(null),
});
type EfficiencyOptions = z.output<typeof efficiencyOptions>;

/** Whole jobs differ from the first variant in one thing each. */
interface Variant extends ModelVariant {
  readonly name: string;
  readonly steps: number;
  readonly frameScale: number;
  readonly timingScale: number;
}

const seconds = z.number().min(0);
const efficiencyMeasurement = z.strictObject({
  variant: z.string(),
  repeat: z.int().min(0),
  /** From the call to the files, with the start of the process. */
  wallSeconds: seconds,
  /** Of all threads. */
  processorSeconds: seconds,
  peakRssMiB: z.number().positive(),
  clipSeconds: seconds,
  /** Wall seconds by stage. */
  stages: z.strictObject(
    Object.fromEntries(foleyStages.map((stage) => [stage, seconds])) as Record<
      (typeof foleyStages)[number],
      typeof seconds
    >,
  ),
});
type EfficiencyMeasurement = z.infer<typeof efficiencyMeasurement>;

export interface EfficiencyRow {
  readonly variant: string;
  readonly repeats: number;
  /** Medians over the repeats. */
  readonly processorSeconds: number;
  readonly wallSeconds: number;
  readonly framesSeconds: number;
  readonly denoiseSeconds: number;
  readonly peakRssMiB: number;
  /** Smallest and largest processor seconds. */
  readonly range: readonly [number, number];
}

export interface EfficiencyReport {
  readonly processor: string;
  readonly threads: number | null;
  readonly clipSeconds: number;
  readonly rows: readonly EfficiencyRow[];
}

/**
 * Measures and writes `efficiency.json` and `efficiency.md`. A run that was stopped goes on where it was.
 *
 * @param runJob what runs one job in a process of its own; tests give a double
 */
export async function runEfficiency(
  options: z.input<typeof efficiencyOptions>,
  hooks: StudyHooks = {},
  runJob: typeof runFoleyJob = runFoleyJob,
): Promise<EfficiencyReport> {
  const settings = efficiencyOptions.parse(options);
  const { model, outFolder, videoFile, label, seed, threads } = settings;
  const config = await configOfFolder(model);
  const { files } = await hashModel(modelFolderOf(model));
  const processor = cpus()[0]?.model ?? 'unknown';
  const log = await openStudyLog(
    outFolder,
    {
      study: 'efficiency',
      processor,
      threads,
      weights: createHash('sha256')
        .update(files.map(({ file, sha256 }) => `${file} ${sha256}`).join('\n'))
        .digest('hex'),
      video: await hashFile(videoFile),
      label,
      seed,
    },
    efficiencyMeasurement,
  );
  const variants = variantsOf(settings, config);
  // repeats outside: what else the machine does then falls on all variants alike
  const todo = Array.from({ length: settings.repeats }, (_, repeat) =>
    variants.map((variant) => ({ variant, repeat })),
  ).flat();
  const work = join(outFolder, 'work');
  try {
    for (const [index, { variant, repeat }] of todo.entries()) {
      hooks.onProgress?.(index, todo.length);
      const isKnown = log.measurements.some((one) => one.variant === variant.name && one.repeat === repeat);
      if (isKnown) continue;
      await mkdir(work, { recursive: true });
      const folder = join(work, 'model');
      await writeModelVariant(model, variant, folder);
      await log.add({
        variant: variant.name,
        repeat,
        ...(await measureJob(variant, folder, work, settings, hooks, runJob)),
      });
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  hooks.onProgress?.(todo.length, todo.length);
  const rows = variants.map(({ name }) => rowOf(name, log.measurements, settings.repeats));
  const clipSeconds = log.measurements[0]!.clipSeconds;
  const report = { processor, threads, clipSeconds, rows };
  await writeStudyReport(outFolder, 'efficiency', { settings, ...report }, efficiencyMarkdown(report));
  return report;
}

function variantsOf({ frameRates, steps }: EfficiencyOptions, config: ModelConfig): Variant[] {
  const { frameRateHz, frameAdapter, defaults } = config;
  const { tokensPerFrame, pooling } = frameAdapter;
  const base: Variant = {
    name: `as it is: ${frameRateHz} frames a second, tokens a frame ${tokensPerFrame}, ${defaults.steps} steps`,
    frameRateHz,
    tokensPerFrame,
    pooling,
    steps: defaults.steps,
    frameScale: defaults.frameScale,
    timingScale: defaults.timingScale,
  };
  return [
    base,
    ...frameRates
      .filter((rate) => rate !== frameRateHz)
      .map((rate) => ({ ...base, name: `${rate} frames a second`, frameRateHz: rate })),
    ...(tokensPerFrame === 1 ? [{ ...base, name: '4 tokens a frame', tokensPerFrame: 4 as const }] : []),
    ...(pooling === 'none'
      ? [
          {
            ...base,
            name: 'one mean of all frames, 4 tokens',
            tokensPerFrame: 4 as const,
            pooling: 'mean' as const,
          },
        ]
      : []),
    ...steps
      .filter((count) => count !== defaults.steps)
      .map((count) => ({ ...base, name: `${count} steps`, steps: count })),
    { ...base, name: 'without the frame adapter', frameScale: 0 },
    { ...base, name: 'without both adapters', frameScale: 0, timingScale: 0 },
  ];
}

async function measureJob(
  variant: Variant,
  modelFolder: string,
  work: string,
  { videoFile, label, seed, threads }: EfficiencyOptions,
  { signal }: StudyHooks,
  runJob: typeof runFoleyJob,
): Promise<Omit<EfficiencyMeasurement, 'variant' | 'repeat'>> {
  const { steps, frameScale, timingScale } = variant;
  const request = parseRequest({
    ...{ video: videoFile, label, seed, threads, steps, frameScale, timingScale },
    model: modelFolder,
    outDir: join(work, 'results'),
    cacheDir: 'none',
    overwrite: true,
  });
  const started = performance.now();
  const { takes, peakRssBytes, processorSeconds } = await runJob(request, signal ? { signal } : {});
  const take = takes[0]!;
  return {
    wallSeconds: (performance.now() - started) / 1000,
    processorSeconds,
    peakRssMiB: peakRssBytes / 2 ** 20,
    clipSeconds: take.clip.facts.durationSeconds,
    stages: take.timings,
  };
}

function rowOf(
  variant: string,
  measurements: readonly EfficiencyMeasurement[],
  repeats: number,
): EfficiencyRow {
  const own = measurements.filter((one) => one.variant === variant && one.repeat < repeats);
  const medianOf = (value: (one: EfficiencyMeasurement) => number): number => median(own.map(value));
  const processor = own.map(({ processorSeconds }) => processorSeconds);
  return {
    variant,
    repeats: own.length,
    processorSeconds: medianOf((one) => one.processorSeconds),
    wallSeconds: medianOf((one) => one.wallSeconds),
    framesSeconds: medianOf((one) => one.stages.frames),
    denoiseSeconds: medianOf((one) => one.stages.denoise),
    peakRssMiB: medianOf((one) => one.peakRssMiB),
    range: [Math.min(...processor), Math.max(...processor)],
  };
}

/** The report for people. */
export function efficiencyMarkdown({ processor, threads, clipSeconds, rows }: EfficiencyReport): string {
  const seconds = (value: number): string => cellOf(value, 1);
  return [
    markdownTable(
      [
        'variant',
        'processor seconds [least, most]',
        'wall seconds',
        'of these frames',
        'of these denoising',
        'peak memory (MiB)',
      ],
      rows.map((row) => [
        row.variant,
        `${seconds(row.processorSeconds)} [${row.range.map(seconds).join(', ')}]`,
        seconds(row.wallSeconds),
        seconds(row.framesSeconds),
        seconds(row.denoiseSeconds),
        cellOf(row.peakRssMiB, 0),
      ]),
    ),
    '',
    `Medians of ${rows[0]?.repeats ?? 0} whole jobs, each in a process of its own with nothing cached: from the start of the`,
    `process to the files, for a clip of ${seconds(clipSeconds)} s; ${processor}, ${threads ?? 'all'} threads. Wall seconds grow with`,
    'whatever else the machine does, processor seconds (of all threads) hardly.',
    '',
  ].join('\n');
}
