/** @file Starts the service: database, queue, stores, workers, and the HTTP server before them. Stops it in order, too. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { FoleyError } from '../errors/foley-error.js';
import { readVersions } from '../foley/versions.node.js';
import { createApp } from './http/app.node.js';
import { PositionBoard } from './http/event-stream.js';
import { EventStreams } from './http/event-streams.js';
import { Guard, loopbackHosts } from './http/guard.node.js';
import { createHandlers } from './http/handlers.node.js';
import { readStaticFiles, type StaticFile } from './http/static-files.node.js';
import type { JobStore } from './job-store.node.js';
import { defaultServiceLimits, type ServiceLimits } from './limits.js';
import { silentLog } from './log.js';
import { Metrics } from './metrics.js';
import type { Queue } from './open-queue.node.js';
import { type Back, closeBack, openBack, type SharedOptions, startChores } from './service-back.node.js';
import { UploadStore } from './upload-store.node.js';
import { ViewRunner } from './view-runner.node.js';
import { WorkerPool } from './worker-pool.node.js';

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

/** @throws FoleyError `usage` for settings that are not safe or do not fit, `output-failed` for a database or folder */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { host = '127.0.0.1', port = 8300, token = null, log = silentLog } = options;
  assertSafe(host, token);
  const limits: ServiceLimits = { ...defaultServiceLimits, ...options.limits };
  const { version } = { version: readVersions().smoothFoley };
  const back = await openBack(options);
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
  const back = await openBack(options);
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
