/** @file Blobs in an S3-compatible store, by signed requests. */
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AwsClient } from 'aws4fetch';
import { z } from 'zod';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { assertKey, type BlobStore, type ByteRange } from './blob-store.js';
import { ServiceError } from './service-error.js';

/** Read from the environment, under the names that S3 tools share. */
export const s3SettingsSchema = z.object({
  /** Base address with the bucket: https://s3.example.org/my-bucket */
  endpoint: z.url({ protocol: /^https?$/ }),
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  region: z.string().min(1).default('us-east-1'),
});
export type S3Settings = z.output<typeof s3SettingsSchema>;

export class S3Blobs implements BlobStore {
  readonly #base: string;
  readonly #client: AwsClient;

  constructor({ endpoint, accessKeyId, secretAccessKey, region }: S3Settings) {
    this.#base = endpoint.replace(/\/$/, '');
    this.#client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: 4 });
  }

  async put(key: string, path: string): Promise<void> {
    const { size } = await stat(path);
    // one request: a store shows an object whole or not at all
    const response = await this.#send(key, () => ({
      method: 'PUT',
      headers: { 'Content-Length': String(size), 'Content-Type': 'application/octet-stream' },
      body: Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>,
      duplex: 'half',
    }));
    await response.body?.cancel();
  }

  async read(key: string, range: ByteRange | null, signal?: AbortSignal) {
    const response = await this.#send(key, () => ({
      method: 'GET',
      ...(range === null ? {} : { headers: { Range: `bytes=${range.start}-${range.end}` } }),
      ...(signal === undefined ? {} : { signal }),
    }));
    return response.body!;
  }

  async materialize(key: string, path: string, signal?: AbortSignal): Promise<void> {
    const body = await this.read(key, null, signal);
    await pipeline(body, createWriteStream(path, { flags: 'wx' }), signal === undefined ? {} : { signal });
  }

  async size(key: string): Promise<number | null> {
    const response = await this.#send(key, () => ({ method: 'HEAD' }), [404]);
    if (response.status === 404) return null;
    return Number(response.headers.get('Content-Length'));
  }

  async remove(prefix: string): Promise<void> {
    for (const key of [prefix, ...(await this.#keysUnder(prefix))]) {
      const response = await this.#send(key, () => ({ method: 'DELETE' }), [404]);
      await response.body?.cancel();
    }
  }

  async #keysUnder(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for (let token: string | null = null; ; ) {
      const query = new URLSearchParams({ 'list-type': '2', prefix: `${prefix}/` });
      if (token !== null) query.set('continuation-token', token);
      const response = await this.#fetch(`${this.#base}/?${query}`, { method: 'GET' }, prefix);
      const xml = await response.text();
      // our keys hold no character that XML would write as an entity
      keys.push(...[...xml.matchAll(/<Key>([^<]+)<\/Key>/g)].map((match) => match[1]!));
      token = /<NextContinuationToken>([^<]+)</.exec(xml)?.[1] ?? null;
      if (token === null) return keys;
    }
  }

  async #send(
    key: string,
    init: () => RequestInit & { readonly duplex?: 'half' },
    accepted: readonly number[] = [],
  ): Promise<Response> {
    assertKey(key);
    return this.#fetch(`${this.#base}/${key}`, init(), key, accepted);
  }

  async #fetch(
    url: string,
    init: RequestInit,
    key: string,
    accepted: readonly number[] = [],
  ): Promise<Response> {
    // signing reads no body: the store checks the transport (TLS), not a hash of the whole
    const signed = await this.#client.sign(url, {
      ...(init.method === undefined ? {} : { method: init.method }),
      ...(init.headers === undefined ? {} : { headers: init.headers }),
      aws: { signQuery: false, allHeaders: false },
    });
    const response = await fetch(signed.url, { ...init, headers: signed.headers }).catch((cause: unknown) => {
      throw new FoleyError('network-failed', `the store did not answer: ${messageOf(cause)}`, { cause });
    });
    if (response.ok || accepted.includes(response.status)) return response;
    await response.body?.cancel();
    if (response.status === 404) throw new ServiceError('not-found', 'the file is gone');
    throw new FoleyError('network-failed', `the store answered ${response.status} for ${key}`, {
      hint: 'Check the address of the store, its bucket and the keys.',
    });
  }
}
