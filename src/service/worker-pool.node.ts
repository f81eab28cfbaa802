/** @file Workers: each takes a job, keeps its lease alive, sees it through, and hands in the result if it is still its own. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FoleyError } from '../errors/foley-error.js';
import type { BlobStore } from './blob-store.js';
import type { JobKind, JobProgress, JobState, ServiceErrorInfo } from './contract.js';
import type { JobStore, Lease } from './job-store.node.js';
import type { ServiceLimits } from './limits.js';
import type { ServiceLog } from './log.js';
import type { MediaStore } from './media-store.node.js';
import { heartbeatSeconds } from './open-queue.node.js';
import { ProgressEstimate } from './progress-estimate.js';
import { newId } from './random-id.js';
import { attemptPrefix, runOrder } from './run-order.node.js';
import { describeForLog, errorInfo, ServiceError } from './service-error.js';
import { withoutPath } from './view-runner.node.js';

export interface WorkerPoolOptions {
  readonly jobs: JobStore;
  readonly media: MediaStore;
  readonly blobs: BlobStore;
  readonly limits: ServiceLimits;
  readonly log: ServiceLog;
  readonly workers: number;
  /** CPU threads of each. */
  readonly threads: number;
  /** Name of this process among all that share the queue. */
  readonly name: string;
  /** Files of jobs under way; this process alone uses it. */
  readonly scratch: string;
  readonly cacheDir: string;
  readonly jobWorkerPath?: string;
  readonly onFinished?: (kind: JobKind, state: JobState | 'lost' | 'released', seconds: number) => void;
}

/** How long an idle worker waits for word of new jobs before it looks anyway. */
const idleMs = 1000;
const beatMs = 1000;
/** At most so often is progress written. */
const progressMs = 250;
/** A result is handed in for so long, should the database be away just then. */
const handInMs = 60_000;

type Ending = 'cancel' | 'lost' | 'time' | 'stop';

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #loops: Promise<void>[] = [];
  readonly #running = new Set<AbortController>();
  readonly #sleepers = new Set<() => void>();
  #isStopping = false;
  #hasWord = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  start(): void {
    for (let index = 0; index < this.#options.workers; index++) this.#loops.push(this.#loop());
  }

  /** Jobs under way in this process. */
  get busy(): number {
    return this.#running.size;
  }

  /** There may be something to do. */
  wake(): void {
    this.#hasWord = true;
    for (const wake of this.#sleepers) wake();
  }

  /** Ends what runs; those jobs go back to the queue at once. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const controller of this.#running) controller.abort('stop' satisfies Ending);
    this.wake();
    await Promise.all(this.#loops);
  }

  async #loop(): Promise<void> {
    const { jobs, limits, log, name } = this.#options;
    while (!this.#isStopping) {
      try {
        this.#hasWord = false;
        const lease = await jobs.take(name, limits.losses);
        if (lease) await this.#see(lease);
        else if (!this.#hasWord) await this.#sleep();
      } catch (error) {
        if (this.#isStopping) return;
        log.warn('worker', describeForLog(error));
        await this.#sleep();
      }
    }
  }

  async #sleep(): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#sleepers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, idleMs);
      this.#sleepers.add(wake);
    });
  }

  /** Sees one job through, whatever happens to it. Throws only when the database is gone. */
  async #see(lease: Lease): Promise<void> {
    const { jobs, media, blobs, limits, log, threads, cacheDir, jobWorkerPath, onFinished } = this.#options;
    const { record } = lease;
    const controller = new AbortController();
    this.#running.add(controller);
    if (this.#isStopping) controller.abort('stop' satisfies Ending);
    const startedMs = performance.now();
    const token = newId();
    const scratch = join(this.#options.scratch, token);
    const estimate = new ProgressEstimate(record.order.kind === 'generate' ? record.order.request.takes : 1);
    const reporter = new ProgressReporter((progress) => jobs.progress(lease, progress), log);
    const stopBeating = this.#beat(lease, controller);
    const timer = setTimeout(() => controller.abort('time' satisfies Ending), limits.jobSeconds * 1000);
    log.info('job taken', { job: record.id, kind: record.kind, attempt: record.attempt });
    let ended: JobState | 'lost' | 'released';
    try {
      const outcome = await runOrder(
        record,
        token,
        {
          blobs,
          media,
          jobs,
          scratch,
          cacheDir,
          threads,
          mebibytes: limits.jobMebibytes,
          ...(jobWorkerPath === undefined ? {} : { jobWorkerPath }),
        },
        { signal: controller.signal, onProgress: (step) => reporter.tell(estimate.update(step)) },
      );
      await reporter.flush();
      ended = (await this.#handIn(() => jobs.succeed(lease, outcome))) ? 'succeeded' : 'lost';
    } catch (error) {
      await reporter.flush();
      ended = await this.#giveUp(lease, controller.signal, withoutPath(error, `${scratch}/`, ''));
    } finally {
      clearTimeout(timer);
      stopBeating();
      this.#running.delete(controller);
      await rm(scratch, { recursive: true, force: true }).catch(() => {}); // swept at the next start
    }
    if (ended !== 'succeeded') {
      await blobs
        .remove(attemptPrefix(record.id, token))
        .catch((error) => log.warn('leftovers', describeForLog(error)));
    }
    const seconds = (performance.now() - startedMs) / 1000;
    log.info('job ended', { job: record.id, kind: record.kind, attempt: record.attempt, ended, seconds });
    onFinished?.(record.kind, ended, seconds);
  }

  async #giveUp(lease: Lease, signal: AbortSignal, error: unknown): Promise<JobState | 'lost' | 'released'> {
    const { jobs, limits, log } = this.#options;
    const ending = signal.aborted ? (signal.reason as Ending) : null;
    if (ending === 'lost') return 'lost';
    if (ending === 'stop') {
      await jobs.release(lease, 'the worker was stopped', 0);
      return 'released';
    }
    const settle = async (state: 'failed' | 'cancelled', info: ServiceErrorInfo | null) =>
      (await this.#handIn(() => jobs.fail(lease, state, info))) ? state : 'lost';
    if (ending === 'cancel') return settle('cancelled', null);
    if (ending === 'time') {
      const late = new ServiceError('time-limit', `the job took longer than ${limits.jobSeconds} s`, {
        hint: 'Ask for less at once: a shorter duration, fewer takes, fewer steps.',
      });
      return settle('failed', errorInfo(late, null));
    }
    const isTheJobsFault =
      error instanceof ServiceError || (error instanceof FoleyError && error.code !== 'network-failed');
    log.warn('job failed', { job: lease.record.id, ...describeForLog(error) });
    if (isTheJobsFault) return settle('failed', errorInfo(error, null));
    // the store, the disk or the database: another attempt may have more luck
    await jobs.release(lease, 'the worker failed', 1);
    return 'released';
  }

  #beat(lease: Lease, controller: AbortController): () => void {
    const { jobs, log } = this.#options;
    let heardMs = performance.now();
    let isAsking = false;
    const timer = setInterval(() => {
      // who cannot reach the database must take the job for lost no later than the others do
      if (performance.now() - heardMs > heartbeatSeconds * 1000) controller.abort('lost' satisfies Ending);
      if (isAsking) return;
      isAsking = true;
      const askedMs = performance.now();
      jobs
        .beat(lease)
        .then(
          (state) => {
            heardMs = askedMs;
            if (state !== 'held') controller.abort(state satisfies Ending);
          },
          (error: unknown) => log.warn('heartbeat', describeForLog(error)),
        )
        .finally(() => {
          isAsking = false;
        });
    }, beatMs);
    return () => clearInterval(timer);
  }

  /** Says the end of a job to the database, again and again while that does not answer. */
  async #handIn(say: () => Promise<boolean>): Promise<boolean> {
    const giveUpMs = performance.now() + handInMs;
    for (;;) {
      try {
        return await say();
      } catch (error) {
        this.#options.log.warn('handing in', describeForLog(error));
        if (performance.now() > giveUpMs || this.#isStopping) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }
}

/** Writes the newest progress, never more than one at a time, and not too often. */
class ProgressReporter {
  readonly #write: (progress: JobProgress) => Promise<void>;
  readonly #log: ServiceLog;
  #next: JobProgress | null = null;
  #writing: Promise<void> | null = null;
  #isClosed = false;

  constructor(write: (progress: JobProgress) => Promise<void>, log: ServiceLog) {
    this.#write = write;
    this.#log = log;
  }

  tell(progress: JobProgress): void {
    if (this.#isClosed) return;
    this.#next = progress;
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = null;
    });
  }

  /** Waits for what is being written; nothing is written afterwards. */
  async flush(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
  }

  async #drain(): Promise<void> {
    while (this.#next !== null) {
      const progress = this.#next;
      this.#next = null;
      await this.#write(progress).catch((error) => this.#log.warn('progress', describeForLog(error)));
      if (!this.#isClosed) await new Promise((resolve) => setTimeout(resolve, progressMs));
    }
  }
}
