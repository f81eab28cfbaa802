/** @file A job as it stands in the database, and as a client sees it. */
import type { Job, JobKind, JobOrder, JobProgress, JobState, ServiceErrorInfo } from './contract.js';
import type { Row } from './database.js';

/** What a finished job leaves behind. */
export type JobOutcome = Pick<Job, 'inspection' | 'takes' | 'commandLine'> & {
  readonly files: readonly StoredFile[];
};
/** A file of a job, and where its bytes are. */
export type StoredFile = Job['files'][number] & { readonly key: string };

export const emptyOutcome: JobOutcome = { inspection: null, takes: [], commandLine: null, files: [] };

/** A row of `smooth_foley.job`, in our own words. */
export interface JobRecord {
  readonly id: string;
  readonly queueId: string;
  readonly kind: JobKind;
  readonly state: JobState;
  readonly mediaId: string;
  readonly name: string | null;
  readonly priority: number;
  readonly client: string;
  readonly orderHash: string;
  readonly order: JobOrder;
  readonly attempt: number;
  readonly losses: number;
  readonly isCancelRequested: boolean;
  readonly progress: JobProgress | null;
  readonly error: ServiceErrorInfo | null;
  readonly outcome: JobOutcome;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly eventId: number;
  /** How many run before it; null where the statement did not ask, or it does not wait. */
  readonly position: number | null;
}

export function recordOf(row: Row): JobRecord {
  return {
    id: row.id as string,
    queueId: row.queue_id as string,
    kind: row.kind as JobKind,
    state: row.state as JobState,
    mediaId: row.media_id as string,
    name: row.name as string | null,
    priority: Number(row.priority),
    client: row.client as string,
    orderHash: row.order_hash as string,
    order: row.job_order as JobOrder,
    attempt: Number(row.attempt),
    losses: Number(row.losses),
    isCancelRequested: row.is_cancel_requested as boolean,
    progress: row.progress as JobProgress | null,
    error: row.error as ServiceErrorInfo | null,
    outcome: (row.outcome as JobOutcome | null) ?? emptyOutcome,
    createdAt: dateOf(row.created_at)!,
    startedAt: dateOf(row.started_at),
    finishedAt: dateOf(row.finished_at),
    eventId: Number(row.event_id),
    position: row.position === null || row.position === undefined ? null : Number(row.position),
  };
}

/** What a client sees: no keys of storage, no names of workers. */
export function jobOf(record: JobRecord): Job {
  const { outcome } = record;
  return {
    id: record.id,
    kind: record.kind,
    state: record.state,
    mediaId: record.mediaId,
    name: record.name,
    priority: record.priority,
    order: record.order,
    attempt: record.attempt,
    isCancelRequested: record.isCancelRequested,
    queuePosition: record.state === 'queued' ? record.position : null,
    progress: record.progress,
    createdAt: record.createdAt.toISOString(),
    startedAt: record.startedAt?.toISOString() ?? null,
    finishedAt: record.finishedAt?.toISOString() ?? null,
    error: record.error,
    inspection: outcome.inspection,
    takes: outcome.takes,
    files: outcome.files.map(({ key: _, ...file }) => file),
    commandLine: outcome.commandLine,
    eventId: String(record.eventId),
  };
}

export function dateOf(value: unknown): Date | null {
  return value === null || value === undefined ? null : new Date(value as string | Date);
}
