/** @file What guards the service on the wire: hosts, origins, paths, headers, errors in one form, streams without number. */
import { describe, expect, it } from 'vitest';
import * as contract from '../../../src/service/contract.js';
import { json, serveClip } from './served-clip.js';

const served = serveClip();

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
