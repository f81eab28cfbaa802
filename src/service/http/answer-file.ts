/** @file Answers a request for a stored file: whole or in part, once or not at all when the client has it already. */
import { Readable } from 'node:stream';
import type { Context } from 'hono';
import type { BlobStore } from '../blob-store.js';
import { contentDisposition } from '../download-name.js';
import { ServiceError } from '../service-error.js';
import { parseRange } from './byte-range.js';

export interface ServedFile {
  readonly key: string;
  readonly name: string;
  readonly mediaType: string;
  /** Of the content: the same bytes have the same tag for ever. */
  readonly sha256: string;
  readonly isDownload: boolean;
}

export async function answerFile(context: Context, blobs: BlobStore, file: ServedFile): Promise<Response> {
  const byteLength = await blobs.size(file.key);
  if (byteLength === null) throw new ServiceError('not-found', 'the file is gone');
  const etag = `"${file.sha256}"`;
  const headers: Record<string, string> = {
    ETag: etag,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, max-age=31536000, immutable',
    'Content-Type': file.mediaType,
    'Content-Disposition': contentDisposition(file.isDownload ? 'attachment' : 'inline', file.name),
  };
  if (context.req.header('if-none-match') === etag) return context.body(null, 304, headers);
  const condition = context.req.header('if-range');
  const wanted = condition === undefined || condition === etag ? context.req.header('range') : undefined;
  const range = parseRange(wanted, byteLength);
  if (range !== null) headers['Content-Range'] = `bytes ${range.start}-${range.end}/${byteLength}`;
  headers['Content-Length'] = String(range === null ? byteLength : range.end - range.start + 1);
  const status = range === null ? 200 : 206;
  if (context.req.method === 'HEAD') return context.body(null, status, headers);
  const bytes = await blobs.read(file.key, range, context.req.raw.signal);
  const body =
    bytes instanceof ReadableStream ? bytes : Readable.toWeb(Readable.from(bytes, { objectMode: false }));
  return context.body(body as ReadableStream, status, headers);
}

/** A picture that was drawn for the client, kept by it as long as it likes: clips and results never change. */
export function answerPng(context: Context, png: Uint8Array): Response {
  return context.body(png as Uint8Array<ArrayBuffer>, 200, {
    'Content-Type': 'image/png',
    'Cache-Control': 'private, max-age=31536000, immutable',
  });
}
