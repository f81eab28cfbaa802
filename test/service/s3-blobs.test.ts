/** @file The store of blobs in a folder, and the same over S3 requests against a small server that checks signatures. */
import { createHash, createHmac } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlobStore } from '../../src/service/blob-store.js';
import { FolderBlobs } from '../../src/service/folder-blobs.node.js';
import { S3Blobs } from '../../src/service/s3-blobs.node.js';
import { temporaryFolder } from './harness.js';

const secret = 'secret-key';

/** Signature version 4 as the documentation of S3 describes it, written anew. */
function signatureOf(request: IncomingMessage): string {
  const authorization = request.headers.authorization ?? '';
  const [, scope, names] =
    /Credential=key\/([^,]+), SignedHeaders=([^,]+), Signature=/.exec(authorization) ?? [];
  if (scope === undefined || names === undefined) return 'none';
  const url = new URL(request.url!, 'http://store');
  const query = [...url.searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&');
  const signed = names.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  const canonical = [
    request.method,
    url.pathname,
    query,
    signed.join(''),
    names,
    request.headers['x-amz-content-sha256'],
  ].join('\n');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, hash].join('\n');
  const key = scope
    .split('/')
    .reduce<Buffer | string>(
      (last, part) => createHmac('sha256', last).update(part).digest(),
      `AWS4${secret}`,
    );
  return createHmac('sha256', key).update(text).digest('hex');
}

function startStore(objects: Map<string, Buffer>): Server {
  return createServer(async (request, response) => {
    const end = (status: number, body: Buffer | string = '', headers: Record<string, string> = {}): void => {
      response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body);
    };
    if (!request.headers.authorization?.endsWith(`Signature=${signatureOf(request)}`)) return end(403);
    const url = new URL(request.url!, 'http://store');
    const key = url.pathname.replace('/bucket/', '');
    if (url.searchParams.has('list-type')) {
      const all = [...objects.keys()]
        .filter((name) => name.startsWith(url.searchParams.get('prefix')!))
        .sort();
      const from = Number(url.searchParams.get('continuation-token') ?? 0);
      const page = all.slice(from, from + 2); // short pages, so that going on is tested
      const next = from + 2 < all.length ? `<NextContinuationToken>${from + 2}</NextContinuationToken>` : '';
      return end(
        200,
        `<r>${page.map((name) => `<Contents><Key>${name}</Key></Contents>`).join('')}${next}</r>`,
      );
    }
    if (request.method === 'PUT') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      if (body.length !== Number(request.headers['content-length'])) return end(411);
      objects.set(key, body);
      return end(200);
    }
    if (request.method === 'DELETE') {
      objects.delete(key);
      return end(204);
    }
    const body = objects.get(key);
    if (body === undefined) return end(404);
    const [, start, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    if (start !== undefined) return end(206, body.subarray(Number(start), Number(last) + 1));
    return end(200, body, { 'Content-Length': String(body.length) });
  });
}

let folder: string;
let server: Server;
const objects = new Map<string, Buffer>();
const stores: Record<string, () => BlobStore> = {
  'a folder': () => new FolderBlobs(join(folder, 'blobs')),
  'an S3 store': () =>
    new S3Blobs({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/bucket`,
      accessKeyId: 'key',
      secretAccessKey: secret,
      region: 'us-east-1',
    }),
};

beforeAll(async () => {
  folder = await temporaryFolder();
  server = startStore(objects);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const piece of pieces) chunks.push(piece);
  return Buffer.concat(chunks).toString();
}

describe.each(Object.keys(stores))('blobs in %s', (name) => {
  it('are put, read in whole and in part, brought to disk, and removed with all below', async () => {
    const store = stores[name]!();
    const own = join(folder, name.replaceAll(' ', '-'));
    await mkdir(own);
    const source = join(own, 'source');
    await writeFile(source, '0123456789');
    const keys = ['results/a/one', 'results/a/two', 'results/a/three', 'results/ab/other'];
    for (const key of keys) await store.put(key, source);
    expect(await store.size(keys[0]!)).toBe(10);
    expect(await textOf(await store.read(keys[0]!, null))).toBe('0123456789');
    expect(await textOf(await store.read(keys[0]!, { start: 2, end: 4 }))).toBe('234');
    const copy = join(own, 'copy');
    await store.materialize(keys[0]!, copy);
    expect(await readFile(copy, 'utf8')).toBe('0123456789');
    await store.remove('results/a');
    expect(await Promise.all(keys.map((key) => store.size(key)))).toEqual([null, null, null, 10]);
    await expect(store.read(keys[0]!, null)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('take no keys that could be paths', async () => {
    const store = stores[name]!();
    for (const key of ['../x', 'a/../b', '/etc/passwd', 'a//b', '.hidden', 'a\0b', '']) {
      await expect(store.size(key)).rejects.toThrow('no key of a blob');
    }
  });
});

describe('an S3 store', () => {
  it('that refuses is told of, without its keys', async () => {
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bucket`;
    const store = new S3Blobs({
      endpoint,
      accessKeyId: 'key',
      secretAccessKey: 'wrong',
      region: 'us-east-1',
    });
    const error = await store.size('media/x').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'network-failed' });
    expect(String(error)).not.toContain('wrong');
  });
});
