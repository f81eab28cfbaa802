/** @file Opens event streams for clients, counts them, and ends them all when the server stops. */
import type { Queryable } from '../database.js';
import type { EventFeed } from '../event-log.node.js';
import type { JobStore } from '../job-store.node.js';
import { headers as headerNames } from '../paths.js';
import { ServiceError } from '../service-error.js';
import type { AppContext } from './app.node.js';
import { eventStream, type PositionBoard } from './event-stream.js';

export interface EventStreamsOptions {
  readonly feed: EventFeed;
  readonly database: Queryable;
  readonly jobs: JobStore;
  readonly positions: PositionBoard;
  readonly mostPerClient: number;
}

export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #perClient = new Map<string, number>();
  readonly #stopping = new AbortController();
  #open = 0;

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  get open(): number {
    return this.#open;
  }

  answer(context: AppContext, jobId: string | null): Response {
    const { feed, database, jobs, positions } = this.#options;
    const lastId = context.req.header(headerNames.lastEventId) ?? null;
    if (lastId !== null && !/^\d{1,15}$/.test(lastId)) {
      throw new ServiceError('invalid-request', `${headerNames.lastEventId} must be the id of an event`, {
        field: headerNames.lastEventId,
      });
    }
    const closed = new AbortController();
    const signal = AbortSignal.any([closed.signal, this.#stopping.signal]);
    const release = this.#admit(context.get('client'));
    context.env.outgoing.once('close', () => {
      closed.abort();
      release();
    });
    const texts = eventStream({
      feed,
      database,
      positions,
      jobId,
      findJob: (id) => jobs.find(id),
      afterId: lastId === null ? null : Number(lastId),
      signal,
    });
    const encoder = new TextEncoder();
    // pulled one by one: a client that does not read makes nothing pile up but what the stream itself allows
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { value, done } = await texts.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      async cancel() {
        closed.abort();
        await texts.return(undefined);
      },
    });
    return context.body(body, 200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    });
  }

  /** Ends every stream; clients come back with the id of the last event they have. */
  closeAll(): void {
    this.#stopping.abort();
  }

  #admit(client: string): () => void {
    const count = this.#perClient.get(client) ?? 0;
    if (count >= this.#options.mostPerClient) {
      throw new ServiceError('too-many', `${count} event streams of this client are open`, {
        hint: 'GET /v1/events tells of all jobs on one stream.',
        retryAfterSeconds: 5,
      });
    }
    this.#perClient.set(client, count + 1);
    this.#open += 1;
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#open -= 1;
      const left = (this.#perClient.get(client) ?? 1) - 1;
      if (left === 0) this.#perClient.delete(client);
      else this.#perClient.set(client, left);
    };
  }
}
