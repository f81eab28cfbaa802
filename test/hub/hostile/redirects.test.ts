/** @file A hub that sends elsewhere: where is not followed, and where the token never goes. */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { requestFromHub } from '../../../src/hub/hub-request.node.js';
import { openHubClient, readHubSettings } from '../../../src/hub/index.js';
import { rejectionOf, token, useHub } from '../hub-fixture.js';
import { sendJson } from '../hub-server.js';
import { type Answer, pullWith, redirects, sends, weightsPath } from './mischief.js';

const hub = useHub();

describe('redirects', () => {
  it('in a circle end', async () => {
    const thrown = await pullWith(hub(), '/resolve/', (response, request) =>
      redirects(request.url!)(response, request),
    );
    expect(thrown).toMatchObject({ code: 'network-failed', message: expect.stringContaining('more than 8') });
  });

  it.each(['file:///etc/passwd', 'ftp://127.0.0.1/a', 'data:text/plain,a'])(
    'to %s are not followed',
    async (to) => {
      expect(await pullWith(hub(), '/resolve/', redirects(to))).toMatchObject({
        code: 'network-failed',
        message: expect.stringContaining('not followed'),
      });
    },
  );

  it('to an address that is none are named', async () => {
    expect(await pullWith(hub(), '/resolve/', redirects('http://'))).toMatchObject({
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
