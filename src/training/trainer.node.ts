/** @file The training loop: batches in, gradients out, one update; with log, validation, checkpoints and an honest stop. */
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Engine } from '../engine/engine.js';
import { FoleyError } from '../errors/foley-error.js';
import { type Counters, loadCheckpoint, saveCheckpoint } from './checkpoint.node.js';
import { learningRateAt, learningRateSchema } from './learning-rate.js';
import { LossSessions } from './loss-sessions.js';
import { optimiserSchema } from './optimiser.js';
import type { ParameterValues, SampleImage, StageRun } from './stage.js';
import { appendLogLine, type LogLine, readLog, rewriteLog } from './training-log.node.js';

/** What every stage is told. */
export const trainingSchema = z.strictObject({
  /** Decides the first weights, the order of the data and every draw in it. */
  seed: z.int().default(1),
  batchSize: z.int().positive(),
  /** Batches whose gradients are averaged into one update. */
  accumulate: z.int().positive().default(1),
  /** Updates of the whole run; 0: what it begins with is what it exports. */
  steps: z.int().nonnegative(),
  learningRate: learningRateSchema,
  optimiser: optimiserSchema.prefault({}),
  logEvery: z.int().positive().default(10),
  validateEvery: z.int().positive().default(250),
  checkpointEvery: z.int().positive().default(250),
  sampleEvery: z.int().positive().default(1000),
});

export type TrainingSettings = z.infer<typeof trainingSchema>;

/** Where a session of training writes and when it stops. */
export interface TrainRequest {
  readonly stage: string;
  readonly run: StageRun;
  readonly settings: TrainingSettings;
  readonly engine: Engine;
  /** Gets `checkpoint.safetensors` and `log.jsonl`. */
  readonly folder: string;
  /** Go on from the folder's checkpoint; without it, a folder that holds one is refused. */
  readonly resume: boolean;
  /** Stop, saved, after this long. */
  readonly minutes?: number;
  /** Stop, saved, when it fires. */
  readonly signal?: AbortSignal;
  readonly onLine?: (line: LogLine) => void;
  /** Called with what the averaged weights make and the log so far. */
  readonly onSamples?: (
    step: number,
    samples: readonly SampleImage[],
    log: readonly LogLine[],
  ) => Promise<void>;
}

export interface TrainOutcome {
  readonly counters: Counters;
  readonly stoppedBy: 'steps' | 'minutes' | 'signal';
  readonly average: ParameterValues;
  readonly log: readonly LogLine[];
}

/** More updates in a row than this without a finite gradient, and the run is lost. */
const longestSkip = 20;

/**
 * Trains until the steps are done, the time is up or the signal fires; the state is saved in each case.
 * @throws FoleyError `output-exists` for a folder that holds another run, `engine-failed` when the loss has diverged.
 */
export async function train(request: TrainRequest): Promise<TrainOutcome> {
  const { run, settings, folder, stage } = request;
  const checkpointPath = join(folder, 'checkpoint.safetensors');
  const logPath = join(folder, 'log.jsonl');
  await mkdir(folder, { recursive: true });
  const hasCheckpoint = await access(checkpointPath).then(
    () => true,
    () => false,
  );
  if (hasCheckpoint && !request.resume) {
    throw new FoleyError('output-exists', `${folder} already holds a training run`, {
      hint: 'Give --resume to go on with it, or another folder.',
    });
  }
  const initialValues = hasCheckpoint ? new Map<string, never>() : await run.initialValues();
  const sessions = await LossSessions.create(request.engine, run, settings, initialValues);
  try {
    const { optimiser } = sessions;
    let counters: Counters = { stage, seed: settings.seed, step: 0, appliedSteps: 0, batches: 0, seconds: 0 };
    let log: LogLine[] = [];
    if (hasCheckpoint) {
      counters = await loadCheckpoint(checkpointPath, optimiser, counters);
      log = (await readLog(logPath)).filter((line) => line.step <= counters.step);
    }
    await rewriteLog(logPath, log);

    const began = performance.now();
    const secondsBefore = counters.seconds;
    const elapsedSeconds = () => (performance.now() - began) / 1000;
    let tally = new Tally();
    let skippedInARow = 0;
    let stoppedBy: TrainOutcome['stoppedBy'] = 'steps';
    while (counters.step < settings.steps) {
      const stepBegan = performance.now();
      const learningRate = learningRateAt(settings.learningRate, counters.step, settings.steps);
      const result = await sessions.accumulateGradients(counters.batches, settings.accumulate);
      const { gradientNorm, applied } = await optimiser.step(learningRate, settings.accumulate);
      skippedInARow = applied ? 0 : skippedInARow + 1;
      if (skippedInARow > longestSkip) {
        throw new FoleyError('engine-failed', `${stage}: ${longestSkip} gradients in a row were not finite`, {
          hint: 'Lower the learning rate, and resume from the last checkpoint.',
        });
      }
      counters = {
        ...counters,
        step: counters.step + 1,
        appliedSteps: optimiser.steps,
        batches: counters.batches + settings.accumulate,
        seconds: secondsBefore + elapsedSeconds(),
      };
      tally.add(
        result.loss,
        result.metrics,
        gradientNorm,
        applied,
        (performance.now() - stepBegan) / 1000,
        result.dataSeconds,
      );

      if (request.signal?.aborted === true) stoppedBy = 'signal';
      else if (request.minutes !== undefined && elapsedSeconds() > 60 * request.minutes)
        stoppedBy = 'minutes';
      const isLast = stoppedBy !== 'steps' || counters.step === settings.steps;
      const isDue = (every: number) => isLast || counters.step % every === 0;
      if (counters.step % settings.logEvery === 0 || isDue(settings.validateEvery)) {
        const validation =
          isDue(settings.validateEvery) && run.validationBatches.length > 0 && stoppedBy !== 'signal'
            ? { validation: await sessions.validate() }
            : {};
        const line = { step: counters.step, learningRate, ...tally.means(), ...validation };
        log.push(line);
        await appendLogLine(logPath, line);
        request.onLine?.(line);
        tally = new Tally();
      }
      if (isDue(settings.checkpointEvery)) await saveCheckpoint(checkpointPath, optimiser, counters);
      if (request.onSamples !== undefined && isDue(settings.sampleEvery) && stoppedBy !== 'signal') {
        await request.onSamples(counters.step, await run.samples(sessions.average()), log);
      }
      if (isLast) break;
    }
    return { counters, stoppedBy, average: copyOf(sessions.average()), log };
  } finally {
    await sessions.close();
  }
}

/** Sums between two log lines. */
class Tally {
  private updates = 0;
  private skipped = 0;
  private loss = 0;
  private gradientNorm = 0;
  private seconds = 0;
  private dataSeconds = 0;
  private readonly metrics: Record<string, number> = {};

  add(
    loss: number,
    metrics: Readonly<Record<string, number>>,
    gradientNorm: number,
    applied: boolean,
    seconds: number,
    dataSeconds: number,
  ): void {
    this.updates += 1;
    this.seconds += seconds;
    this.dataSeconds += dataSeconds;
    if (!applied) {
      this.skipped += 1;
      return;
    }
    this.loss += loss;
    this.gradientNorm += gradientNorm;
    for (const [name, value] of Object.entries(metrics))
      this.metrics[name] = (this.metrics[name] ?? 0) + value;
  }

  means(): Omit<LogLine, 'step' | 'learningRate' | 'validation'> {
    const applied = Math.max(1, this.updates - this.skipped);
    return {
      loss: this.loss / applied,
      gradientNorm: this.gradientNorm / applied,
      secondsPerStep: this.seconds / this.updates,
      dataSecondsPerStep: this.dataSeconds / this.updates,
      skipped: this.skipped,
      metrics: Object.fromEntries(Object.entries(this.metrics).map(([name, sum]) => [name, sum / applied])),
    };
  }
}

function copyOf(values: ParameterValues): ParameterValues {
  return new Map([...values].map(([key, value]) => [key, value.slice()]));
}
