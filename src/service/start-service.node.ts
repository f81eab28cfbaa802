/** @file Starts the service: database, queue, stores, workers, and the HTTP server before them. Stops it in order, too. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { FoleyError } from '../errors/foley-error.js';
import { readVersions } from '../foley/write-take.node.js';
import type { BlobStore } from './blob-store.js';
import { EventFeed } from './event-log.node.js';
import { FolderBlobs } from './folder-blobs.node.js';
import { lockFolder } from './folder-lock.node.js';
import { createApp } from './http/app.node.js';
import { PositionBoard } from './http/event-stream.js';
import { EventStreams } from './http/event-streams.js';
import { Guard, loopbackHosts } from './http/guard.node.js';
import { createHandlers } from './http/handlers.node.js';
import { readStaticFiles, type StaticFile } from './http/static-files.node.js';
import { JobStore } from './job-store.node.js';
import { defaultServiceLimits, type ServiceLimits } from './limits.js';
import { type ServiceLog, silentLog } from './log.js';
import { MediaStore } from './media-store.node.js';
import { Metrics } from './metrics.js';
import { openQueue, type Queue } from './open-queue.node.js';
import { S3Blobs, type S3Settings } from './s3-blobs.node.js';
import { describeForLog } from './service-error.js';
import { UploadStore } from './upload-store.node.js';
import { ViewRunner } from './view-runner.node.js';
import { WorkerPool } from './worker-pool.node.js';

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

export interface ServiceOptions extends SharedOptions {
  readonly host?: string;
  /** 0 takes any that is free. */
  readonly port?: number;
  readonly token?: string | null;
  /** Further names that a Host header may hold, such as that of a proxy. */
  readonly allowHosts?: readonly string[];
  /** Names of models that clients may ask for. */
  readonly models?: readonly string[];
  /** Built page and example clips; null serves none. */
  readonly pageFolder?: string | null;
  readonly examplesFolder?: string | null;
}

export interface RunningService {
  /** `http://127.0.0.1:8300` */
  readonly url: string;
  readonly port: number;
  /** Ends it: streams close, running jobs go back to the queue, the database is closed. */
  close(): Promise<void>;
}

export interface RunningWorkers {
  close(): Promise<void>;
}

const loopbackAddresses: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);
/** A token shorter than this could be guessed. */
export const shortestToken = 24;
const reclaimMs = 2000;
const sweepMs = 10 * 60_000;
/** Events of finished jobs are kept so long for clients that come back. */
const eventKeepSeconds = 24 * 3600;

/** @throws FoleyError `usage` for settings that are not safe or do not fit, `output-failed` for a database or folder */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { host = '127.0.0.1', port = 8300, token = null, log = silentLog } = options;
  assertSafe(host, token);
  const limits: ServiceLimits = { ...defaultServiceLimits, ...options.limits };
  const { version } = { version: readVersions().smoothFoley };
  const back = await openBack(options, limits);
  const { queue, jobs, media, blobs, feed } = back;
  const metrics = new Metrics();
  const hosts = new Set(
    [...loopbackHosts, hostInHeader(host), ...(options.allowHosts ?? [])].map((name) => name.toLowerCase()),
  );
  const guard = new Guard({ hosts, token });
  const positions = new PositionBoard(() => jobs.positions());
  const streams = new EventStreams({
    feed,
    database: queue.database,
    jobs,
    positions,
    mostPerClient: limits.streamsPerClient,
  });
  const uploads = new UploadStore({
    database: queue.database,
    blobs,
    media,
    limits,
    folder: join(options.dataDir, 'uploads'),
  });
  const views = new ViewRunner({
    blobs,
    folder: join(options.dataDir, 'cache', 'views'),
    seconds: 120,
    mebibytes: 2048,
    children: 2,
    queue: 64,
  });
  const pool = createPool(options, limits, back, metrics);
  feed.subscribe(({ event }) => {
    positions.touch();
    if (event.type === 'job' && event.job.state === 'queued') pool.wake();
  });
  let isStopping = false;
  const app = createApp({
    guard,
    log,
    metrics,
    pages: await readPages(options),
    handlers: createHandlers({
      version,
      models: options.models ?? ['small'],
      limits,
      guard,
      blobs,
      uploads,
      media,
      jobs,
      views,
      feed,
      streams,
      metrics,
      checkReady: () => checkReady(queue, isStopping),
      measure: () => measure(metrics, jobs, streams, pool),
    }),
  });
  const server = createAdaptorServer({
    fetch: app.fetch,
    createServer,
    serverOptions: {
      // what sends its headers drop by drop, or holds a request open for ever, is let go
      headersTimeout: 20_000,
      requestTimeout: 600_000,
      keepAliveTimeout: 65_000,
      maxHeaderSize: 16 * 1024,
      connectionsCheckingInterval: 5000,
    },
  }) as ReturnType<typeof createServer>;
  server.maxConnections = 2000;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (cause) {
    await closeBack(back);
    throw new FoleyError('usage', `cannot listen on ${host}:${port}: ${(cause as Error).message}`, {
      hint: 'Choose another --port, or end what uses this one.',
      cause,
    });
  }
  const stopChores = startChores(back, limits, log, () => uploads.sweep());
  pool.start();
  const bound = (server.address() as AddressInfo).port;
  const url = `http://${hostInHeader(host)}:${bound}`;
  log.info('listening', {
    url,
    dataDir: options.dataDir,
    workers: options.workers ?? 1,
    embedded: queue.isEmbedded,
  });
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    isStopping = true;
    log.info('stopping');
    stopChores();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    await pool.stop();
    streams.closeAll();
    server.closeIdleConnections();
    const force = setTimeout(() => server.closeAllConnections(), 3000);
    await closed;
    clearTimeout(force);
    await closeBack(back);
    log.info('stopped');
  };
  return {
    url,
    port: bound,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** Workers alone, on a queue that others serve. */
export async function startWorkers(options: SharedOptions): Promise<RunningWorkers> {
  if ((options.databaseUrl ?? null) === null) {
    throw new FoleyError('usage', 'smooth-foley worker needs DATABASE_URL', {
      hint: 'Without a PostgreSQL that both can reach, the server does the work itself: smooth-foley serve --workers N.',
    });
  }
  const log = options.log ?? silentLog;
  const limits: ServiceLimits = { ...defaultServiceLimits, ...options.limits };
  const back = await openBack(options, limits);
  const pool = createPool(options, limits, back, new Metrics());
  back.feed.subscribe(({ event }) => {
    if (event.type === 'job' && event.job.state === 'queued') pool.wake();
  });
  const stopChores = startChores(back, limits, log, async () => 0);
  pool.start();
  log.info('working', { workers: options.workers ?? 1 });
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    stopChores();
    await pool.stop();
    await closeBack(back);
    log.info('stopped');
  };
  return {
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** What lies behind the server and behind a worker alike. */
interface Back {
  readonly queue: Queue;
  readonly jobs: JobStore;
  readonly media: MediaStore;
  readonly blobs: BlobStore;
  readonly feed: EventFeed;
  readonly release: () => Promise<void>;
}

async function openBack(options: SharedOptions, _limits: ServiceLimits): Promise<Back> {
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

async function closeBack({ feed, queue, release }: Back): Promise<void> {
  await feed.close();
  await queue.close();
  await release();
}

function createPool(options: SharedOptions, limits: ServiceLimits, back: Back, metrics: Metrics): WorkerPool {
  const workers = options.workers ?? 1;
  const dataDir = resolve(options.dataDir);
  const name = `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;
  return new WorkerPool({
    ...back,
    limits,
    log: options.log ?? silentLog,
    workers,
    threads: Math.max(1, Math.floor(availableParallelism() / Math.max(1, workers))),
    name,
    scratch: join(dataDir, 'work', name),
    cacheDir: join(dataDir, 'cache', 'frames'),
    ...(options.jobWorkerPath === undefined ? {} : { jobWorkerPath: options.jobWorkerPath }),
    onFinished: (kind, state, seconds) => {
      metrics.count('smooth_foley_jobs_total', 'Attempts by kind and how they ended.', { kind, state });
      metrics.observe('smooth_foley_job_seconds', 'Time from taking a job to its end.', seconds, { kind });
    },
  });
}

/** Work that nobody asks for: lost workers, unfinished uploads, old events. @returns a way to stop */
function startChores(
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

function assertSafe(host: string, token: string | null): void {
  if (token !== null && token.length < shortestToken) {
    throw new FoleyError('usage', `the token has ${token.length} characters, fewer than ${shortestToken}`, {
      hint: 'Make one with: openssl rand -hex 24',
    });
  }
  if (token === null && !loopbackAddresses.has(host)) {
    throw new FoleyError('usage', `listening on ${host} needs a token`, {
      hint: 'Give --token-file or SMOOTH_FOLEY_TOKEN, or stay on 127.0.0.1.',
    });
  }
}

/** As it stands in an address. */
function hostInHeader(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

async function readPages({
  pageFolder = null,
  examplesFolder = null,
}: ServiceOptions): Promise<Map<string, StaticFile>> {
  const pages = new Map<string, StaticFile>();
  for (const [prefix, folder] of [
    ['', pageFolder],
    ['/examples', examplesFolder],
  ] as const) {
    if (folder === null) continue;
    for (const [path, file] of await readStaticFiles(folder)) pages.set(`${prefix}${path}`, file);
  }
  return pages;
}

async function checkReady(queue: Queue, isStopping: boolean) {
  const database = await queue.database.query('select 1').then(
    () => 'ok' as const,
    () => 'failing' as const,
  );
  const checks = { database, running: isStopping ? ('failing' as const) : ('ok' as const) };
  return { isReady: Object.values(checks).every((state) => state === 'ok'), checks };
}

async function measure(
  metrics: Metrics,
  jobs: JobStore,
  streams: EventStreams,
  pool: WorkerPool,
): Promise<void> {
  for (const [state, count] of Object.entries(await jobs.countByState())) {
    metrics.gauge('smooth_foley_jobs', 'Jobs by state.', count, { state });
  }
  metrics.gauge('smooth_foley_event_streams', 'Open event streams.', streams.open);
  metrics.gauge('smooth_foley_busy_workers', 'Jobs under way in this process.', pool.busy);
  const memory = process.memoryUsage();
  metrics.gauge('process_resident_memory_bytes', 'Memory of this process.', memory.rss);
  metrics.gauge('nodejs_heap_used_bytes', 'Heap of this process.', memory.heapUsed);
  metrics.gauge('process_uptime_seconds', 'Time since this process started.', Math.round(process.uptime()));
}
