/** @file Frame embeddings on disk, keyed by what the video is, which encoder looked and how often. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../files/atomic-file.node.js';
import { assertFrameEmbeddings, type FrameEmbeddings } from './frame-embeddings.js';

/** What decides the embeddings of a clip. */
export interface EmbeddingKey {
  /** SHA-256 of the video file, hex. */
  readonly contentHash: string;
  readonly encoderId: string;
  readonly frameRateHz: number;
  /** The stretch that was embedded. */
  readonly startSeconds: number;
  readonly durationSeconds: number;
}

/** Where embeddings are looked up before the encoder is asked. */
export interface EmbeddingCache {
  read(key: EmbeddingKey): Promise<FrameEmbeddings | null>;
  write(key: EmbeddingKey, embeddings: FrameEmbeddings): Promise<void>;
}

/** SHA-256 of a file, hex, streamed. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * A cache in a folder, one file a key: the format line, a JSON header, times (float64), rows (float32), the same of the
 * places where there are some, SHA-256 of all before it. A file that is damaged, of another version or of another key is removed and counts as absent, so
 * that the worst a bad cache does is cost time. @throws output-failed when the folder cannot be written
 */
export function createEmbeddingCache(folder: string): EmbeddingCache {
  const pathOf = (key: EmbeddingKey): string =>
    join(folder, `${createHash('sha256').update(keyText(key)).digest('hex')}.embeddings`);
  return {
    async read(key) {
      const path = pathOf(key);
      const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      if (bytes === null) return null;
      const embeddings = decode(bytes, key);
      if (embeddings === null) await rm(path, { force: true });
      return embeddings;
    },
    async write(key, embeddings) {
      assertFrameEmbeddings(embeddings, 'frame embeddings');
      await mkdir(folder, { recursive: true });
      await writeFileAtomic(pathOf(key), encode(key, embeddings));
    },
  };
}

const formatLine = 'smooth-foley.embeddings/2\n';
const digestBytes = 32;

function keyText(key: EmbeddingKey): string {
  return JSON.stringify([
    key.contentHash,
    key.encoderId,
    key.frameRateHz,
    key.startSeconds,
    key.durationSeconds,
  ]);
}

function encode(key: EmbeddingKey, embeddings: FrameEmbeddings): Uint8Array {
  const { timesSeconds, width, data, places, changes } = embeddings;
  const header = JSON.stringify({
    key: keyText(key),
    frames: timesSeconds.length,
    width,
    changes: changes?.values.length ?? 0,
    ...(places === undefined
      ? {}
      : {
          grids: places.timesSeconds.length,
          rows: places.rows,
          columns: places.columns,
          placeWidth: places.width,
        }),
  });
  const body = Buffer.concat([
    Buffer.from(`${formatLine}${header}\n`),
    viewOf(timesSeconds),
    viewOf(data),
    ...(changes === undefined ? [] : [viewOf(changes.timesSeconds), viewOf(changes.values)]),
    ...(places === undefined ? [] : [viewOf(places.timesSeconds), viewOf(places.values)]),
  ]);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

/** The embeddings in `bytes`, or null when they are not what the key asks for, whole and unharmed. */
function decode(bytes: Buffer, key: EmbeddingKey): FrameEmbeddings | null {
  const body = bytes.subarray(0, Math.max(0, bytes.length - digestBytes));
  const digest = createHash('sha256').update(body).digest();
  if (!digest.equals(bytes.subarray(body.length))) return null;
  const headerEnd = body.indexOf('\n', formatLine.length);
  if (body.toString('utf8', 0, formatLine.length) !== formatLine || headerEnd < 0) return null;
  // the digest vouches for what we wrote; only another version's header could differ in kind
  const header = JSON.parse(body.toString('utf8', formatLine.length, headerEnd)) as Record<string, unknown>;
  const { frames, width, changes } = header;
  const isWhole = [frames, width, changes].every((count) => typeof count === 'number');
  if (header.key !== keyText(key) || !isWhole) return null;
  const sizes = header as { frames: number; width: number; changes: number };
  const rowsEnd = headerEnd + 1 + rowBytes(sizes.frames, sizes.width);
  const framesEnd = rowsEnd + rowBytes(sizes.changes, 1);
  const grid = gridOf(header);
  const end = framesEnd + (grid === null ? 0 : rowBytes(grid.grids, grid.rows * grid.columns * grid.width));
  if (body.length !== end) return null;
  const seen = rowsAt(body, headerEnd + 1, sizes.frames, rowsEnd);
  const changed = rowsAt(body, rowsEnd, sizes.changes, framesEnd);
  const embeddings = {
    timesSeconds: seen.times,
    width: sizes.width,
    data: seen.values,
    ...(sizes.changes === 0 ? {} : { changes: { timesSeconds: changed.times, values: changed.values } }),
  };
  if (grid === null) return embeddings;
  const held = rowsAt(body, framesEnd, grid.grids, end);
  const { rows, columns } = grid;
  const places = { timesSeconds: held.times, rows, columns, width: grid.width, values: held.values };
  return { ...embeddings, places };
}

/** What a header says of places; null where there are none. */
function gridOf({ grids, rows, columns, placeWidth }: Record<string, unknown>) {
  const isGrid =
    typeof grids === 'number' &&
    typeof rows === 'number' &&
    typeof columns === 'number' &&
    typeof placeWidth === 'number';
  return isGrid ? { grids, rows, columns, width: placeWidth } : null;
}

/** Bytes of so many times and the rows that belong to them. */
function rowBytes(count: number, width: number): number {
  return count * (Float64Array.BYTES_PER_ELEMENT + width * Float32Array.BYTES_PER_ELEMENT);
}

/** So many times from `start` on, and after them the rows up to `end`. */
function rowsAt(body: Buffer, start: number, count: number, end: number) {
  const timesEnd = start + count * Float64Array.BYTES_PER_ELEMENT;
  return {
    times: new Float64Array(copyOf(body, start, timesEnd)),
    values: new Float32Array(copyOf(body, timesEnd, end)),
  };
}

function viewOf(array: Float64Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A fresh buffer, since a typed array must start at a multiple of its element size. */
function copyOf(bytes: Buffer, start: number, end: number): ArrayBuffer {
  return new Uint8Array(bytes.subarray(start, end)).buffer;
}
