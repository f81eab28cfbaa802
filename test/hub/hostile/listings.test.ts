/** @file A hub whose listings name unsafe files, lie about sizes, or never end. */
import { describe, expect, it } from 'vitest';
import { rejectionOf, repository, useHub } from '../hub-fixture.js';
import { sendJson, treeOf } from '../hub-server.js';
import { listing, pullWith, sends } from './mischief.js';

const hub = useHub();

describe('listings', () => {
  const entry = { type: 'file', oid: 'c'.repeat(40), size: 1, path: 'a' };
  it.each([
    '../../../escape',
    '/etc/passwd',
    'a/../../b',
    'a//b',
    './a',
    'a/',
    'C:\\windows',
    'a\\b',
    'a\u0000b',
    'a\nb',
    'con',
    'a/nul.bin',
    'a.',
    'a\u202ebin',
    'x'.repeat(300),
    '',
  ])('with the file %j are refused', async (path) => {
    const thrown = await pullWith(hub(), '/tree/', listing([{ ...entry, path }]));
    expect(thrown).toMatchObject({ code: 'weights-invalid', message: expect.stringContaining('not safe') });
  });

  it.each<[string, unknown]>([
    ['a size below 0', [{ ...entry, size: -1 }]],
    ['a size that is no number', [{ ...entry, size: '1' }]],
    ['a size beyond all models', [{ ...entry, size: 2 ** 50 }]],
    ['a hash that is none', [{ ...entry, oid: '../../x' }]],
    ['an LFS hash that is none', [{ ...entry, lfs: { oid: '../../x', size: 1 } }]],
    ['a file twice', [entry, entry]],
    ['no list', { error: 'x' }],
    ['an unknown type', [{ ...entry, type: 'link' }]],
  ])('with %s are refused', async (_, value) => {
    expect(await pullWith(hub(), '/tree/', (response) => sendJson(response, 200, value))).toMatchObject({
      code: 'network-failed',
    });
  });

  it('that are huge are cut off', async () => {
    const thrown = await pullWith(hub(), '/tree/', (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(Buffer.alloc(9 * 2 ** 20, ' '));
    });
    expect(thrown).toMatchObject({ code: 'limit-exceeded', message: expect.stringContaining('larger than') });
  });

  it('that never end are cut off', async () => {
    let page = 0;
    const thrown = await pullWith(hub(), '/tree/', (response) =>
      sendJson(response, 200, [{ ...entry, path: `file-${page}` }], {
        link: `</api/models/${repository.id}/tree/${repository.commit}?cursor=${page++}>; rel="next"`,
      }),
    );
    expect(thrown).toMatchObject({ code: 'limit-exceeded', message: expect.stringContaining('50 pages') });
  });

  it('that go on at another host are not followed', async () => {
    const { server } = hub();
    const thrown = await pullWith(hub(), '/tree/', (response) =>
      sendJson(response, 200, [entry], { link: `<${server.storage}/more>; rel="next"` }),
    );
    expect(thrown).toMatchObject({
      code: 'network-failed',
      message: expect.stringContaining('another host'),
    });
    expect(server.seen.some(({ host }) => server.storage.endsWith(host))).toBe(false);
  });

  it('in several pages are put together', async () => {
    const { server, pull } = hub();
    const entries = treeOf(repository);
    server.mischief = (_, response, url) => {
      if (!url.pathname.includes('/tree/')) return false;
      const at = Number(url.searchParams.get('cursor') ?? 0);
      const more = at + 2 < entries.length;
      const next = `${server.endpoint}${url.pathname}?recursive=true&cursor=${at + 2}`;
      sendJson(response, 200, entries.slice(at, at + 2), more ? { link: `<${next}>; rel="next"` } : {});
      return true;
    };
    expect((await pull())[0]!.files).toHaveLength(4);
  });

  it('of a login page are named as one', async () => {
    const thrown = await pullWith(
      hub(),
      '/api/',
      sends(new TextEncoder().encode('<html>'), { 'content-type': 'text/html' }),
    );
    expect(thrown).toMatchObject({ code: 'network-failed', hint: expect.stringContaining('login page') });
  });

  it('for another commit than was asked for are refused', async () => {
    const { pull, server } = hub();
    server.mischief = (_, response, url) => {
      if (!url.pathname.includes('/revision/')) return false;
      sendJson(response, 200, { sha: 'b'.repeat(40) });
      return true;
    };
    expect(await rejectionOf(pull(repository.id, { revision: repository.commit }))).toMatchObject({
      message: expect.stringContaining('another commit'),
    });
  });
});
