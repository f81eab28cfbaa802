/** @file What servers and workers stand on: database, queue, stores, the feed of events, and the chores that keep them tidy. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BlobStore } from './blob-store.js';
import { EventFeed } from './event-log.node.js';
import { FolderBlobs } from './folder-blobs.node.js';
import { lockFolder } from './folder-lock.node.js';
import { JobStore } from './job-store.node.js';
import type { ServiceLimits } from './limits.js';
import { type ServiceLog, silentLog } from './log.js';
import { MediaStore } from './media-store.node.js';
import { openQueue, type Queue } from './open-queue.node.js';
import { S3Blobs, type S3Settings } from './s3-blobs.node.js';
import { describeForLog } from './service-error.js';

/** What servers and workers of one queue have in common. */
export interface SharedOptions {
  /** Everything on disk: database, uploads, clips, results, caches. */
  readonly dataDir: string;
  /** PostgreSQL that many servers and workers share; left out: one of our own in the data folder. */
  readonly databaseUrl?: string | null;
  /** Clips and results in an S3-compatible store; left out: in a folder. */
  readonly s3?: S3Settings | null;
  /** The folder of clips and results, where that is not in the data folder: one that all machines see. */
  readonly resultsDir?: string | null;
  readonly workers?: number;
  readonly limits?: Partial<ServiceLimits>;
  readonly log?: ServiceLog;
  /** In place of the real child: tests give one that needs no model. */
  readonly jobWorkerPath?: string;
}

const reclaimMs = 2000;
const sweepMs = 10 * 60_000;
/** Events of finished jobs are kept so long for clients that come back. */
const eventKeepSeconds = 24 * 3600;

/** What lies behind the server and behind a worker alike. */
export interface Back {
  readonly queue: Queue;
  readonly jobs: JobStore;
  readonly media: MediaStore;
  readonly blobs: BlobStore;
  readonly feed: EventFeed;
  readonly release: () => Promise<void>;
}

/** Opens all of it, and cleans up after a process that died. @throws FoleyError as `lockFolder` and `openQueue` */
export async function openBack(options: SharedOptions): Promise<Back> {
  const { databaseUrl = null, s3 = null, resultsDir = null, log = silentLog } = options;
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const isAlone = databaseUrl === null;
  const lock = isAlone ? await lockFolder(dataDir) : null;
  try {
    const queue = await openQueue({ dataDir, databaseUrl, log, superviseSeconds: 2 });
    const jobs = new JobStore(queue);
    if (isAlone) {
      const released = await jobs.releaseAll();
      if (released > 0) log.info('jobs of the last run wait again', { released });
    }
    await sweepScratch(dataDir, isAlone);
    const blobs =
      s3 === null ? new FolderBlobs(resolve(resultsDir ?? join(dataDir, 'files'))) : new S3Blobs(s3);
    const feed = new EventFeed(queue.database, log);
    await feed.start();
    return {
      queue,
      jobs,
      media: new MediaStore(queue.database),
      blobs,
      feed,
      release: async () => lock?.release(),
    };
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

/** In the order in which nothing is missed by what is still open. */
export async function closeBack({ feed, queue, release }: Back): Promise<void> {
  await feed.close();
  await queue.close();
  await release();
}

/** Work that nobody asks for: lost workers, unfinished uploads, old events. @returns a way to stop */
export function startChores(
  { jobs, queue }: Back,
  limits: ServiceLimits,
  log: ServiceLog,
  sweepUploads: () => Promise<number>,
): () => void {
  const guarded = (name: string, chore: () => Promise<unknown>) => {
    let isRunning = false;
    return (): void => {
      if (isRunning) return;
      isRunning = true;
      chore()
        .catch((error: unknown) => log.warn(name, describeForLog(error)))
        .finally(() => {
          isRunning = false;
        });
    };
  };
  const reclaim = guarded('reclaim', async () => {
    const lost = await jobs.reclaimLost();
    if (lost > 0) log.warn('jobs lost their worker and wait again', { lost });
  });
  const sweep = guarded('sweep', async () => {
    const uploads = await sweepUploads();
    if (uploads > 0) log.info('unfinished uploads removed', { uploads, after: limits.uploadKeepSeconds });
    await queue.database.query(
      `delete from smooth_foley.event event using smooth_foley.job job
       where job.id = event.job_id and job.finished_at < now() - $1 * interval '1 second'`,
      [eventKeepSeconds],
    );
  });
  const timers = [setInterval(reclaim, reclaimMs), setInterval(sweep, sweepMs)];
  for (const timer of timers) timer.unref();
  return () => timers.forEach(clearInterval);
}

/** Files of jobs that were under way when a process died. */
async function sweepScratch(dataDir: string, isAlone: boolean): Promise<void> {
  const folder = join(dataDir, 'work');
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    const isOld = found !== null && Date.now() - found.mtimeMs > 2 * 24 * 3_600_000;
    if (isAlone || isOld) await rm(path, { recursive: true, force: true });
  }
}
