/** @file What the service refuses before any work: orders that do not fit, foreign hosts and origins, paths, too many streams. */
import { describe, expect, it } from 'vitest';
import * as contract from '../../../src/service/contract.js';
import { json, serveClip } from './served-clip.js';

const served = serveClip();

describe('orders are checked before work', () => {
  const post = async (body: unknown, headers: Record<string, string> = json) => {
    const response = await fetch(served.url('/v1/jobs'), {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return [response.status, (await response.json()).error] as const;
  };
  it.each([
    ['a path in the request', { request: { label: 'a', video: '/etc/passwd' } }, 'request.video'],
    ['a folder for results', { request: { label: 'a', outDir: '/tmp' } }, 'request.outDir'],
    ['a timing file', { request: { label: 'a' }, timing: '/etc/passwd' }, 'timing'],
    [
      'a timing file of a track',
      { request: { tracks: [{ label: 'a', timing: '/etc/passwd' }] } },
      'request.tracks.0.timing',
    ],
    [
      'a folder as model (ASVS 15.3.2: no addresses either)',
      { request: { label: 'a', model: '../../x' } },
      'request.model',
    ],
    ['an address as model', { request: { label: 'a', model: 'https://evil.example/m' } }, 'request.model'],
    ['a number out of range', { request: { label: 'a', guidance: 1e9 } }, 'request.guidance'],
    ['more takes than allowed', { request: { label: 'a', takes: 4 } }, 'request.takes'],
    ['an unknown field', { request: { label: 'a' }, shell: 'rm' }, 'shell'],
    ['a prototype', JSON.parse('{"request":{"label":"a"},"__proto__":{"x":1}}'), '__proto__'],
    ['an id that is a path', { mediaId: '../../../../etc/passwd' }, 'mediaId'],
  ])('refuses %s and names the field', async (_, more, field) => {
    const body = { kind: 'generate', mediaId: served.media.id, request: { label: 'a' }, ...more };
    // a member called __proto__ has to be written, since objects here swallow it
    const text =
      field === '__proto__' ? `{"__proto__":{"x":1},${JSON.stringify(body).slice(1)}` : JSON.stringify(body);
    const [status, error] = await post(text);
    expect([status, error.code, error.field]).toEqual([400, 'invalid-request', field]);
  });

  it('refuses bodies that are no JSON, too large, or of another type (ASVS 4.1.1, 2.2.1)', async () => {
    expect((await post('{'))[1]).toMatchObject({ code: 'invalid-request' });
    expect((await post(`"${'x'.repeat(1_100_000)}"`))[0]).toBe(413);
    expect((await post({}, { 'Content-Type': 'text/plain' }))[0]).toBe(415);
    expect((await post({}, { 'Content-Type': 'application/x-www-form-urlencoded' }))[0]).toBe(415);
  });

  it('refuses labels doubled', async () => {
    const doubled = { label: 'dog', tracks: [{ label: 'rain' }] };
    expect((await post({ kind: 'generate', mediaId: served.media.id, request: doubled }))[1]).toMatchObject({
      code: 'usage',
    });
  });
});

describe('guards on the wire', () => {
  it('answers to its own hosts only (DNS rebinding)', async () => {
    const answer = await served.raw(
      'GET /v1/jobs HTTP/1.1\r\nHost: rebound.example\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toContain(' 403 ');
    expect(
      await served.raw('GET /healthz HTTP/1.1\r\nHost: localhost:1\r\nConnection: close\r\n\r\n'),
    ).toContain(' 200 ');
  });

  it('refuses posts of other sites (ASVS 3.5.1)', async () => {
    for (const headers of [
      { Origin: 'https://evil.example' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { Origin: 'null' },
    ]) {
      const response = await fetch(served.url('/v1/jobs'), {
        method: 'POST',
        headers: { ...json, ...headers } as Record<string, string>,
        body: '{}',
      });
      expect(response.status).toBe(403);
    }
  });

  it('does not follow paths out of its tree', async () => {
    for (const path of [
      '/../../etc/passwd',
      '/v1/media/..%2f..%2fetc%2fpasswd/file',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/v1/jobs/%00',
    ]) {
      const answer = await served.raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(answer).not.toContain('root:');
    }
  });

  it('sends the headers that keep pages apart with every answer (ASVS 3.4)', async () => {
    for (const path of ['/healthz', '/v1/jobs', '/nothing']) {
      const { headers } = await fetch(served.url(path));
      expect(headers.get('content-security-policy')).toContain("default-src 'self'");
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('server')).toBeNull();
      expect(headers.get('cache-control')).toContain('no-store');
    }
  });

  it('says what is wrong in one form, with the id that is in the log', async () => {
    const response = await fetch(served.url('/v1/jobs'), { method: 'PUT' });
    const { error } = contract.errorBodySchema.parse(await response.json());
    expect([response.status, error.code]).toEqual([405, 'method-not-allowed']);
    expect(error.requestId).toBe(response.headers.get('request-id'));
  });

  it('opens no more event streams for one client than allowed', async () => {
    const open = new AbortController();
    // held on to: the stream of an answer that is garbage is closed, and makes room
    const answers: Response[] = [];
    for (let at = 0; at < 102; at++)
      answers.push(await fetch(served.url('/v1/events'), { signal: open.signal }));
    const statuses = answers.map(({ status }) => status);
    open.abort();
    expect(statuses.slice(0, 100).every((status) => status === 200)).toBe(true);
    expect(statuses.slice(100)).toEqual([429, 429]);
  });
});
