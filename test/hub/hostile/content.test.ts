/** @file A hub that sends wrong bytes: each lie gets its own error, and nothing wrong gets a name. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../../src/hub/cache-layout.js';
import { repository, useHub, weights } from '../hub-fixture.js';
import { sha256Of } from '../hub-server.js';
import { type Answer, pullWith, sends, weightsPath } from './mischief.js';

const hub = useHub();
const weightsBlob = join(layoutOf(repository.id).folder, 'blobs', sha256Of(weights));

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
    expect(await pullWith(hub(), weightsPath, answer)).toMatchObject(error);
    expect(await readdir(join(hub().cacheFolder, weightsBlob, '..'))).not.toContain(sha256Of(weights));
    await expect(readdir(join(hub().cacheFolder, layoutOf(repository.id).folder, 'refs'))).rejects.toThrow();
  });

  it('wrong bytes of a small file are told from right ones, too', async () => {
    const thrown = await pullWith(hub(), '/config.json', sends(new TextEncoder().encode('{"a":2}')));
    expect(thrown).toMatchObject({ code: 'weights-invalid' });
  });

  it('another ETag or commit than listed stops the download at once', async () => {
    const headers = { location: hub().server.storage };
    const answers: [Record<string, string>, string][] = [
      [{ 'x-linked-etag': `"${'0'.repeat(64)}"` }, 'ETag'],
      [{ 'x-repo-commit': 'b'.repeat(40) }, 'another commit'],
    ];
    for (const [extra, word] of answers) {
      const thrown = await pullWith(hub(), 'model.safetensors', (response) => {
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
