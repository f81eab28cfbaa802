/** @file Opens the database and pg-boss on it: PGlite in the data folder, or a PostgreSQL server. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Db as BossDatabase, fromPglite, PgBoss } from 'pg-boss';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import type { Database, Queryable, Row } from './database.js';
import type { ServiceLog } from './log.js';
import { createTables, tablesVersion } from './tables.js';

/** The queue engine and the database under it. */
export interface Queue {
  readonly database: Database;
  readonly boss: PgBoss;
  readonly isEmbedded: boolean;
  /** pg-boss's view of a transaction of ours, for its `db` option. */
  bossDatabase(tx: Queryable): BossDatabase;
  close(): Promise<void>;
}

export interface OpenQueueOptions {
  readonly dataDir: string;
  /** Null: embedded, in the data folder. */
  readonly databaseUrl: string | null;
  readonly log: ServiceLog;
  /** How often lost workers are looked for. */
  readonly superviseSeconds: number;
}

/** The one queue. */
export const queueName = 'smooth-foley';
/** A worker that is not heard of for so long has lost its job. The least that pg-boss takes. */
export const heartbeatSeconds = 10;

/** @throws FoleyError `output-failed` when the database cannot be opened or is of a newer version */
export async function openQueue(options: OpenQueueOptions): Promise<Queue> {
  try {
    const queue = options.databaseUrl === null ? await openEmbedded(options) : await openServer(options);
    const version = await createTables(queue.database);
    if (version !== tablesVersion) {
      await queue.close();
      throw new FoleyError(
        'output-failed',
        `the database has tables of version ${version}, this package knows version ${tablesVersion}`,
        { hint: 'Use the version of smooth-foley that made it, or another database.' },
      );
    }
    await queue.boss.createQueue(queueName, {
      retryLimit: 1_000_000, // how often is enough is counted in our own table, where losses differ from releases
      retryDelay: 0,
      heartbeatSeconds,
      expireInSeconds: 24 * 3600 - 1, // the worker keeps the time; this is the end of what pg-boss allows
      retentionSeconds: 365 * 24 * 3600,
      deleteAfterSeconds: 3600,
    });
    return queue;
  } catch (cause) {
    if (cause instanceof FoleyError) throw cause;
    const where = options.databaseUrl === null ? `in ${options.dataDir}` : 'at DATABASE_URL';
    throw new FoleyError('output-failed', `the database ${where} cannot be opened: ${messageOf(cause)}`, {
      hint:
        options.databaseUrl === null
          ? 'Is another server using this folder? --data-dir names another one.'
          : 'Check the address, that the server runs, and that its user may create schemas.',
      cause,
    });
  }
}

function bossSettings({ superviseSeconds }: OpenQueueOptions) {
  return {
    schema: 'smooth_foley_queue',
    schedule: false,
    supervise: true,
    superviseIntervalSeconds: superviseSeconds,
    monitorIntervalSeconds: superviseSeconds,
    openTelemetry: { enabled: false },
    registerInstance: false,
    monitorVacuum: false,
  };
}

async function startBoss(boss: PgBoss, log: ServiceLog): Promise<void> {
  boss.on('error', (error) => log.warn('queue', { error: messageOf(error) }));
  await boss.start();
}

async function openServer(options: OpenQueueOptions): Promise<Queue> {
  const boss = new PgBoss({
    ...bossSettings(options),
    connectionString: options.databaseUrl!,
    application_name: 'smooth-foley',
    max: 8,
  });
  await startBoss(boss, options.log);
  const db = boss.getDb();
  const query = queryOn(db);
  const database: Database = {
    query,
    transaction: (work) => againAfterDeadlock(() => runTransaction(db, work)),
    async listen(channel, onWord) {
      const handle = await db.listen!(channel, onWord, () => onWord(''));
      return () => handle.close();
    },
  };
  return {
    database,
    boss,
    isEmbedded: false,
    bossDatabase: asBossDatabase,
    close: () => boss.stop({ graceful: false, timeout: 5000 }),
  };
}

async function openEmbedded(options: OpenQueueOptions): Promise<Queue> {
  const { PGlite } = await import('@electric-sql/pglite'); // megabytes of WebAssembly, only when it is wanted
  const folder = join(options.dataDir, 'database');
  await mkdir(folder, { recursive: true });
  const pglite = await PGlite.create(folder);
  const boss = new PgBoss({ ...bossSettings(options), db: fromPglite(pglite), backend: 'pglite' });
  await startBoss(boss, options.log);
  const database: Database = {
    async query<R extends Row>(text: string, values: readonly unknown[] = []) {
      return (await pglite.query<R>(text, [...values])).rows;
    },
    transaction: (work) =>
      pglite.transaction(async (tx) => {
        // a queue of transactions goes from one to the next without a turn of the event loop: two hundred of them would
        // keep everybody else waiting for seconds (bench/load.ts)
        await new Promise((resolve) => setImmediate(resolve));
        return work({
          async query<R extends Row>(text: string, values: readonly unknown[] = []) {
            return (await tx.query<R>(text, [...values])).rows;
          },
        });
      }),
    listen: (channel, onWord) => pglite.listen(channel, onWord),
  };
  return {
    database,
    boss,
    isEmbedded: true,
    bossDatabase: asBossDatabase,
    async close() {
      await boss.stop({ graceful: false, timeout: 5000 });
      await pglite.close();
    },
  };
}

async function runTransaction<T>(db: BossDatabase, work: (tx: Queryable) => Promise<T>): Promise<T> {
  const handle = await db.beginTransaction!();
  try {
    const result = await work({ query: queryOn(handle.db) });
    await handle.commit();
    return result;
  } catch (error) {
    await handle.rollback();
    throw error;
  }
}

/** Two who wait for each other: PostgreSQL ends one of them, which then simply begins anew. */
async function againAfterDeadlock<T>(run: () => Promise<T>, tries = 5): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const code = (error as { readonly code?: unknown }).code;
    if (tries <= 1 || (code !== '40P01' && code !== '40001')) throw error;
    return againAfterDeadlock(run, tries - 1);
  }
}

function queryOn(db: BossDatabase): Queryable['query'] {
  return async <R extends Row>(text: string, values: readonly unknown[] = []) =>
    (await db.executeSql(text, [...values])).rows as R[];
}

function asBossDatabase(tx: Queryable): BossDatabase {
  return { executeSql: async (text, values = []) => ({ rows: await tx.query(text, values) }) };
}
