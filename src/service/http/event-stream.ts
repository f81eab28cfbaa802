/** @file Server-sent events: what is known first, then what happens, without a gap between the two. */
import type { ServiceEvent } from '../contract.js';
import { finishedStates } from '../contract.js';
import type { Queryable } from '../database.js';
import { type EventFeed, eventsAfter, type LoggedEvent } from '../event-log.node.js';
import { type JobRecord, jobOf } from '../job-record.js';
import { ServiceError } from '../service-error.js';

export interface EventStreamOptions {
  readonly feed: EventFeed;
  readonly database: Queryable;
  readonly positions: PositionBoard;
  /** Null: events of all jobs. */
  readonly jobId: string | null;
  readonly findJob: (id: string) => Promise<JobRecord | null>;
  /** Events after this one are told again; null: only the present state. */
  readonly afterId: number | null;
  readonly signal: AbortSignal;
}

/** Says to a client that reads too slowly: come back, and say where you were. */
const mostWaiting = 5000;
const keepAliveMs = 15_000;
const pageSize = 500;

/** The text of a stream, piece by piece, until the job has finished or the signal fires. */
export async function* eventStream(options: EventStreamOptions): AsyncGenerator<string> {
  const { feed, database, positions, jobId, findJob, signal } = options;
  const waiting: LoggedEvent[] = [];
  let queued: Record<string, number> | null = null;
  let isOverrun = false;
  let wake = (): void => {};
  const unsubscribe = feed.subscribe((event) => {
    if (jobId !== null && event.jobId !== jobId) return;
    if (waiting.length >= mostWaiting) isOverrun = true;
    else waiting.push(event);
    wake();
  });
  const unwatch = positions.watch((next) => {
    if (jobId === null) queued = next;
    else if (next[jobId] !== undefined) queued = { [jobId]: next[jobId] };
    wake();
  });
  signal.addEventListener('abort', () => wake(), { once: true });
  try {
    let lastId = options.afterId;
    if (lastId === null) {
      const first = jobId === null ? null : await findJob(jobId);
      if (jobId !== null && first === null) throw new ServiceError('not-found', `there is no job ${jobId}`);
      lastId = first?.eventId ?? feed.lastId;
      if (first === null) yield `id: ${lastId}\n: ready\n\n`;
      else {
        const event: ServiceEvent = { type: 'job', job: jobOf(first) };
        yield textOf({ id: lastId, jobId: first.id, event });
        if (isLast(event)) return;
      }
    } else {
      for (let page = pageSize; page === pageSize; ) {
        const missed = await eventsAfter(database, lastId, jobId, pageSize);
        for (const event of missed) {
          lastId = event.id;
          yield textOf(event);
          if (jobId !== null && isLast(event.event)) return;
        }
        page = missed.length;
      }
    }
    yield ': listening\n\n';
    while (!signal.aborted && !isOverrun) {
      const next = waiting.shift();
      if (next !== undefined) {
        if (next.id <= lastId) continue; // told already
        lastId = next.id;
        yield textOf(next);
        if (jobId !== null && isLast(next.event)) return;
      } else if (queued !== null) {
        const event: ServiceEvent = { type: 'queue', positions: queued };
        queued = null;
        yield `event: queue\ndata: ${JSON.stringify(event)}\n\n`;
      } else {
        const isIdle = await new Promise<boolean>((resolve) => {
          const timer = setTimeout(() => resolve(true), keepAliveMs);
          wake = () => {
            clearTimeout(timer);
            resolve(false);
          };
          if (waiting.length > 0 || queued !== null || isOverrun || signal.aborted) wake();
        });
        if (isIdle) yield ': still here\n\n';
      }
    }
  } finally {
    unsubscribe();
    unwatch();
  }
}

/** After this nothing happens to the job any more. A removed one is gone. */
function isLast(event: ServiceEvent): boolean {
  return event.type === 'removed' || (event.type === 'job' && finishedStates.includes(event.job.state));
}

function textOf({ id, event }: LoggedEvent): string {
  return `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** The order of the queue, read once for all who want to know, when it may have changed. */
export class PositionBoard {
  readonly #read: () => Promise<Record<string, number>>;
  readonly #watchers = new Set<(positions: Record<string, number>) => void>();
  #last = '';
  #timer: NodeJS.Timeout | null = null;

  constructor(read: () => Promise<Record<string, number>>) {
    this.#read = read;
  }

  watch(watcher: (positions: Record<string, number>) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Something happened to a job; many such calls within half a second are one look. */
  touch(): void {
    if (this.#timer !== null || this.#watchers.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#read().then(
        (positions) => this.#publish(positions),
        () => {}, // the next event asks again
      );
    }, 500);
    this.#timer.unref();
  }

  #publish(positions: Record<string, number>): void {
    const text = JSON.stringify(positions);
    if (text === this.#last) return;
    this.#last = text;
    for (const watcher of this.#watchers) watcher(positions);
  }
}
