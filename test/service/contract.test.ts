/** @file What a client may say: every field of the one request is offered or kept back on purpose. */
import { describe, expect, it } from 'vitest';
import { foleyRequestSchema } from '../../src/foley/request.js';
import { publicRequestSchema, publicTrackSchema } from '../../src/service/contract.js';
import { contentDisposition, safeName, stemOf } from '../../src/service/download-name.js';
import { parseRange } from '../../src/service/http/byte-range.js';
import { Guard, type GuardedRequest, sessionCookie } from '../../src/service/http/guard.node.js';
import { jsonLog } from '../../src/service/log.js';
import { openApiDocument } from '../../src/service/openapi.js';
import { operations } from '../../src/service/operations.js';
import { ServiceError } from '../../src/service/service-error.js';

/** Paths of the server, addresses, and what belongs to its machine. */
const keptBack = [
  'video',
  'timing', // inline, in the order
  'outDir',
  'overwrite',
  'backbone',
  'frameAdapter',
  'temporalAdapter',
  'imageEncoder',
  'labelEncoder',
  'vocoder',
  'device',
  'threads',
  'memoryLimit',
  'cacheDir',
];

describe('the public request', () => {
  it('offers every field but those that name files or belong to the machine', () => {
    const all = Object.keys(foleyRequestSchema.shape).sort();
    expect([...Object.keys(publicRequestSchema.shape), ...keptBack].sort()).toEqual(all);
  });

  it('takes timings inline only', () => {
    expect(publicTrackSchema.safeParse({ label: 'a', timing: '/etc/passwd' }).success).toBe(false);
    expect(publicTrackSchema.safeParse({ label: 'a', timing: { spans: [] } }).success).toBe(true);
  });
});

describe('the OpenAPI document', () => {
  const document = openApiDocument('1.2.3');
  const text = JSON.stringify(document);

  it('is of version 3.1, names every operation once, and refers only to what it has', () => {
    expect(document.openapi).toBe('3.1.0');
    const ids = [...text.matchAll(/"operationId":"(\w+)"/g)].map((match) => match[1]);
    expect(ids.sort()).toEqual(Object.keys(operations).sort());
    const { schemas } = document.components as { schemas: Record<string, unknown> };
    for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
      expect(schemas).toHaveProperty(name!);
  });
});

describe('the guard', () => {
  const token = 'a-token-of-thirty-characters-x';
  const guard = new Guard({ hosts: new Set(['127.0.0.1', 'studio.example']), token });
  const asked = (headers: Record<string, string>, method = 'POST'): GuardedRequest => ({
    method,
    header: (name) => headers[name],
    remoteAddress: '10.0.0.1',
  });

  it('knows its hosts and its own pages', () => {
    expect(() => guard.checkOrigin(asked({ host: 'studio.example:8300' }))).not.toThrow();
    expect(() => guard.checkOrigin(asked({ host: 'studio.example.evil' }))).toThrow(ServiceError);
    expect(() => guard.checkOrigin(asked({}))).toThrow(ServiceError);
    const host = '127.0.0.1:8300';
    expect(() => guard.checkOrigin(asked({ host, origin: 'http://127.0.0.1:8300' }))).not.toThrow();
    expect(() => guard.checkOrigin(asked({ host, origin: 'http://127.0.0.1:9' }))).toThrow(ServiceError);
    expect(() => guard.checkOrigin(asked({ host, 'sec-fetch-site': 'same-site' }))).toThrow(ServiceError);
    const link = { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect(() => guard.checkOrigin(asked(link, 'GET'))).not.toThrow();
    expect(() => guard.checkOrigin(asked(link, 'POST'))).toThrow(ServiceError);
  });

  it('takes the token or a session of it, until that ends, and tells nothing of it', () => {
    expect(() => guard.checkToken(asked({}))).toThrow(ServiceError);
    expect(() => guard.checkToken(asked({ authorization: `Bearer ${token}x` }))).toThrow(ServiceError);
    const client = guard.checkToken(asked({ authorization: `Bearer ${token}` }));
    expect(client).not.toContain(token);
    const now = Date.parse('2026-01-01T00:00:00Z');
    const cookie = guard.sessionCookie(true, now);
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict; Secure$/);
    const sent = { cookie: `other=1; ${cookie.split(';')[0]}` };
    expect(guard.checkToken(asked(sent), now)).toBe(client);
    expect(() => guard.checkToken(asked(sent), now + 13 * 3600e3)).toThrow(ServiceError);
    const forged = { cookie: `${sessionCookie}=99999999999.${'0'.repeat(64)}` };
    expect(() => guard.checkToken(asked(forged), now)).toThrow(ServiceError);
  });
});

describe('ranges', () => {
  it.each([
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=5-', { start: 5, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-99', { start: 0, end: 9 }],
    ['bytes=2-99', { start: 2, end: 9 }],
    ['bytes=4-2', null],
    ['bytes=0-1,3-4', null],
    ['lines=0-1', null],
    [undefined, null],
  ])('%s of ten bytes', (header, range) => {
    expect(parseRange(header, 10)).toEqual(range);
  });
  it('outside are refused', () => {
    expect(() => parseRange('bytes=10-', 10)).toThrow(ServiceError);
    expect(() => parseRange('bytes=-0', 10)).toThrow(ServiceError);
  });
});

describe('names', () => {
  it('are tame, whatever was sent', () => {
    expect(safeName('../../a/b\\c:d*.mp4')).toBe('c_d_.mp4');
    expect(safeName('...')).toBe('clip');
    expect(safeName('.hidden')).toBe('hidden');
    expect(stemOf('hund läuft.mov')).toBe('hund läuft');
    expect(contentDisposition('attachment', 'hund "läuft".wav')).toBe(
      `attachment; filename="hund _la_uft_.wav"; filename*=UTF-8''hund%20%22l%C3%A4uft%22.wav`,
    );
  });
});

describe('the log (ASVS 16.2.5, 16.4.1)', () => {
  it('is one line each, without secrets', () => {
    const lines: string[] = [];
    const log = jsonLog((line) => lines.push(line), ['s3cr3t']);
    log.info('a\nb', {
      url: 'postgres://u:pass@h/d',
      token: 'x',
      note: 'has s3cr3t inside',
      deep: { cookie: 'y' },
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]!.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      url: 'postgres://u:***@h/d',
      token: '***',
      note: 'has *** inside',
      deep: { cookie: '***' },
    });
  });
});
