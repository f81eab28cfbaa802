/** @file `smooth-foley train STAGE`: opens a configuration and its data, trains, draws pictures, exports the result. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { createOrtEngine } from '../engine/ort-engine.node.js';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { writeFileAtomic } from '../files/atomic-file.node.js';
import { readModelConfig } from '../foley/model-bundle.node.js';
import { drawLoss } from '../pictures/loss-picture.js';
import { drawMelGrid } from '../pictures/mel-grid-picture.js';
import { renderPng } from '../pictures/render-svg.node.js';
import type { SampleImage, StageRun } from './stage.js';
import type { StageContext } from './stage-context.js';
import { backboneSchema, openBackboneStage } from './stages/backbone.node.js';
import { frameAdapterStageSchema, openFrameAdapterStage } from './stages/frame-adapter.node.js';
import { openPlacesStage, placesStageSchema } from './stages/places.node.js';
import { openTaggerStage, taggerStageSchema } from './stages/tagger.node.js';
import { openTemporalAdapterStage, temporalAdapterStageSchema } from './stages/temporal-adapter.node.js';
import { openVaeStage, vaeSchema } from './stages/vae.node.js';
import { openVocoderStage, vocoderStageSchema } from './stages/vocoder.node.js';
import { type TrainingSettings, type TrainOutcome, train } from './trainer.node.js';
import type { LogLine } from './training-log.node.js';

/** Where a training run finds and leaves things. */
export interface RunTrainingOptions {
  /** Gets the checkpoint, the log and the pictures. */
  readonly runFolder: string;
  readonly modelFolder: string;
  readonly cacheFolder: string;
  readonly audioFolder: string;
  readonly scenesFolder: string;
  readonly picturesFolder: string;
  readonly resume: boolean;
  readonly threads?: number;
  /** Stop, saved, after this long. */
  readonly minutes?: number;
  /** Write the averaged weights to the model folder even when the run was stopped before its last step. */
  readonly exportAlways?: boolean;
  readonly signal?: AbortSignal;
  readonly report?: (text: string) => void;
}

export interface TrainingReport extends Pick<TrainOutcome, 'counters' | 'stoppedBy'> {
  /** The exported file, where the run got that far. */
  readonly weightsPath: string | null;
  readonly lastLine: LogLine | null;
}

/** A stage as the command line sees it: what its configuration holds, and how it opens. */
interface Stage<Config extends { readonly training: TrainingSettings }> {
  readonly schema: z.ZodType<Config>;
  open(config: Config, context: StageContext): Promise<StageRun>;
}

function defineStage<Config extends { readonly training: TrainingSettings }>(stage: Stage<Config>) {
  return {
    async prepare(json: unknown, path: string, context: StageContext) {
      const parsed = stage.schema.safeParse(json);
      if (!parsed.success) {
        const issue = parsed.error.issues[0]!;
        throw new FoleyError(
          'usage',
          `${path}: ${issue.path.join('.') || 'the configuration'}: ${issue.message}`,
          {
            cause: parsed.error,
          },
        );
      }
      return { settings: parsed.data.training, run: await stage.open(parsed.data, context) };
    },
  };
}

const stages = {
  backbone: defineStage({ schema: backboneSchema, open: openBackboneStage }),
  'frame-adapter': defineStage({ schema: frameAdapterStageSchema, open: openFrameAdapterStage }),
  places: defineStage({ schema: placesStageSchema, open: openPlacesStage }),
  tagger: defineStage({ schema: taggerStageSchema, open: openTaggerStage }),
  'temporal-adapter': defineStage({ schema: temporalAdapterStageSchema, open: openTemporalAdapterStage }),
  vae: defineStage({ schema: vaeSchema, open: openVaeStage }),
  vocoder: defineStage({ schema: vocoderStageSchema, open: openVocoderStage }),
} as const;

export type StageName = keyof typeof stages;

export const stageNames = Object.keys(stages) as readonly StageName[];

/**
 * Trains one stage of a model.
 * @throws FoleyError `usage` for an unknown stage or a configuration that does not fit; whatever training throws.
 */
export async function runTraining(
  stageName: string,
  configPath: string,
  options: RunTrainingOptions,
): Promise<TrainingReport> {
  if (!Object.hasOwn(stages, stageName)) {
    throw new FoleyError('usage', `there is no training stage "${stageName}"`, {
      hint: `Stages: ${stageNames.join(', ')}.`,
    });
  }
  const stage = stages[stageName as StageName];
  const report = options.report ?? (() => {});
  const json = await readConfig(configPath);
  const model = await readModelConfig(join(options.modelFolder, 'config.json'));
  const threads = options.threads ?? availableParallelism();
  const engine = createOrtEngine({ threads });
  let run: StageRun | null = null;
  try {
    const context: StageContext = { ...options, engine, threads, model, report };
    const prepared = await stage.prepare(json, configPath, context);
    run = prepared.run;
    const began = new Date();
    const outcome = await train({
      stage: stageName,
      run,
      settings: prepared.settings,
      engine,
      folder: options.runFolder,
      resume: options.resume,
      ...(options.minutes === undefined ? {} : { minutes: options.minutes }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      onLine: (line) => report(describe(line, prepared.settings.steps)),
      onSamples: (step, samples, log) => drawPictures(options.runFolder, stageName, step, samples, log),
    });
    const isExported = outcome.stoppedBy === 'steps' || options.exportAlways === true;
    const weightsPath = isExported
      ? await run.exportWeights(outcome.average, {
          stage: stageName,
          steps: String(outcome.counters.step),
          seed: String(outcome.counters.seed),
          'batch-size': String(prepared.settings.batchSize * prepared.settings.accumulate),
          'training-seconds': outcome.counters.seconds.toFixed(0),
          began: began.toISOString(),
        })
      : null;
    return {
      counters: outcome.counters,
      stoppedBy: outcome.stoppedBy,
      weightsPath,
      lastLine: outcome.log.at(-1) ?? null,
    };
  } finally {
    await run?.close();
    await engine.close();
  }
}

async function readConfig(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new FoleyError(
      'input-missing',
      `cannot read the training configuration ${path}: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

function describe(line: LogLine, steps: number): string {
  const figures = Object.entries(line.metrics).map(([name, value]) => `${name} ${value.toFixed(4)}`);
  const parts = [
    `step ${line.step}/${steps}`,
    `loss ${line.loss.toFixed(4)}`,
    ...figures,
    `gradient ${line.gradientNorm.toFixed(3)}`,
    `${line.secondsPerStep.toFixed(2)} s a step (${line.dataSecondsPerStep.toFixed(2)} data)`,
  ];
  if (line.validation !== undefined) parts.push(`held out ${line.validation.loss.toFixed(4)}`);
  return parts.join(', ');
}

/** The loss so far, and the samples of this step, as PNG files in the run's folder. */
async function drawPictures(
  folder: string,
  stage: string,
  step: number,
  samples: readonly SampleImage[],
  log: readonly LogLine[],
): Promise<void> {
  const held = log.filter((line) => line.validation !== undefined);
  const loss = drawLoss({
    title: `Training: ${stage}`,
    subtitle: `${step} steps`,
    series: [
      { name: 'training', steps: log.map((line) => line.step), values: log.map((line) => line.loss) },
      {
        name: 'held out',
        steps: held.map((line) => line.step),
        values: held.map((line) => line.validation!.loss),
      },
    ],
  });
  await writeFileAtomic(join(folder, 'loss.png'), renderPng(loss));
  if (samples.length === 0) return;
  const grid = drawMelGrid({ title: `Samples: ${stage}`, subtitle: `${step} steps`, cells: samples });
  await writeFileAtomic(join(folder, `samples-${String(step).padStart(7, '0')}.png`), renderPng(grid));
}
