/** @file Runs a batch through a service of its own: the same queue, the same children, the same limits. */
import { randomBytes } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { access, mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FoleyError, messageOf } from '../../errors/foley-error.js';
import { writeFileAtomic } from '../../files/atomic-file.node.js';
import { openStagingFolder, sweepAbandoned, takeName } from '../../foley/result-files.node.js';
import { ServiceClient, ServiceRefusal } from '../client.js';
import type { Job, JobProgress } from '../contract.js';
import type { ServiceLog } from '../log.js';
import { startService } from '../start-service.node.js';
import type { BatchItem } from './batch-items.node.js';
import { BatchJournal, type BatchLine } from './batch-journal.node.js';

export interface BatchOptions {
  readonly outDir: string;
  /** Clips at once. */
  readonly workers: number;
  /** Goes on with a batch that is in the result folder. */
  readonly isResumed: boolean;
  /** Replaces results that exist and are of no earlier run of this batch. */
  readonly overwrite: boolean;
  readonly signal?: AbortSignal;
  readonly log?: ServiceLog;
  /** Called for each clip when its results are in place, or when it is clear that there will be none. */
  readonly onLine?: (line: BatchLine, item: BatchItem) => void;
  readonly onProgress?: (item: BatchItem, progress: JobProgress) => void;
  /** In place of the real child: tests give one that needs no model. */
  readonly jobWorkerPath?: string;
}

export interface BatchSummary {
  readonly clips: number;
  readonly done: number;
  readonly failed: number;
  /** Of those done: by earlier runs. */
  readonly before: number;
  readonly seconds: number;
}

/** One line a clip, in the result folder. */
export const journalName = 'batch.jsonl';
const dataName = '.smooth-foley-batch';

/**
 * Does every item that no earlier run has finished. A clip that fails does not stop the rest.
 * @throws FoleyError `cancelled` when the signal fires: what is done stays, and `isResumed` goes on from there
 */
export async function runBatch(items: readonly BatchItem[], options: BatchOptions): Promise<BatchSummary> {
  const { workers, signal } = options;
  const startedMs = performance.now();
  const outDir = resolve(options.outDir);
  await mkdir(outDir, { recursive: true });
  const journal = await BatchJournal.open(join(outDir, journalName), !options.isResumed);
  await sweepAbandoned(outDir); // of a run that was killed
  const open = items.filter(({ key }) => journal.past.get(key)?.state !== 'done');
  const before = items.length - open.length;
  const dataDir = join(outDir, dataName);
  let failed = 0;
  try {
    if (open.length > 0) {
      const runner = await Runner.open(options, outDir, dataDir, open);
      try {
        const queue = [...open];
        // one more than there are workers, so that none waits for an upload
        await Promise.all(
          Array.from({ length: Math.min(workers + 1, open.length) }, async () => {
            for (let item = queue.shift(); item && !signal?.aborted; item = queue.shift()) {
              const line = await runner.run(item);
              if (line === null) return;
              await journal.add(line);
              await runner.forget(item);
              if (line.state === 'failed') failed++;
              options.onLine?.(line, item);
            }
          }),
        );
      } finally {
        await runner.close();
      }
    }
    if (signal?.aborted) {
      throw new FoleyError('cancelled', 'the batch was interrupted', {
        hint: 'The same command with --resume goes on from here.',
        cause: signal.reason,
      });
    }
    await rm(dataDir, { recursive: true, force: true });
    const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
    return { clips: items.length, done: items.length - failed, failed, before, seconds };
  } finally {
    await journal.close();
  }
}

class Runner {
  readonly #options: BatchOptions;
  readonly #outDir: string;
  readonly #client: ServiceClient;
  readonly #close: () => Promise<void>;
  /** Jobs of an earlier run that was killed, by the key of their item. */
  readonly #known: ReadonlyMap<string, readonly Job[]>;
  readonly #finished = new Map<string, Job>();

  private constructor(
    options: BatchOptions,
    outDir: string,
    client: ServiceClient,
    close: () => Promise<void>,
    known: ReadonlyMap<string, readonly Job[]>,
  ) {
    this.#options = options;
    this.#outDir = outDir;
    this.#client = client;
    this.#close = close;
    this.#known = known;
  }

  static async open(
    options: BatchOptions,
    outDir: string,
    dataDir: string,
    items: readonly BatchItem[],
  ): Promise<Runner> {
    const token = randomBytes(24).toString('hex'); // loopback is open to every user of this machine
    const service = await startService({
      dataDir,
      port: 0,
      token,
      workers: options.workers,
      models: [...new Set(items.map(({ order }) => order.request.model ?? 'small'))],
      limits: batchLimits,
      ...(options.log === undefined ? {} : { log: options.log }),
      ...(options.jobWorkerPath === undefined ? {} : { jobWorkerPath: options.jobWorkerPath }),
    });
    const client = new ServiceClient({ url: service.url, token });
    const known = new Map<string, Job[]>();
    let before: string | null = null;
    do {
      const page: { jobs: Job[]; nextBefore: string | null } = await client.listJobs({
        limit: 200,
        ...(before === null ? {} : { before }),
      });
      for (const job of page.jobs) known.set(job.name!, [...(known.get(job.name!) ?? []), job]);
      before = page.nextBefore;
    } while (before !== null);
    return new Runner(options, outDir, client, () => service.close(), known);
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** Null when the batch was interrupted before the clip had ended. */
  async run(item: BatchItem): Promise<BatchLine | null> {
    const { signal, onProgress } = this.#options;
    const startedMs = performance.now();
    const line = (
      state: BatchLine['state'],
      files: readonly string[],
      warnings: readonly string[],
      error: BatchLine['error'],
    ): BatchLine => ({
      key: item.key,
      video: item.video,
      state,
      files,
      seconds: Math.round((performance.now() - startedMs) / 100) / 10,
      warnings,
      error,
    });
    try {
      let job = await this.#job(item);
      const events = this.#client.events({ jobId: job.id, ...(signal ? { signal } : {}) });
      for await (const { event } of events) {
        if (event.type === 'progress') onProgress?.(item, event.progress);
        else if (event.type === 'job') job = event.job;
      }
      if (signal?.aborted) return null;
      if (job.state !== 'succeeded') return line('failed', [], [], errorOf(job));
      const files = await this.#export(item, job);
      const warnings = [...new Set(job.takes.flatMap((take) => take.warnings))];
      this.#finished.set(item.key, job);
      return line('done', files, warnings, null);
    } catch (error) {
      if (signal?.aborted) return null;
      return line('failed', [], [], refusalOf(error));
    }
  }

  /** The job of an item: the one that an earlier run began, or a new one. */
  async #job(item: BatchItem): Promise<Job> {
    const earlier = this.#known.get(item.key) ?? [];
    const usable = earlier.find(({ state }) => state !== 'failed' && state !== 'cancelled');
    if (usable) return usable;
    await access(item.video).catch((cause: unknown) => {
      throw new FoleyError('input-missing', `${item.video} cannot be found`, { cause });
    });
    const { signal } = this.#options;
    const clip = await openAsBlob(item.video);
    const name = item.video.split(/[\\/]/).at(-1)!;
    const media = await this.#client.upload(clip, name, signal ? { signal } : {});
    return this.#client.submit(
      { ...item.order, mediaId: media.id, name: item.key },
      { idempotencyKey: `${item.key}.${earlier.length}` },
    );
  }

  /** Puts the files of a job into the result folder, all at once. @returns their names */
  async #export(item: BatchItem, job: Job): Promise<string[]> {
    const takes = Math.max(1, job.takes.length);
    const names = Array.from({ length: takes }, (_, take) => takeName(item.stem, take, takes));
    // files of a run that was killed between this and its journal may be there: they are this very job's
    const overwrite = this.#options.overwrite || this.#known.has(item.key);
    const staging = await openStagingFolder({ folder: this.#outDir, stem: item.stem }, names, overwrite);
    try {
      for (const file of job.files) {
        const blob = await this.#client.readJobFile(job.id, file.id);
        const ending = file.name.slice(file.name.lastIndexOf('.foley'));
        await writeFileAtomic(join(staging.path, `${item.stem}${ending}`), chunksOf(blob));
      }
      const paths = await staging.publish(overwrite);
      return paths.map((path) => path.split(/[\\/]/).at(-1)!);
    } finally {
      await staging.discard();
    }
  }

  /** Removes what the data folder holds of an item whose results are in place and noted: it would only fill the disk. */
  async forget({ key }: BatchItem): Promise<void> {
    const job = this.#finished.get(key);
    if (!job) return;
    this.#finished.delete(key);
    await this.#client.removeJob(job.id);
    await this.#client.removeMedia(job.mediaId);
  }
}

async function* chunksOf(blob: Blob): AsyncGenerator<Uint8Array> {
  for await (const chunk of blob.stream() as unknown as AsyncIterable<Uint8Array>) yield chunk;
}

/** What a person asks of their own machine is not what strangers may ask of a server. */
const batchLimits = {
  uploadBytes: 1024 ** 4,
  durationSeconds: 3600,
  pixelsPerFrame: 8192 * 8192,
  takes: 64,
  openUploadsPerClient: 1024,
  queuedJobsPerClient: 100_000,
  jobSeconds: 12 * 3600,
  jobMebibytes: 65_536,
};

function errorOf({ error, state }: Job): BatchLine['error'] {
  if (error === null) return { code: state, message: `the job was ${state}`, hint: null };
  return { code: error.code, message: error.message, hint: error.hint };
}

function refusalOf(error: unknown): BatchLine['error'] {
  if (error instanceof ServiceRefusal) return { code: error.code, message: error.message, hint: error.hint };
  if (error instanceof FoleyError) return { code: error.code, message: error.message, hint: error.hint };
  return { code: 'unexpected', message: messageOf(error), hint: null };
}
