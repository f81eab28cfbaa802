/** @file A campaign of kills under load, and what has to be true of every job afterwards. */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Job } from '../../../src/service/contract.js';
import { LocalPostgres } from './local-postgres.js';
import { PlainClient } from './plain-client.js';
import { freePort, quickWorker, ServiceNode } from './service-nodes.js';

const example = fileURLToPath(new URL('../../../examples/dog-lying.mp4', import.meta.url));

export interface CampaignOptions {
  readonly database: 'embedded' | 'postgres';
  readonly kills: number;
  /** An empty folder. */
  readonly folder: string;
  /** See `compileSource`. */
  readonly compiled: string;
  /** Jobs that wait or run at any time. */
  readonly load: number;
  readonly seed: number;
  /** No kills after this; then what is under way is finished and examined. */
  readonly mostSeconds?: number;
  readonly onKill?: (kill: number, victim: string) => void;
}

export interface CampaignResult {
  readonly kills: Readonly<Record<string, number>>;
  readonly jobs: number;
  readonly attempts: number;
  readonly seconds: number;
  /** Empty when all is well. */
  readonly faults: readonly string[];
}

type Victim = 'server' | 'worker' | 'database server' | 'database connection';

/** Kills at random moments while jobs come and go, then waits for all that was accepted, and examines it. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const startedMs = Date.now();
  const random = seededRandom(options.seed);
  const site = await openSite(options);
  const { client } = site;
  const kills: Record<string, number> = {};
  const accepted = new Map<string, string>();
  try {
    await site.ready();
    const media = await client.upload(example);
    let isLoading = true;
    const load = Promise.all(
      Array.from({ length: options.load }, async (_, lane) => {
        for (let index = 0; isLoading; index++) {
          const name = `job ${lane}-${index}`;
          const job = await submit(client, media.id, name);
          accepted.set(name, job.id);
          await waitFor(client, job.id, () => !isLoading);
        }
      }),
    );
    const lastMs = startedMs + (options.mostSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    for (let kill = 0; kill < options.kills && Date.now() < lastMs; kill++) {
      // a quarter of the kills may meet processes that are just starting; else nothing would ever be done
      if (random() > 1 / 4) await site.ready();
      await new Promise((resolve) => setTimeout(resolve, 30 + random() * 2000));
      const victim = site.victims[Math.floor(random() * site.victims.length)]!;
      await site.kill(victim, random);
      kills[victim] = (kills[victim] ?? 0) + 1;
      options.onKill?.(kill + 1, victim);
    }
    isLoading = false;
    await load;
    const faults = await examine(client, accepted, site.journal);
    const jobs = await client.jobs();
    return {
      kills,
      jobs: jobs.length,
      attempts: jobs.reduce((sum, { attempt }) => sum + attempt, 0),
      seconds: (Date.now() - startedMs) / 1000,
      faults,
    };
  } finally {
    await site.close();
  }
}

interface Site {
  readonly client: PlainClient;
  readonly journal: string;
  readonly victims: readonly Victim[];
  /** When every process stands. */
  ready(): Promise<void>;
  kill(victim: Victim, random: () => number): Promise<void>;
  close(): Promise<void>;
}

async function openSite({ database, folder, compiled }: CampaignOptions): Promise<Site> {
  await mkdir(folder, { recursive: true });
  const journal = join(folder, 'journal.jsonl');
  const port = await freePort();
  const postgres = database === 'postgres' ? await LocalPostgres.create() : null;
  const shared = {
    jobWorkerPath: quickWorker,
    databaseUrl: postgres?.url ?? null,
    resultsDir: join(folder, 'results'),
    limits: { losses: 100_000 }, // here a lost worker says nothing about the job
  };
  const env = { KILL_TEST_JOURNAL: journal };
  const start = (name: string, role: 'server' | 'worker', workers: number) =>
    new ServiceNode(name, compiled, {
      role,
      options: { ...shared, dataDir: join(folder, name), workers, ...(role === 'server' ? { port } : {}) },
      env,
    });
  const server = start('server', 'server', postgres ? 1 : 2);
  const workers = postgres ? [start('worker-1', 'worker', 1), start('worker-2', 'worker', 1)] : [];
  return {
    client: new PlainClient(`http://127.0.0.1:${port}`),
    journal,
    victims: postgres ? ['server', 'worker', 'worker', 'database server', 'database connection'] : ['server'],
    ready: async () => {
      for (const node of [server, ...workers]) await node.ready();
    },
    async kill(victim, pick) {
      if (victim === 'server') server.kill();
      else if (victim === 'worker') workers[Math.floor(pick() * workers.length)]!.kill();
      else {
        const what = victim === 'database server' ? 'server' : 'connection';
        postgres!.kill(what, pick);
        if (what === 'server') await postgres!.start();
      }
    },
    async close() {
      await Promise.all([server, ...workers].map((node) => node.stop()));
      await postgres?.stop();
    },
  };
}

async function submit(client: PlainClient, mediaId: string, name: string): Promise<Job> {
  const request = { label: name, steps: 1, model: 'small', seed: 7 };
  return client.post<Job>(
    '/v1/jobs',
    { kind: 'generate', mediaId, name, request },
    { 'Idempotency-Key': name.replace(' ', '-') },
  );
}

const finished = new Set(['succeeded', 'failed', 'cancelled']);

async function waitFor(client: PlainClient, id: string, isEnough: () => boolean): Promise<void> {
  while (!isEnough()) {
    const job = await client.json<Job>(`/v1/jobs/${id}`);
    if (finished.has(job.state)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** What is wrong with the jobs that were accepted: each is there once, done once, and whole. */
async function examine(
  client: PlainClient,
  accepted: ReadonlyMap<string, string>,
  journal: string,
): Promise<string[]> {
  const faults: string[] = [];
  const giveUpMs = Date.now() + 180_000;
  let jobs = await client.jobs();
  while (jobs.some(({ state }) => !finished.has(state)) && Date.now() < giveUpMs) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    jobs = await client.jobs();
  }
  const byName = groupByName(jobs);
  for (const [name, id] of accepted) {
    const found = byName.get(name) ?? [];
    if (found.length !== 1 || found[0]!.id !== id)
      faults.push(`${name}: accepted once, there ${found.length} times`);
  }
  for (const name of byName.keys())
    if (!accepted.has(name)) faults.push(`${name}: there, but never accepted`);
  const starts = (await readFile(journal, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { what: string; label: string; at: number })
    .filter(({ what }) => what === 'start');
  for (const job of jobs) faults.push(...(await faultsOf(client, job, starts)));
  return faults;
}

async function faultsOf(
  client: PlainClient,
  job: Job,
  starts: readonly { label: string; at: number }[],
): Promise<string[]> {
  const about = (fault: string) => `${job.name} (${job.id}): ${fault}`;
  if (job.state !== 'succeeded') return [about(`is ${job.state}: ${JSON.stringify(job.error)}`)];
  const faults: string[] = [];
  const kinds = job.files.map(({ kind }) => kind).sort();
  if (kinds.join() !== 'sidecar,video,wav') faults.push(about(`has the files ${kinds.join()}`));
  for (const file of job.files) {
    const sha256 = await client.sha256Of(`/v1/jobs/${job.id}/files/${file.id}`);
    if (sha256 !== file.sha256) faults.push(about(`${file.name} is not what was recorded`));
    if (file.kind === 'wav' && sha256 !== expectedSound(job.name!))
      faults.push(about(`${file.name} is half-written`));
  }
  const events = await client.eventsOf(job.id);
  const endings = events.filter(({ event }) => event.type === 'job' && event.job.state === 'succeeded');
  if (endings.length !== 1) faults.push(about(`was told to have succeeded ${endings.length} times`));
  if (events.some(({ id }, index) => index > 0 && id <= events[index - 1]!.id))
    faults.push(about('has events out of order'));
  const late = starts.filter(({ label, at }) => label === job.name && at > Date.parse(job.finishedAt!));
  if (late.length > 0) faults.push(about(`was begun ${late.length} times after it was done`));
  return faults;
}

/** As `quick-worker.mjs` makes it. */
function expectedSound(label: string): string {
  return createHash('sha256')
    .update(Buffer.alloc(64 * 1024, `${label} 7 `))
    .digest('hex');
}

function groupByName(jobs: readonly Job[]): Map<string, Job[]> {
  const groups = new Map<string, Job[]>();
  for (const job of jobs) groups.set(job.name!, [...(groups.get(job.name!) ?? []), job]);
  return groups;
}

/** Mulberry32: the same campaign for the same seed, as far as the machine allows. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
