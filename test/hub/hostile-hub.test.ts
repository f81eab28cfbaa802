/** @file A hub that lies, sends elsewhere, trickles or floods: each gets its own error, and nothing wrong gets a name. */

import { readdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../src/hub/cache-layout.js';
import { requestFromHub } from '../../src/hub/hub-request.node.js';
import { openHubClient, readHubSettings } from '../../src/hub/index.js';
import { rejectionOf, repository, token, useHub, weights } from './hub-fixture.js';
import { sendJson, sha256Of, treeOf } from './hub-server.js';

const hub = useHub();
const weightsPath = `/${sha256Of(weights)}`;
const weightsBlob = join(layoutOf(repository.id).folder, 'blobs', sha256Of(weights));

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** Answers requests whose path holds `part` with `answer`, then pulls. */
async function pullWith(
  part: string,
  answer: Answer,
  options: { stallSeconds?: number } = {},
): Promise<unknown> {
  const { server, pull } = hub();
  server.mischief = (request, response, url) => {
    if (!url.pathname.includes(part)) return false;
    answer(response, request);
    return true;
  };
  return rejectionOf(pull(repository.id, options));
}

const sends =
  (bytes: Uint8Array, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(200, headers);
    response.end(bytes);
  };
const redirects =
  (location: string): Answer =>
  (response) => {
    response.writeHead(302, { location });
    response.end();
  };
const listing =
  (entries: readonly unknown[]): Answer =>
  (response) =>
    sendJson(response, 200, entries);

describe('content', () => {
  const damaged = weights.slice();
  damaged[1234]! ^= 1;
  it.each<[string, Answer, object]>([
    ['wrong bytes', sends(damaged), { code: 'weights-invalid', message: expect.stringContaining('SHA-256') }],
    ['too many bytes', sends(new Uint8Array(weights.length + 1)), { code: 'weights-invalid' }],
    [
      'endless bytes',
      (response) => {
        response.writeHead(200);
        const more = (): void => {
          while (!response.destroyed && response.write(new Uint8Array(65536)));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      },
      { code: 'weights-invalid', message: expect.stringContaining('larger than the 300000 bytes') },
    ],
    [
      'another announced size',
      sends(weights.subarray(1), { 'content-length': '299999' }),
      { code: 'weights-invalid', message: expect.stringContaining('announces 299999') },
    ],
    [
      'a web page',
      sends(new TextEncoder().encode('<html>'), { 'content-type': 'text/html; charset=utf-8' }),
      { code: 'network-failed', message: expect.stringContaining('web page') },
    ],
  ])('%s are not kept', async (_, answer, error) => {
    expect(await pullWith(weightsPath, answer)).toMatchObject(error);
    expect(await readdir(join(hub().cacheFolder, weightsBlob, '..'))).not.toContain(sha256Of(weights));
    await expect(readdir(join(hub().cacheFolder, layoutOf(repository.id).folder, 'refs'))).rejects.toThrow();
  });

  it('wrong bytes of a small file are told from right ones, too', async () => {
    const thrown = await pullWith('/config.json', sends(new TextEncoder().encode('{"a":2}')));
    expect(thrown).toMatchObject({ code: 'weights-invalid' });
  });

  it('another ETag or commit than listed stops the download at once', async () => {
    const headers = { location: hub().server.storage };
    const answers: [Record<string, string>, string][] = [
      [{ 'x-linked-etag': `"${'0'.repeat(64)}"` }, 'ETag'],
      [{ 'x-repo-commit': 'b'.repeat(40) }, 'another commit'],
    ];
    for (const [extra, word] of answers) {
      const thrown = await pullWith('model.safetensors', (response) => {
        response.writeHead(200, { ...headers, ...extra });
        response.end(weights);
      });
      expect(thrown).toMatchObject({ code: 'weights-invalid', message: expect.stringContaining(word) });
    }
  });

  it('a range that does not fit is not used', async () => {
    const { server, pull } = hub();
    let answers = 0;
    server.mischief = (request, response, url) => {
      if (url.pathname !== weightsPath || answers++ > 1) return false;
      if (request.headers.range === undefined) {
        response.writeHead(200);
        response.end(weights.subarray(0, 1000)); // ends early
      } else {
        response.writeHead(206, { 'content-range': `bytes 0-${weights.length - 1}/${weights.length}` });
        response.end(weights);
      }
      return true;
    };
    await pull();
    expect(server.seen.filter(({ path }) => path === weightsPath).map(({ range }) => range)).toEqual([
      undefined,
      'bytes=1000-',
      undefined,
    ]);
  });
});

describe('pace', () => {
  it('a transfer that trickles is given up', async () => {
    const timers: NodeJS.Timeout[] = [];
    const thrown = await pullWith(
      weightsPath,
      (response) => {
        response.writeHead(200);
        timers.push(setInterval(() => response.write('x'), 10));
        response.on('close', () => timers.forEach(clearInterval));
      },
      { stallSeconds: 0.15 },
    );
    expect(thrown).toMatchObject({
      code: 'network-failed',
      message: expect.stringContaining('stopped sending'),
    });
  });

  it('an answer that never comes is given up', async () => {
    const thrown = await pullWith('/api/', () => {}, { stallSeconds: 0.1 });
    expect(thrown).toMatchObject({
      code: 'network-failed',
      message: expect.stringContaining('did not answer'),
    });
    expect(hub().waits).toEqual([1, 2, 4, 8, 16]);
  });

  it.each([500, 502, 503, 504, 408])('%i is tried again', async (status) => {
    const { server, pull, waits } = hub();
    let left = 2;
    server.mischief = (_, response) => {
      if (left-- <= 0) return false;
      sendJson(response, status, {});
      return true;
    };
    await pull();
    expect(waits).toEqual([1, 2]);
  });

  it('429 waits as long as the hub says, and not for ever', async () => {
    const { server, pull, waits } = hub();
    let retryAfter = '7';
    let left = 1;
    server.mischief = (_, response) => {
      if (left-- <= 0) return false;
      sendJson(response, 429, {}, { 'retry-after': retryAfter });
      return true;
    };
    await pull();
    expect(waits).toEqual([7]);
    retryAfter = '86400';
    left = 1;
    expect(await rejectionOf(pull())).toMatchObject({
      code: 'network-failed',
      hint: expect.stringContaining('86400 s'),
    });
    expect(waits).toEqual([7]);
  });

  it('a hub that is not there is tried three times', async () => {
    const { server, pull, waits } = hub();
    await server.close();
    server.close = async () => {};
    expect(await rejectionOf(pull())).toMatchObject({
      code: 'network-failed',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    expect(waits).toEqual([1, 2]);
  });
});

describe('redirects', () => {
  it('in a circle end', async () => {
    const thrown = await pullWith('/resolve/', (response, request) =>
      redirects(request.url!)(response, request),
    );
    expect(thrown).toMatchObject({ code: 'network-failed', message: expect.stringContaining('more than 8') });
  });

  it.each(['file:///etc/passwd', 'ftp://127.0.0.1/a', 'data:text/plain,a'])(
    'to %s are not followed',
    async (to) => {
      expect(await pullWith('/resolve/', redirects(to))).toMatchObject({
        code: 'network-failed',
        message: expect.stringContaining('not followed'),
      });
    },
  );

  it('to an address that is none are named', async () => {
    expect(await pullWith('/resolve/', redirects('http://'))).toMatchObject({
      message: expect.stringContaining('to nowhere'),
    });
  });

  it('from https to http are not followed', async () => {
    const settings = { ...readHubSettings({}), endpoint: 'https://hub.example' };
    const fetchPage: typeof fetch = async () =>
      new Response(null, { status: 302, headers: { location: 'http://hub.example/a' } });
    const thrown = await rejectionOf(
      requestFromHub(settings, fetchPage, '/a', { what: 'a', repository: 'o/n', token }),
    );
    expect(thrown).toMatchObject({
      code: 'network-failed',
      message: expect.stringContaining('from https to http'),
    });
  });

  it('to another host lose the token, on every hop; back at the hub it returns', async () => {
    const seen: [string, string | null][] = [];
    const hops = ['https://cdn.example/x', 'https://hub.example:444/y', 'https://hub.example/z', null];
    const fetchPage: typeof fetch = async (input, init) => {
      seen.push([String(input), new Headers(init?.headers).get('authorization')]);
      const location = hops[seen.length - 1]!;
      return location === null
        ? new Response('done')
        : new Response(null, { status: 307, headers: { location } });
    };
    const settings = { ...readHubSettings({}), endpoint: 'https://hub.example' };
    const response = await requestFromHub(settings, fetchPage, '/a', { what: 'a', repository: 'o/n', token });
    await response.discard();
    expect(seen).toEqual([
      ['https://hub.example/a', `Bearer ${token}`],
      ['https://cdn.example/x', null],
      ['https://hub.example:444/y', null],
      ['https://hub.example/z', `Bearer ${token}`],
    ]);
  });

  it('over plain http the token stays here, except to this machine', async () => {
    const authorizations: (string | null)[] = [];
    const fetchPage: typeof fetch = async (_, init) => {
      authorizations.push(new Headers(init?.headers).get('authorization'));
      return new Response('done');
    };
    for (const endpoint of ['http://mirror.example', 'http://127.0.0.1:9', 'https://mirror.example']) {
      const settings = { ...readHubSettings({}), endpoint };
      await (
        await requestFromHub(settings, fetchPage, '/a', { what: 'a', repository: 'o/n', token })
      ).discard();
    }
    expect(authorizations).toEqual([null, `Bearer ${token}`, `Bearer ${token}`]);
  });
});

describe('refusals', () => {
  it.each<[number, Record<string, string>, string, string]>([
    [403, { 'x-error-code': 'GatedRepo' }, 'has to be asked for', `/${repository.id}`],
    [401, {}, 'to the account of the token', 'HF_TOKEN'],
    [404, { 'x-error-code': 'RevisionNotFound' }, 'no such revision', repository.id],
    [418, {}, 'answered 418', repository.id],
  ])('%i names what to do', async (status, headers, message, hint) => {
    const thrown = await pullWith('/api/', (response) => sendJson(response, status, {}, headers));
    expect(thrown).toMatchObject({
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
    expect(hub().waits).toEqual([]);
  });

  it('404 of a file names the file', async () => {
    expect(await pullWith('/resolve/', (response) => sendJson(response, 404, {}))).toMatchObject({
      code: 'model-missing',
      message: expect.stringContaining('README.md of owner/tiny-model'),
    });
  });
});

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
    const thrown = await pullWith('/tree/', listing([{ ...entry, path }]));
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
    expect(await pullWith('/tree/', (response) => sendJson(response, 200, value))).toMatchObject({
      code: 'network-failed',
    });
  });

  it('that are huge are cut off', async () => {
    const thrown = await pullWith('/tree/', (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(Buffer.alloc(9 * 2 ** 20, ' '));
    });
    expect(thrown).toMatchObject({ code: 'limit-exceeded', message: expect.stringContaining('larger than') });
  });

  it('that never end are cut off', async () => {
    let page = 0;
    const thrown = await pullWith('/tree/', (response) =>
      sendJson(response, 200, [{ ...entry, path: `file-${page}` }], {
        link: `</api/models/${repository.id}/tree/${repository.commit}?cursor=${page++}>; rel="next"`,
      }),
    );
    expect(thrown).toMatchObject({ code: 'limit-exceeded', message: expect.stringContaining('50 pages') });
  });

  it('that go on at another host are not followed', async () => {
    const { server } = hub();
    const thrown = await pullWith('/tree/', (response) =>
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

describe('secrets', () => {
  it('neither the token nor the signatures of the storage are in any error', async () => {
    const { server, pull } = hub();
    const answers: Answer[] = [
      (response) => sendJson(response, 401, {}),
      (response) => sendJson(response, 403, {}),
      (response) => sendJson(response, 404, {}),
      (response) => sendJson(response, 418, {}),
      (response) => response.destroy(),
      redirects('file:///x?signature=secret-of-the-storage'),
      sends(new Uint8Array(5)),
    ];
    for (const answer of answers) {
      for (const part of ['/api/', '/resolve/', weightsPath]) {
        server.mischief = (request, response, url) => {
          if (!url.pathname.includes(part)) return false;
          answer(response, request);
          return true;
        };
        const told = inspect(await rejectionOf(pull()), { depth: 9, showHidden: true });
        expect(told).not.toContain(token);
        expect(told).not.toContain('secret-of-the-storage');
      }
    }
  });

  it('offline, nothing is opened', async () => {
    const opened: string[] = [];
    const settings = readHubSettings({ ...hub().env, HF_HUB_OFFLINE: '1' });
    const fetchPage: typeof fetch = async (input) => {
      opened.push(String(input));
      return new Response();
    };
    expect(await rejectionOf(openHubClient(settings, { fetch: fetchPage }))).toMatchObject({
      code: 'model-missing',
    });
    expect(opened).toEqual([]);
  });
});
