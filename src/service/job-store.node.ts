/** @file The life of jobs. Every step is one transaction over our record, pg-boss's job and the event that tells it. */
import { randomUUID } from 'node:crypto';
import type { Job, JobListQuery, JobOrder, JobProgress, JobState, ServiceErrorInfo } from './contract.js';
import { finishedStates } from './contract.js';
import type { Queryable, Row } from './database.js';
import { appendEvent, reserveEvent, writeEvent } from './event-log.node.js';
import { emptyOutcome, type JobOutcome, type JobRecord, jobOf, recordOf } from './job-record.js';
import { type Queue, queueName } from './open-queue.node.js';
import { newId } from './random-id.js';
import { ServiceError } from './service-error.js';

/** A job that this process has taken. It stays ours only while our heartbeats arrive. */
export interface Lease {
  readonly record: JobRecord;
  /** pg-boss's name for this very attempt: everything that is said for another attempt is ignored. */
  readonly claim: { readonly id: string; readonly retryCount: number };
}

export interface Submission {
  readonly order: JobOrder;
  /** SHA-256 of the order as the client gave it: the same key must come with the same order. */
  readonly orderHash: string;
  readonly client: string;
  readonly idempotencyKey: string | null;
  /** Jobs of this client that may wait or run at once. */
  readonly mostPending: number;
}

/** What is known of a job after a heartbeat. */
export type LeaseState = 'held' | 'cancel' | 'lost';

const waiting = `(select count(*) from smooth_foley.job other where other.state = 'queued'
  and (other.priority > job.priority or (other.priority = job.priority and other.sequence < job.sequence)))`;
const columns = `job.*, case when job.state = 'queued' then ${waiting} end as position`;

export class JobStore {
  readonly #queue: Queue;

  constructor(queue: Queue) {
    this.#queue = queue;
  }

  /** Adds a job, or finds the one that was made of the same order under the same key. */
  async submit(submission: Submission): Promise<{ job: Job; isNew: boolean }> {
    const { order, orderHash, client, idempotencyKey, mostPending } = submission;
    return this.#queue.database.transaction(async (tx) => {
      const known = idempotencyKey === null ? null : await this.#byKey(tx, client, idempotencyKey);
      if (known) return { job: sameOrder(known, orderHash), isNew: false };
      const [pending] = await tx.query<{ count: unknown }>(
        "select count(*) as count from smooth_foley.job where client = $1 and state in ('queued', 'running')",
        [client],
      );
      if (Number(pending!.count) >= mostPending) {
        throw new ServiceError('too-many', `${mostPending} jobs of this client wait or run already`, {
          hint: 'Wait for some to finish, or cancel them.',
          retryAfterSeconds: 10,
        });
      }
      const id = newId();
      const queueId = randomUUID();
      const inserted = await tx.query(
        `insert into smooth_foley.job
           (id, queue_id, kind, state, media_id, name, priority, client, idempotency_key, order_hash, job_order)
         select $1, $2::uuid, $3, 'queued', $4, $5, $6, $7, $8, $9, $10::jsonb
         where exists (select 1 from smooth_foley.media where id = $4)
         on conflict (client, idempotency_key) do nothing returning id`,
        [
          id,
          queueId,
          order.kind,
          order.mediaId,
          order.name,
          order.priority,
          client,
          idempotencyKey,
          orderHash,
          JSON.stringify(order),
        ],
      );
      if (inserted.length === 0) {
        // either the same key came at the same moment, or the clip has just gone
        const rival = idempotencyKey === null ? null : await this.#byKey(tx, client, idempotencyKey);
        if (rival) return { job: sameOrder(rival, orderHash), isNew: false };
        throw new ServiceError('not-found', `there is no media ${order.mediaId}`, { field: 'mediaId' });
      }
      await this.#queue.boss.send(
        queueName,
        { jobId: id },
        {
          id: queueId,
          priority: order.priority,
          db: this.#queue.bossDatabase(tx),
        },
      );
      return { job: await this.#tell(tx, id), isNew: true };
    });
  }

  async find(id: string): Promise<JobRecord | null> {
    const [row] = await this.#queue.database.query(`select ${columns} from smooth_foley.job where id = $1`, [
      id,
    ]);
    return row === undefined ? null : recordOf(row);
  }

  /** Newest first. */
  async list(
    query: JobListQuery & { readonly limit: number },
  ): Promise<{ jobs: Job[]; nextBefore: string | null }> {
    const rows = await this.#queue.database.query(
      `select ${columns} from smooth_foley.job
       where ($1::text is null or media_id = $1) and ($2::text is null or state = $2) and ($3::text is null or kind = $3)
         and ($4::text is null or sequence < (select sequence from smooth_foley.job where id = $4))
       order by sequence desc limit $5`,
      [query.mediaId ?? null, query.state ?? null, query.kind ?? null, query.before ?? null, query.limit + 1],
    );
    const jobs = rows.slice(0, query.limit).map((row) => jobOf(recordOf(row)));
    return { jobs, nextBefore: rows.length > query.limit ? jobs.at(-1)!.id : null };
  }

  /** Job id -> how many run before it, of all that wait. */
  async positions(): Promise<Record<string, number>> {
    const rows = await this.#queue.database.query<{ id: string; position: unknown }>(
      `select id, row_number() over (order by priority desc, sequence) - 1 as position
       from smooth_foley.job where state = 'queued'`,
    );
    return Object.fromEntries(rows.map(({ id, position }) => [id, Number(position)]));
  }

  async countByState(): Promise<Readonly<Record<JobState, number>>> {
    const rows = await this.#queue.database.query<{ state: JobState; count: unknown }>(
      'select state, count(*) as count from smooth_foley.job group by state',
    );
    const counts = { queued: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0 };
    for (const { state, count } of rows) counts[state] = Number(count);
    return counts;
  }

  /** Takes the next job, if there is one. */
  async take(worker: string, mostLosses: number): Promise<Lease | null> {
    return this.#queue.database.transaction(async (tx) => {
      const db = this.#queue.bossDatabase(tx);
      const [claim] = await this.#queue.boss.fetch<{ jobId: string }>(queueName, { batchSize: 1, db });
      if (claim === undefined) return null;
      const [row] = await tx.query(
        `update smooth_foley.job set
           losses = losses + case when state = 'running' then 1 else 0 end,
           attempt = attempt + 1, state = 'running', worker = $2, progress = null,
           started_at = coalesce(started_at, now())
         where queue_id = $1::uuid and state in ('queued', 'running') returning *`,
        [claim.id, worker],
      );
      if (row === undefined) {
        // nobody waits for it any more
        await this.#queue.boss.complete(queueName, claim, null, { db });
        return null;
      }
      const record = recordOf(row);
      const lease = { record, claim: { id: claim.id, retryCount: claim.retryCount } };
      if (record.isCancelRequested || record.losses >= mostLosses) {
        await this.#queue.boss.complete(queueName, claim, null, { db });
        if (record.isCancelRequested) await this.#finish(tx, record.id, 'cancelled', emptyOutcome, null);
        else await this.#finish(tx, record.id, 'failed', emptyOutcome, interrupted(record.losses));
        return null;
      }
      await this.#tell(tx, record.id);
      return lease;
    });
  }

  /** Says that we are still at it. */
  async beat({ record, claim }: Lease): Promise<LeaseState> {
    const response = await this.#queue.boss.touch(queueName, claim);
    if (affectedBy(response) === 0) return 'lost';
    const [row] = await this.#queue.database.query<{ is_cancel_requested: boolean }>(
      'select is_cancel_requested from smooth_foley.job where id = $1',
      [record.id],
    );
    if (row === undefined) return 'lost';
    return row.is_cancel_requested ? 'cancel' : 'held';
  }

  async progress({ record }: Lease, progress: JobProgress): Promise<void> {
    await this.#queue.database.transaction(async (tx) => {
      const { id: jobId, attempt } = record;
      const rows = await tx.query(
        `update smooth_foley.job set progress = $3::jsonb
         where id = $1 and attempt = $2 and state = 'running' returning id`,
        [jobId, attempt, JSON.stringify(progress)],
      );
      if (rows.length === 0) return;
      await appendEvent(tx, jobId, { type: 'progress', jobId, attempt, progress });
    });
  }

  /** @returns false when the job is no longer ours: then nothing has changed, and what was written must go */
  async succeed(lease: Lease, outcome: JobOutcome): Promise<boolean> {
    return this.#settle(lease, 'succeeded', outcome, null);
  }

  async fail(lease: Lease, state: 'failed' | 'cancelled', error: ServiceErrorInfo | null): Promise<boolean> {
    return this.#settle(lease, state, emptyOutcome, error);
  }

  /**
   * Gives a job back unfinished, so that another worker takes it at once.
   * @param losses 0 when it was no fault of the job's, 1 when it may have been
   */
  async release(lease: Lease, why: string, losses: 0 | 1): Promise<void> {
    await this.#queue.database.transaction(async (tx) => {
      const db = this.#queue.bossDatabase(tx);
      const response = await this.#queue.boss.fail(queueName, lease.claim, { why }, { db });
      if (affectedBy(response) === 0) return;
      await this.#backToQueue(tx, lease.record.id, losses);
    });
  }

  /** Cancels a job that waits at once, and asks the worker of one that runs. */
  async cancel(id: string): Promise<Job> {
    return this.#queue.database.transaction(async (tx) => {
      const [row] = await tx.query('select * from smooth_foley.job where id = $1 for update', [id]);
      if (row === undefined) throw new ServiceError('not-found', `there is no job ${id}`);
      const record = recordOf(row);
      if (finishedStates.includes(record.state) || record.isCancelRequested) return jobOf(record);
      await tx.query('update smooth_foley.job set is_cancel_requested = true where id = $1', [id]);
      if (record.state === 'running') return this.#tell(tx, id);
      await this.#queue.boss.cancel(queueName, record.queueId, { db: this.#queue.bossDatabase(tx) });
      return this.#finish(tx, id, 'cancelled', emptyOutcome, null);
    });
  }

  /** Removes a finished job. @returns its record, whose files are then the caller's to remove */
  async remove(id: string): Promise<JobRecord> {
    return this.#queue.database.transaction(async (tx) => {
      const [row] = await tx.query('select * from smooth_foley.job where id = $1 for update', [id]);
      if (row === undefined) throw new ServiceError('not-found', `there is no job ${id}`);
      const record = recordOf(row);
      if (!finishedStates.includes(record.state)) {
        throw new ServiceError('conflict', `job ${id} is ${record.state}`, { hint: 'Cancel it first.' });
      }
      await tx.query('delete from smooth_foley.job where id = $1', [id]);
      await tx.query('delete from smooth_foley.event where job_id = $1', [id]);
      await appendEvent(tx, id, { type: 'removed', jobId: id });
      return record;
    });
  }

  /**
   * Brings our records in line with what pg-boss has decided: jobs whose worker fell silent wait again.
   * @returns how many
   */
  async reclaimLost(): Promise<number> {
    const lost = await this.#queue.database.query<{ id: string }>(
      `select job.id from smooth_foley.job job join smooth_foley_queue.job claim on claim.id = job.queue_id
       where job.state = 'running' and claim.name = $1 and claim.state = 'retry'`,
      [queueName],
    );
    for (const { id } of lost) {
      await this.#queue.database.transaction((tx) => this.#backToQueue(tx, id, 1));
    }
    return lost.length;
  }

  /**
   * Gives back every job that a worker holds. Only for a database of our own, right after opening it: whoever held a job
   * was part of a process that is gone.
   */
  async releaseAll(): Promise<number> {
    const held = await this.#queue.database.query<{ id: string }>(
      "select id from smooth_foley_queue.job where name = $1 and state = 'active'",
      [queueName],
    );
    if (held.length > 0)
      await this.#queue.boss.fail(
        queueName,
        held.map(({ id }) => id),
        { why: 'restart' },
      );
    return this.reclaimLost();
  }

  async #settle(
    { record, claim }: Lease,
    state: JobState,
    outcome: JobOutcome,
    error: ServiceErrorInfo | null,
  ): Promise<boolean> {
    return this.#queue.database.transaction(async (tx) => {
      const db = this.#queue.bossDatabase(tx);
      const response = await this.#queue.boss.complete(queueName, claim, null, { db });
      if (affectedBy(response) === 0) return false;
      await this.#finish(tx, record.id, state, outcome, error);
      return true;
    });
  }

  async #finish(
    tx: Queryable,
    id: string,
    state: JobState,
    outcome: JobOutcome,
    error: ServiceErrorInfo | null,
  ): Promise<Job> {
    await tx.query(
      `update smooth_foley.job set state = $2, outcome = $3::jsonb, error = $4::jsonb, finished_at = now(), worker = null
       where id = $1`,
      [id, state, JSON.stringify(outcome), error === null ? null : JSON.stringify(error)],
    );
    return this.#tell(tx, id);
  }

  async #backToQueue(tx: Queryable, id: string, losses: number): Promise<void> {
    const rows = await tx.query(
      `update smooth_foley.job set state = 'queued', losses = losses + $2, progress = null, worker = null
       where id = $1 and state = 'running' returning id`,
      [id, losses],
    );
    if (rows.length > 0) await this.#tell(tx, id);
  }

  /** Writes the event that tells a job as it is now. Last in its transaction. */
  async #tell(tx: Queryable, id: string): Promise<Job> {
    const eventId = await reserveEvent(tx);
    await tx.query('update smooth_foley.job set event_id = $2 where id = $1', [id, eventId]);
    const [row] = await tx.query<Row>(`select ${columns} from smooth_foley.job where id = $1`, [id]);
    const job = jobOf(recordOf(row!));
    await writeEvent(tx, eventId, id, { type: 'job', job });
    return job;
  }

  async #byKey(tx: Queryable, client: string, key: string): Promise<JobRecord | null> {
    const [row] = await tx.query(
      `select ${columns} from smooth_foley.job where client = $1 and idempotency_key = $2`,
      [client, key],
    );
    return row === undefined ? null : recordOf(row);
  }
}

function sameOrder(record: JobRecord, orderHash: string): Job {
  if (record.orderHash !== orderHash) {
    throw new ServiceError('idempotency-mismatch', 'this Idempotency-Key was used for another order', {
      hint: 'Use a new key for a new order.',
      details: { jobId: record.id },
    });
  }
  return jobOf(record);
}

function interrupted(losses: number): ServiceErrorInfo {
  return {
    code: 'interrupted',
    message: `the job lost its worker ${losses} times`,
    hint: 'It may need more memory than the workers have; their logs say how they ended.',
    field: null,
    details: {},
    requestId: null,
  };
}

/** How many jobs a command of pg-boss has changed. */
function affectedBy(response: object): number {
  return (response as { readonly affected: number }).affected;
}
