/** @file Orders over HTTP are checked before any work. */
import { describe, expect, it } from 'vitest';
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
