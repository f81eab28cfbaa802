import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Job } from '../../src/service/contract.js';
import { compileSource } from './kill/compiled-source.js';
import { LocalPostgres, postgresPrograms } from './kill/local-postgres.js';
import { PlainClient } from './kill/plain-client.js';
import { freePort, quickWorker, ServiceNode } from './kill/service-nodes.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });
const example = fileURLToPath(new URL('../../examples/dog-lying.mp4', import.meta.url));

/** Two networks of their own, each joined to this one by a cable that can be cut. */
const names = [`foley-a-${process.pid}`, `foley-b-${process.pid}`] as const;
const base = 100 + (process.pid % 100);
const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'pipe' });

function makeNetworks(): boolean {
  try {
    for (const [index, name] of names.entries()) {
      const outside = `fo${process.pid % 100_000}${index}`;
      ip('netns', 'add', name);
      ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', 'inside', 'netns', name);
      ip('addr', 'add', `10.${base}.${index}.1/24`, 'dev', outside);
      ip('link', 'set', outside, 'up');
      ip('-n', name, 'addr', 'add', `10.${base}.${index}.2/24`, 'dev', 'inside');
      ip('-n', name, 'link', 'set', 'inside', 'up');
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    return true;
  } catch {
    removeNetworks();
    return false;
  }
}

function removeNetworks(): void {
  for (const name of names) {
    try {
      ip('netns', 'del', name);
    } catch {
      // it was never made
    }
  }
}

const isPossible = postgresPrograms() !== null && process.platform === 'linux' && makeNetworks();

describe.skipIf(!isPossible)('two workers in two networks (needs root, ip netns and PostgreSQL)', () => {
  let root: string;
  let compiled: { readonly root: string; readonly folder: string };
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'networks-'));
    compiled = await compileSource();
  });
  afterAll(async () => {
    removeNetworks();
    await rm(root, { recursive: true, force: true });
    await rm(compiled.root, { recursive: true, force: true });
  });

  it('finish a job once, when the one that had it is cut off in the middle', async () => {
    const postgres = await LocalPostgres.create('*');
    const port = await freePort();
    const journal = join(root, 'journal.jsonl');
    const shared = { resultsDir: join(root, 'results'), jobWorkerPath: quickWorker };
    const env = { KILL_TEST_JOURNAL: journal, KILL_TEST_STEP_MS: '1500' };
    const server = new ServiceNode('server', compiled.folder, {
      role: 'server',
      options: { ...shared, dataDir: join(root, 'server'), databaseUrl: postgres.url, port, workers: 0 },
    });
    const workers = names.map(
      (name, index) =>
        new ServiceNode(name, compiled.folder, {
          role: 'worker',
          options: {
            ...shared,
            dataDir: join(root, name),
            databaseUrl: `postgres://foley@10.${base}.${index}.1:${postgres.port}/postgres`,
            workers: 1,
          },
          env: { ...env, KILL_TEST_PLACE: name },
          prefix: ['ip', 'netns', 'exec', name],
        }),
    );
    try {
      const client = new PlainClient(`http://127.0.0.1:${port}`);
      await Promise.all([server, ...workers].map((node) => node.ready()));
      const media = await client.upload(example);
      const { id } = await client.post<Job>('/v1/jobs', {
        kind: 'generate',
        mediaId: media.id,
        request: { label: 'cut off', seed: 7 },
      });
      const starts = async () =>
        (await readFile(journal, 'utf8').catch(() => ''))
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as { what: string; place: string });
      await expect.poll(async () => (await starts()).length, { timeout: 60_000 }).toBeGreaterThan(0);
      const [first] = await starts();
      ip('-n', first!.place, 'link', 'set', 'inside', 'down');

      await expect
        .poll(async () => (await client.json<Job>(`/v1/jobs/${id}`)).state, { timeout: 120_000 })
        .toBe('succeeded');
      const job = await client.json<Job>(`/v1/jobs/${id}`);
      expect(job.attempt).toBe(2);
      const places = (await starts()).filter(({ what }) => what === 'start').map(({ place }) => place);
      expect(places).toEqual([first!.place, names.find((name) => name !== first!.place)]);
      expect(job.files.map(({ kind }) => kind).sort()).toEqual(['sidecar', 'video', 'wav']);
      for (const file of job.files)
        expect(await client.sha256Of(`/v1/jobs/${id}/files/${file.id}`)).toBe(file.sha256);

      // the one that was cut off comes back, finds that the job is no longer its own, and changes nothing
      ip('-n', first!.place, 'link', 'set', 'inside', 'up');
      await new Promise((resolve) => setTimeout(resolve, 4000));
      expect(await client.json<Job>(`/v1/jobs/${id}`)).toEqual(job);
      const events = await client.eventsOf(id);
      expect(
        events.filter(({ event }) => event.type === 'job' && event.job.state === 'succeeded'),
      ).toHaveLength(1);
    } finally {
      await Promise.all([server, ...workers].map((node) => node.stop()));
      await postgres.stop();
    }
  });
});
