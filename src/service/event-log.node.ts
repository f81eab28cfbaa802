/** @file Events: written in the transaction of what they tell, read back in order, and handed to whoever listens. */
import type { ServiceEvent } from './contract.js';
import type { Database, Queryable } from './database.js';
import type { ServiceLog } from './log.js';
import { eventLock } from './tables.js';

/** An event with its place in the order of all events. */
export interface LoggedEvent {
  readonly id: number;
  readonly jobId: string;
  readonly event: ServiceEvent;
}

export const eventChannel = 'smooth_foley_event';

/**
 * Adds an event. Call it last in a transaction: from here to the commit no other event can be added, which is what keeps
 * ids in the order in which they become visible.
 */
export async function appendEvent(tx: Queryable, jobId: string, event: ServiceEvent): Promise<number> {
  const id = await reserveEvent(tx);
  await writeEvent(tx, id, jobId, event);
  return id;
}

/** The id of the next event, for events that tell their own id. Only `writeEvent` may follow. */
export async function reserveEvent(tx: Queryable): Promise<number> {
  await tx.query(`select pg_advisory_xact_lock(${eventLock})`);
  const [row] = await tx.query<{ id: unknown }>(
    "select nextval(pg_get_serial_sequence('smooth_foley.event', 'id')) as id",
  );
  return Number(row!.id);
}

export async function writeEvent(
  tx: Queryable,
  id: number,
  jobId: string,
  event: ServiceEvent,
): Promise<void> {
  await tx.query(
    'insert into smooth_foley.event (id, job_id, body) overriding system value values ($1, $2, $3::jsonb)',
    [id, jobId, JSON.stringify(event)],
  );
  await tx.query('select pg_notify($1, $2)', [eventChannel, jobId]);
}

/** Events after an id, oldest first. @param jobId of one job; null: of all */
export async function eventsAfter(
  database: Queryable,
  afterId: number,
  jobId: string | null,
  most = 500,
): Promise<LoggedEvent[]> {
  const rows = await database.query<{ id: unknown; job_id: string; body: ServiceEvent }>(
    `select id, job_id, body from smooth_foley.event
     where id > $1 and ($2::text is null or job_id = $2) order by id limit $3`,
    [afterId, jobId, most],
  );
  return rows.map((row) => ({ id: Number(row.id), jobId: row.job_id, event: row.body }));
}

export async function lastEventId(database: Queryable): Promise<number> {
  const [row] = await database.query<{ id: unknown }>(
    'select coalesce(max(id), 0) as id from smooth_foley.event',
  );
  return Number(row!.id);
}

export type EventListener = (event: LoggedEvent) => void;

/** How long to wait for word before looking anyway. */
const floorMs = 1000;

/** Reads each new event once, for all who listen in this process. */
export class EventFeed {
  readonly #database: Database;
  readonly #log: ServiceLog;
  readonly #listeners = new Set<EventListener>();
  #lastId = 0;
  #reading: Promise<void> | null = null;
  #isStale = false;
  #timer: NodeJS.Timeout | null = null;
  #unlisten: (() => Promise<void>) | null = null;
  #isClosed = false;

  constructor(database: Database, log: ServiceLog) {
    this.#database = database;
    this.#log = log;
  }

  async start(): Promise<void> {
    this.#lastId = await lastEventId(this.#database);
    this.#unlisten = await this.#database.listen(eventChannel, () => this.wake());
    this.#timer = setInterval(() => this.wake(), floorMs);
    this.#timer.unref();
  }

  /** Everything up to here has been handed out. */
  get lastId(): number {
    return this.#lastId;
  }

  /** Hands events to `listener` from the next one on. @returns a way to stop */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks for new events now. */
  wake(): void {
    if (this.#isClosed) return;
    this.#isStale = true;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
      if (this.#isStale && !this.#isClosed) setTimeout(() => this.wake(), floorMs).unref();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer) clearInterval(this.#timer);
    this.#listeners.clear();
    await this.#reading;
    await this.#unlisten?.().catch(() => {}); // the connection may be gone already
  }

  async #read(): Promise<void> {
    try {
      while (this.#isStale && !this.#isClosed) {
        this.#isStale = false;
        const events = await eventsAfter(this.#database, this.#lastId, null);
        for (const event of events) {
          this.#lastId = event.id;
          for (const listener of this.#listeners) listener(event);
        }
        if (events.length > 0) this.#isStale = true;
      }
    } catch (error) {
      this.#isStale = true;
      if (!this.#isClosed) this.#log.warn('events cannot be read', { error: String(error) });
    }
  }
}
