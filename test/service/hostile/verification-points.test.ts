/** @file Points of ASVS 5.0 that hold for the service as it stands, by their numbers; the others are in hostile.test.ts. */
import { readFile, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { foleyRequestSchema } from '../../../src/foley/request.js';
import { requestFields } from '../../../src/foley/request-fields.js';
import { errorBodySchema, type Media } from '../../../src/service/contract.js';
import { serviceLimitsSchema } from '../../../src/service/limits.js';
import { pathTo } from '../../../src/service/paths.js';
import { eventually, startTestService, type TestService, uploadExample } from '../harness.js';
import { LocalPostgres, postgresPrograms } from '../kill/local-postgres.js';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const textOf = (path: string) =>
  readFile(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8');
let running: TestService;
let media: Media;
const url = (path: string) => `${running.service.url}${path}`;
const order = (request: object) => ({
  kind: 'generate',
  mediaId: media.id,
  request: { label: 'dog', ...request },
});
const submit = (body: object, headers: Record<string, string> = {}) =>
  fetch(url('/v1/jobs'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

beforeAll(async () => {
  running = await startTestService();
  media = await uploadExample(running.client);
});
afterAll(() => running.close());

/** Where the arguments of `connect` lead: (port, host), (options), or [options] as node's own modules call it. */
function hostOf(given: readonly unknown[]): string {
  const [first, second] = Array.isArray(given[0]) ? given[0] : given;
  if (typeof first === 'number') return typeof second === 'string' ? second : 'localhost';
  const { host, path } = first as { host?: string; path?: string };
  return path === undefined || path === null ? (host ?? 'localhost') : 'a socket of this machine';
}

describe('ASVS 5.0', () => {
  it('2.2.2: ranges are checked by the service, whatever the page has checked', async () => {
    const numbers = requestFields(foleyRequestSchema).filter(
      ({ kind, maximum }) => (kind === 'number' || kind === 'integer') && maximum !== null,
    );
    expect(numbers.length).toBeGreaterThan(10);
    for (const { name, maximum } of numbers) {
      const answer = await submit(order({ [name]: maximum! + 1 }));
      const { error } = errorBodySchema.parse(await answer.json());
      expect([name, answer.status], error.message).toEqual([name, 400]);
    }
  });

  it('3.4.3, 3.4.4, 3.4.5, 3.4.6, 3.4.8: every answer keeps its page to itself', async () => {
    for (const path of ['/healthz', '/v1/jobs', '/nothing', pathTo('mediaFile', { mediaId: media.id })]) {
      const { headers, body } = await fetch(url(path));
      await body?.cancel();
      expect(headers.get('content-security-policy'), path).toMatch(
        /default-src .*object-src 'none'|default-src 'self'/,
      );
      expect(headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'");
      expect(headers.get('x-content-type-options'), path).toBe('nosniff');
      expect(headers.get('referrer-policy'), path).toBe('no-referrer');
      expect(headers.get('cross-origin-opener-policy'), path).toBe('same-origin');
    }
  });

  it('5.1.1: what may be sent, and how much, is written down', async () => {
    const text = await textOf('docs/service.md');
    for (const kind of ['MP4', 'MOV', 'WebM', 'MKV']) expect(text).toContain(kind);
    expect(serviceLimitsSchema.parse({}).uploadBytes).toBe(2 * 1024 ** 3);
    expect(text).toContain('2 GiB');
  });

  it('5.3.1: what was sent comes back as a clip, never as a page or a program', async () => {
    const named = await uploadExample(running.client, 'page.html.php');
    const answer = await fetch(url(pathTo('mediaFile', { mediaId: named.id })));
    await answer.body?.cancel();
    expect(answer.headers.get('content-type')).toBe('video/mp4');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('5.3.3: names inside an archive are not followed, since no archive is taken', async () => {
    const name = Buffer.from('../../escaped.txt');
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(name.length, 26);
    const archive = new Blob([Buffer.concat([header, name])]);
    await expect(running.client.upload(archive, 'clip.mp4')).rejects.toThrow(/not a video file/);
    for (const folder of [running.dataDir, dirname(running.dataDir), dirname(dirname(running.dataDir))])
      await expect(stat(join(folder, 'escaped.txt'))).rejects.toThrow('ENOENT');
  });

  it('13.2.4: work opens no connection to anywhere but this machine', async () => {
    const hosts = new Set<string>();
    const connect = Socket.prototype.connect;
    const spy = vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (
      this: Socket,
      ...given: unknown[]
    ) {
      hosts.add(hostOf(given));
      return (connect as (...all: unknown[]) => Socket).apply(this, given);
    });
    try {
      new Socket().connect(running.service.port, '127.0.0.1').destroy(); // so that the watching is seen to work
      const { id } = await running.client.submit({
        kind: 'generate',
        mediaId: media.id,
        request: { label: 'dog' },
      });
      expect((await running.client.finished(id)).state).toBe('succeeded');
    } finally {
      spy.mockRestore();
    }
    expect(hosts).toContain('127.0.0.1');
    for (const host of hosts) expect(['127.0.0.1', 'localhost', 'a socket of this machine']).toContain(host);
  });

  it('15.1.2: every dependency is pinned and stands in the inventory with its digest', async () => {
    const { dependencies } = JSON.parse(await textOf('package.json'));
    const { packages } = JSON.parse(await textOf('package-lock.json'));
    for (const [name, version] of Object.entries(dependencies)) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(packages[`node_modules/${name}`]).toMatchObject({
        version,
        integrity: expect.stringMatching(/^sha512-/),
      });
    }
  });

  it('15.1.3: every limit on what costs much is an option that its help describes', async () => {
    for (const [name, schema] of Object.entries(serviceLimitsSchema.shape))
      expect(schema.description, name).toMatch(/\w+ \w+/);
    expect(await textOf('docs/service.md')).toMatch(/Every limit is an option/);
  });

  it('15.4.2: two who finish the same thing at once get it once', async () => {
    const key = { 'idempotency-key': 'the-same-key' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => submit(order({ steps: 3 }), key)));
    const ids = await Promise.all(
      answers.map(async (answer) => ((await answer.json()) as { id: string }).id),
    );
    expect(new Set(ids).size).toBe(1);
    expect(answers.every(({ status }) => status < 300)).toBe(true);
  });

  it.skipIf(postgresPrograms() === null)(
    '16.5.2: a database that is gone is said to be gone, and taken up again when it is back (needs PostgreSQL)',
    async () => {
      const postgres = await LocalPostgres.create();
      const other = await startTestService({ databaseUrl: postgres.url });
      try {
        const ready = async () => (await fetch(`${other.service.url}/readyz`)).status;
        expect(await ready()).toBe(200);
        postgres.kill('server', Math.random);
        expect(await eventually(ready, (status) => status === 503)).toBe(503);
        expect((await fetch(`${other.service.url}/healthz`)).status).toBe(200);
        const refused = await fetch(`${other.service.url}/v1/jobs`);
        expect(refused.status).toBe(503);
        expect(JSON.stringify(await refused.json())).not.toContain('postgres://');
        await postgres.start();
        expect(await eventually(ready, (status) => status === 200)).toBe(200);
      } finally {
        await other.close();
        await postgres.stop();
      }
    },
  );
});
