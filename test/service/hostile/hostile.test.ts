/** @file The service under hostile input: fuzzed requests, bytes that are no HTTP, bombs, and the named points of ASVS 5.0. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ServiceRefusal } from '../../../src/service/client.js';
import type { JobOrderInput, Media } from '../../../src/service/contract.js';
import { errorBodySchema } from '../../../src/service/contract.js';
import { jsonLog } from '../../../src/service/log.js';
import { routes } from '../../../src/service/paths.js';
import { examplePath, startTestService, type TestService, uploadExample } from '../harness.js';
import { fuzzedRequest, seededRandom } from './fuzzed-requests.js';
import { RawAsker, sendBytes } from './raw-requests.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let running: TestService;
let media: Media;
let asker: RawAsker;
const log: string[] = [];
const token = 'a-token-that-nobody-could-guess';

beforeAll(async () => {
  running = await startTestService({
    token,
    workers: 1,
    limits: {
      queuedJobsPerClient: 20,
      openUploadsPerClient: 8,
      streamsPerClient: 1000,
      pixelsPerFrame: 1920 * 1080,
    },
    log: jsonLog((line) => log.push(line), [token]),
  });
  media = await uploadExample(running.client);
  asker = new RawAsker(running.service.port);
});
afterAll(async () => {
  asker?.close();
  await running.close();
});

const bearer = { host: 'localhost', authorization: `Bearer ${token}` };
const json = { ...bearer, 'content-type': 'application/json' };
const order = (more: object = {}): JobOrderInput => ({
  kind: 'generate',
  mediaId: media.id,
  request: { label: 'dog', seed: 1, steps: 2 },
  ...more,
});
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  asker.ask({
    method: 'POST',
    path,
    headers: { ...json, ...headers },
    body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  });

/** Alive means more than an open port: it answers, and it does work. */
async function assertAlive(): Promise<void> {
  expect((await asker.ask({ method: 'GET', path: '/readyz', headers: bearer })).status).toBe(200);
  const { id } = await running.client.submit(order());
  expect((await running.client.finished(id)).state).toBe('succeeded');
}

describe('ten thousand fuzzed requests', () => {
  it('are each refused in words, or answered; none is a failure of the server, and it stays alive', async () => {
    const random = seededRandom(20_261_123);
    const templates = Object.values(routes);
    const counts = new Map<number, number>();
    const faults: string[] = [];
    let left = 10_000;
    const lane = async (): Promise<void> => {
      while (left-- > 0) {
        const request = fuzzedRequest(random, templates, [media.id], order());
        const headers =
          random() < 0.8 ? { authorization: `Bearer ${token}`, ...request.headers } : request.headers!;
        const answer = await asker.ask({ ...request, headers }).catch((error: Error) => error);
        const about = `${request.method} ${request.path.slice(0, 200)} ${JSON.stringify(request.headers).slice(0, 300)}`;
        if (answer instanceof Error) {
          // the server hangs up on a body that it has refused, which can reach us before its answer does
          if (!/ECONNRESET|EPIPE|socket hang up/.test(answer.message))
            faults.push(`${about}: ${answer.message}`);
          counts.set(0, (counts.get(0) ?? 0) + 1);
          continue;
        }
        counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
        if (answer.status >= 500 && answer.status !== 503)
          faults.push(`${about}: ${answer.status} ${answer.text.slice(0, 300)}`);
        if (
          answer.status >= 400 &&
          answer.text !== '' &&
          !isClearError(answer.text, answer.headers['content-type'])
        )
          faults.push(`${about}: ${answer.status} without words: ${answer.text.slice(0, 200)}`);
        if (answer.text.includes(running.dataDir) || /\bat .*\.(?:ts|js):\d+/.test(answer.text))
          faults.push(`${about}: tells of the inside: ${answer.text.slice(0, 300)}`);
      }
    };
    await Promise.all(Array.from({ length: 16 }, lane));
    expect(faults.slice(0, 5)).toEqual([]);
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    expect(total).toBe(10_000);
    // hang-ups are the exception
    expect(counts.get(0) ?? 0).toBeLessThan(500);
    expect(counts.get(400)).toBeGreaterThan(200);
    expect(counts.get(403)).toBeGreaterThan(200);
    await assertAlive();
  });

  it('and bytes that are no HTTP at all end in 400 or a closed line', async () => {
    const random = seededRandom(7);
    const cases = [
      'GET / HTTP/9.9\r\n\r\n',
      'GET /v1/jobs HTTP/1.1\r\n\r\n',
      'POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n',
      'POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZZZ\r\n',
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
      `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      'GET / HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n\r\n',
      '\u0016\u0003\u0001\u0000\u00a5\u0001\u0000\u0000\u00a1\u0003\u0003',
      ...Array.from({ length: 40 }, () =>
        Buffer.from(Array.from({ length: 200 }, () => Math.floor(random() * 256))),
      ),
    ];
    const answers = await Promise.all(cases.map((bytes) => sendBytes(running.service.port, bytes)));
    for (const answer of answers) expect(answer).toMatch(/^$|^HTTP\/1\.1 4\d\d /);
    await assertAlive();
  });
});

function isClearError(text: string, type: string | undefined): boolean {
  if (!type?.startsWith('application/json')) return false;
  const parsed = errorBodySchema.safeParse(JSON.parse(text));
  return parsed.success && parsed.data.error.code !== '' && parsed.data.error.message !== '';
}

describe('bombs', () => {
  it('ASVS 5.2.3: a compressed body is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000, ' '));
    const before = process.memoryUsage().rss;
    const answer = await post('/v1/jobs', bomb, { 'content-encoding': 'gzip' });
    expect([400, 413, 415]).toContain(answer.status);
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
  });

  it('ASVS 5.2.6: pictures of more pixels than allowed are refused before any is decoded', async () => {
    const small = await startTestService({
      workers: 0,
      limits: { pixelsPerFrame: 320 * 200, durationSeconds: 600 },
    });
    try {
      const refusal = await uploadExample(small.client).catch((error: ServiceRefusal) => error);
      expect(refusal).toMatchObject({
        status: 422,
        code: 'limit-exceeded',
        message: expect.stringContaining('pixels'),
      });
      expect(await small.client.listMedia()).toEqual([]);
      expect(await readdir(join(small.dataDir, 'uploads'))).toEqual([]);
    } finally {
      await small.close();
    }
  });

  it('clips that lie about their sizes are refused, in time and memory, and the service lives on', async () => {
    const clip = await readFile(examplePath);
    const lies: [name: string, change: (bytes: Buffer) => void][] = [
      [
        'a sample table of four thousand million entries',
        (bytes) => bytes.writeUInt32BE(0xffffffff, bytes.indexOf('stsz') + 12),
      ],
      [
        'a box that is longer than the file',
        (bytes) => bytes.writeUInt32BE(0x7fffffff, bytes.indexOf('moov') - 4),
      ],
      ['a box of no length', (bytes) => bytes.writeUInt32BE(0, bytes.indexOf('trak') - 4)],
      [
        'times of four thousand million runs',
        (bytes) => bytes.writeUInt32BE(0xffffffff, bytes.indexOf('stts') + 8),
      ],
      ['a track that lasts a hundred years', (bytes) => bytes.writeUInt32BE(1, bytes.indexOf('mvhd') + 16)],
      [
        'chunks far behind the end',
        (bytes) => bytes.fill(0xff, bytes.indexOf('stco') + 12, bytes.indexOf('stco') + 60),
      ],
    ];
    for (const [name, change] of lies) {
      const bytes = Buffer.from(clip);
      change(bytes);
      const startedMs = performance.now();
      const outcome = await running.client.upload(new Blob([bytes]), 'lie.mp4').then(
        () => 'accepted',
        (error: ServiceRefusal) => error.code,
      );
      // whatever it is taken for, it is not a failure of the server; a minute is what the child may take
      expect(['accepted', 'input-rejected', 'limit-exceeded', 'engine-failed'], name).toContain(outcome);
      expect(performance.now() - startedMs, name).toBeLessThan(90_000);
    }
    await assertAlive();
  });
});

describe('ASVS 5.0', () => {
  it('1.2.5, 1.5.2: what looks like a command or an object is text, and is kept as text', async () => {
    const label = '$(touch /tmp/owned); `id`';
    const { id } = await running.client.submit(order({ request: { label, seed: 1 } }));
    const job = await running.client.finished(id);
    expect(job.order).toMatchObject({ request: { label } });
    expect(job.commandLine).toContain(`'${label}'`);
    await expect(readFile('/tmp/owned')).rejects.toThrow('ENOENT');
  });

  it.each([
    ['a model by path', { request: { label: 'dog', model: '/etc' } }],
    ['a model by address', { request: { label: 'dog', model: 'http://169.254.169.254/' } }],
    ['a clip by path', { request: { label: 'dog', video: '/etc/passwd' } }],
    ['a clip by address', { mediaId: 'http://169.254.169.254/' }],
    ['an output folder', { request: { label: 'dog', outDir: '/tmp' } }],
    ['a cache folder', { request: { label: 'dog', cacheDir: '/tmp' } }],
    ['a timing file', { request: { label: 'dog' }, timing: '/etc/passwd' }],
    ["a track's timing file", { request: { tracks: [{ label: 'dog', timing: '/etc/passwd' }] } }],
    ['weights by path', { request: { label: 'dog', backbone: '/etc/passwd' } }],
  ])('1.3.6, 5.3.2: no order names a file or an address: %s', async (_, more) => {
    const answer = await post('/v1/jobs', order(more));
    expect(answer.status).toBe(400);
    expect(errorBodySchema.parse(JSON.parse(answer.text)).error.message).not.toContain('root:');
  });

  it('15.3.3: fields that are not offered are refused, not taken over', async () => {
    for (const field of ['state', 'client', 'attempt', 'queue_id', 'files'])
      expect((await post('/v1/jobs', { ...order(), [field]: 'x' })).status).toBe(400);
  });

  it('15.3.6: no field changes the prototype of anything', async () => {
    const text = JSON.stringify(order()).replace(
      '{',
      '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"x":1}},',
    );
    const answer = await post('/v1/jobs', text);
    expect(answer.status).toBe(400);
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it('2.4.1, 15.2.2: one client cannot fill the queue', async () => {
    const slow = await startTestService({ workers: 0, limits: { queuedJobsPerClient: 3 } });
    try {
      const clip = await uploadExample(slow.client);
      const submit = () =>
        slow.client.submit({ kind: 'generate', mediaId: clip.id, request: { label: 'dog' } });
      const jobs = [await submit(), await submit(), await submit()];
      await expect(submit()).rejects.toMatchObject({ status: 429, code: 'too-many' });
      await slow.client.cancel(jobs[0]!.id);
      await submit();
    } finally {
      await slow.close();
    }
  });

  it('3.2.1, 5.4.1, 5.4.2: what was uploaded is never shown as a page, and names are written so that they cannot break out', async () => {
    const name = '"><script>.mp4\r\nX-Evil: 1; ü.html';
    const upload = await running.client.upload(new Blob([await readFile(examplePath)]), name);
    const answer = await asker.ask(
      { method: 'GET', path: `/v1/media/${upload.id}/file`, headers: bearer },
      10_000_000,
    );
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^video\//);
    expect(answer.headers['x-evil']).toBeUndefined();
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    const disposition = String(answer.headers['content-disposition'] ?? '');
    expect(disposition).not.toMatch(/[\r\n]|<script>|filename="[^"]*"[^;]*"/);
  });

  it.each([
    [
      '3.5.1, 3.5.3: a form of another site',
      { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' },
    ],
    [
      '3.5.2: a post that needs no preflight',
      { 'sec-fetch-site': 'cross-site', 'content-type': 'text/plain' },
    ],
    ['3.5.8: a picture on another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['a sister site', { 'sec-fetch-site': 'same-site' }],
    ['DNS rebinding', { host: 'rebound.example', 'sec-fetch-site': 'same-origin' }],
    ['DNS rebinding with our name in front', { host: 'localhost.rebound.example' }],
  ])('%s is refused, also with the token', async (_, headers) => {
    for (const method of ['GET', 'POST']) {
      const request = {
        method,
        path: '/v1/jobs',
        headers: { ...json, ...headers },
        ...(method === 'POST' ? { body: JSON.stringify(order()) } : {}),
      };
      const answer = await asker.ask(request);
      expect(answer.status).toBe(403);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('3.4.2: no origin is let in by CORS', async () => {
    const answer = await asker.ask({
      method: 'OPTIONS',
      path: '/v1/jobs',
      headers: { ...bearer, origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('4.1.4: methods that nobody offers are refused', async () => {
    for (const method of ['TRACE', 'PUT', 'PROPFIND'])
      expect((await asker.ask({ method, path: '/v1/jobs', headers: bearer })).status).toBe(405);
  });

  it('4.2.1: a request in a request is not seen', async () => {
    const inner = `GET /v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    const both = `POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`;
    const answer = await sendBytes(running.service.port, both);
    expect(answer.match(/HTTP\/1\.1 /g) ?? []).toHaveLength(1);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('13.4.2, 13.4.3, 13.4.5: no lists of folders, no debugging, no inside on show', async () => {
    for (const path of [
      '/v1',
      '/v1/',
      '/files',
      '/results',
      '/.git/config',
      '/package.json',
      '/database',
      '/debug',
      '/v1/jobs/',
      '/assets/',
    ])
      expect([404, 405], path).toContain((await asker.ask({ method: 'GET', path, headers: bearer })).status);
  });

  it('15.2.5: clips are read in another process', async () => {
    // a clip that ends the process that reads it would end this one, if it were read here; see run-order and upload-store
    const broken = Buffer.from(await readFile(examplePath));
    broken.fill(0xff, 40, 4000);
    await running.client.upload(new Blob([broken]), 'broken.mp4').catch((error: ServiceRefusal) => {
      expect(error.status).toBeLessThan(500);
    });
    await assertAlive();
  });

  it('16.2.5, 16.4.1: the log holds no token, and no line that somebody else wrote', async () => {
    await asker.ask({
      method: 'GET',
      path: '/v1/jobs?x=%0a{"level":"error"}',
      headers: { ...bearer, 'user-agent': 'x' },
    });
    await running.client.submit(
      order({ request: { label: 'dog\n{"level":"error","event":"forged"}', seed: 1 } }),
    );
    expect(log.join('')).not.toContain(token);
    for (const line of log) {
      expect(line.endsWith('\n') && line.indexOf('\n') === line.length - 1).toBe(true);
      expect(JSON.parse(line)).toHaveProperty('event');
    }
    expect(log.some((line) => (JSON.parse(line) as { event: string }).event === 'forged')).toBe(false);
  });

  it('16.5.1, 16.5.3, 16.5.4: without the token there is nothing to learn', async () => {
    for (const path of [
      '/v1/jobs',
      '/v1/media',
      `/v1/media/${media.id}`,
      '/v1/schema',
      '/v1/events',
      '/metrics',
    ]) {
      const answer = await asker.ask({ method: 'GET', path, headers: { host: 'localhost' } });
      expect(answer.status, path).toBe(401);
      expect(answer.text, path).not.toContain(media.id);
    }
    for (const authorization of [
      'Bearer ',
      'Bearer x',
      `Basic ${Buffer.from(`x:${token}`).toString('base64')}`,
      `Bearer ${token}x`,
    ])
      expect(
        (await asker.ask({ method: 'GET', path: '/v1/jobs', headers: { host: 'localhost', authorization } }))
          .status,
      ).toBe(401);
  });
});
