/** @file A hub that trickles, is silent, busy or away, or refuses: what is tried again, for how long, and what is said. */
import { describe, expect, it } from 'vitest';
import { rejectionOf, repository, useHub } from '../hub-fixture.js';
import { sendJson } from '../hub-server.js';
import { pullWith, weightsPath } from './mischief.js';

const hub = useHub();

describe('pace', () => {
  it('a transfer that trickles is given up', async () => {
    const timers: NodeJS.Timeout[] = [];
    const thrown = await pullWith(
      hub(),
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
    const thrown = await pullWith(hub(), '/api/', () => {}, { stallSeconds: 0.1 });
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

describe('refusals', () => {
  it.each<[number, Record<string, string>, string, string]>([
    [403, { 'x-error-code': 'GatedRepo' }, 'has to be asked for', `/${repository.id}`],
    [401, {}, 'to the account of the token', 'HF_TOKEN'],
    [404, { 'x-error-code': 'RevisionNotFound' }, 'no such revision', repository.id],
    [418, {}, 'answered 418', repository.id],
  ])('%i names what to do', async (status, headers, message, hint) => {
    const thrown = await pullWith(hub(), '/api/', (response) => sendJson(response, status, {}, headers));
    expect(thrown).toMatchObject({
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
    expect(hub().waits).toEqual([]);
  });

  it('404 of a file names the file', async () => {
    expect(await pullWith(hub(), '/resolve/', (response) => sendJson(response, 404, {}))).toMatchObject({
      code: 'model-missing',
      message: expect.stringContaining('README.md of owner/tiny-model'),
    });
  });
});
