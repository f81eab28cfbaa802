/** @file The tables of the service. The queue's own are in another schema and belong to pg-boss. */
import type { Database } from './database.js';

/** Raised with every change of the tables; a database of a newer version is refused. */
export const tablesVersion = 1;

/** Any number that nobody else takes: keeps two servers from creating tables at once. */
export const migrationLock = 7_342_001;
/** Serialises the ids of events, so that an id is never seen before a smaller one. */
export const eventLock = 7_342_002;

const statements = `
create schema if not exists smooth_foley;
create table if not exists smooth_foley.version (version int not null);
create table if not exists smooth_foley.media (
  id text primary key,
  file_name text not null,
  sha256 text not null,
  byte_length bigint not null,
  facts jsonb not null,
  created_at timestamptz not null default now()
);
create table if not exists smooth_foley.upload (
  id text primary key,
  file_name text not null,
  byte_length bigint not null,
  sha256 text,
  client text not null,
  media_id text references smooth_foley.media (id) on delete cascade,
  created_at timestamptz not null default now(),
  touched_at timestamptz not null default now()
);
create index if not exists upload_open on smooth_foley.upload (client) where media_id is null;
create table if not exists smooth_foley.job (
  id text primary key,
  sequence bigint generated always as identity,
  queue_id uuid not null unique,
  kind text not null,
  state text not null,
  media_id text not null references smooth_foley.media (id),
  name text,
  priority int not null,
  client text not null,
  idempotency_key text,
  order_hash text not null,
  job_order jsonb not null,
  attempt int not null default 0,
  losses int not null default 0,
  worker text,
  is_cancel_requested boolean not null default false,
  progress jsonb,
  error jsonb,
  outcome jsonb,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  event_id bigint not null default 0,
  unique (client, idempotency_key)
);
create index if not exists job_waiting on smooth_foley.job (priority desc, sequence) where state = 'queued';
create index if not exists job_running on smooth_foley.job (id) where state = 'running';
create index if not exists job_by_media on smooth_foley.job (media_id, sequence);
create table if not exists smooth_foley.event (
  id bigint generated always as identity primary key,
  job_id text not null,
  body jsonb not null,
  at timestamptz not null default now()
);
create index if not exists event_by_job on smooth_foley.event (job_id, id);
insert into smooth_foley.version select ${tablesVersion} where not exists (select 1 from smooth_foley.version);
`;

/** Makes the tables where they are missing. @returns the version that the database has */
export async function createTables(database: Database): Promise<number> {
  return database.transaction(async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(${migrationLock})`);
    for (const statement of statements.split(/;\s*\n/)) {
      if (statement.trim() !== '') await tx.query(statement);
    }
    const [row] = await tx.query<{ version: number }>('select version from smooth_foley.version');
    return row!.version;
  });
}
