/** @file Uploads: streamed to disk as they come, continued where they stopped, checked when complete. */
import { mkdir, open, readdir, rm, stat, statfs } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { runInspection } from '../foley/job-runner.node.js';
import { parseRequest } from '../foley/request.js';
import type { MediaFacts } from '../video/media-facts.js';
import { assertWithinLimit } from '../video/media-limits.js';
import type { BlobStore } from './blob-store.js';
import { idSchema, type Media, type Upload, type UploadOrder } from './contract.js';
import type { Database, Row } from './database.js';
import { dateOf } from './job-record.js';
import type { ServiceLimits } from './limits.js';
import { type MediaStore, mediaKey } from './media-store.node.js';
import { newId } from './random-id.js';
import { sha256Of } from './run-order.node.js';
import { ServiceError } from './service-error.js';
import { withoutPath } from './view-runner.node.js';

export interface UploadStoreOptions {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly media: MediaStore;
  readonly limits: ServiceLimits;
  /** Unfinished uploads, on this machine. */
  readonly folder: string;
}

export class UploadStore {
  readonly #options: UploadStoreOptions;
  /** Uploads that a request is working on: two at once would write over each other. */
  readonly #busy = new Set<string>();

  constructor(options: UploadStoreOptions) {
    this.#options = options;
  }

  async create(order: UploadOrder, client: string): Promise<Upload> {
    const { database, folder, limits } = this.#options;
    if (order.byteLength > limits.uploadBytes) {
      throw new ServiceError(
        'too-large',
        `${order.byteLength} bytes are more than the ${limits.uploadBytes} allowed`,
        {
          field: 'byteLength',
          hint: 'Cut or scale the clip down.',
        },
      );
    }
    await mkdir(folder, { recursive: true });
    await this.#assertRoomFor(order.byteLength);
    const id = newId();
    const rows = await database.query(
      `insert into smooth_foley.upload (id, file_name, byte_length, sha256, client)
       select $1, $2, $3, $4, $5
       where (select count(*) from smooth_foley.upload where client = $5 and media_id is null) < $6 returning *`,
      [id, order.fileName, order.byteLength, order.sha256 ?? null, client, limits.openUploadsPerClient],
    );
    if (rows.length === 0) {
      throw new ServiceError(
        'too-many',
        `${limits.openUploadsPerClient} uploads of this client are unfinished`,
        {
          hint: 'Complete or remove some of them.',
        },
      );
    }
    const file = await open(this.#path(id), 'wx');
    await file.close();
    return this.#upload(rows[0]!);
  }

  /** @throws ServiceError `not-found` */
  async get(id: string): Promise<Upload> {
    return this.#upload(await this.#row(id));
  }

  /**
   * Adds bytes at the end of an upload. What has arrived before a line breaks stays; the answer to `get` says how much.
   * @throws ServiceError `offset-mismatch`, `too-large`, `timeout`, `conflict`
   */
  async append(id: string, offset: number, body: IncomingMessage): Promise<Upload> {
    return this.#alone(id, async () => {
      const row = await this.#row(id);
      const before = await this.#upload(row);
      if (before.state === 'complete') throw new ServiceError('conflict', `upload ${id} is complete`);
      if (offset !== before.receivedBytes) {
        throw new ServiceError(
          'offset-mismatch',
          `the upload has ${before.receivedBytes} bytes, not ${offset}`,
          {
            hint: 'Go on from there.',
            details: { receivedBytes: before.receivedBytes },
          },
        );
      }
      const { limits } = this.#options;
      const room = Math.min(before.byteLength - offset, limits.appendBytes);
      const announced = Number(body.headers['content-length'] ?? 0);
      if (announced > room) throw tooLarge(room);
      await this.#write(id, offset, room, body);
      await this.#options.database.query('update smooth_foley.upload set touched_at = now() where id = $1', [
        id,
      ]);
      return this.get(id);
    });
  }

  /** Checks what has come and makes media of it. Asked again, it says the same. */
  async complete(id: string, sha256: string | undefined): Promise<Media> {
    return this.#alone(id, async () => {
      const row = await this.#row(id);
      const upload = await this.#upload(row);
      if (upload.mediaId !== null) return this.#options.media.get(upload.mediaId);
      if (upload.receivedBytes !== upload.byteLength) {
        throw new ServiceError(
          'conflict',
          `the upload has ${upload.receivedBytes} of ${upload.byteLength} bytes`,
          {
            details: { receivedBytes: upload.receivedBytes },
          },
        );
      }
      try {
        return await this.#accept(upload, sha256 ?? (row.sha256 as string | null));
      } catch (error) {
        // what was refused once is refused for ever: nothing of it is kept
        if (isRefusal(error)) await this.#discard(id);
        throw withoutPath(error, this.#path(id));
      }
    });
  }

  async remove(id: string): Promise<void> {
    await this.#alone(id, async () => {
      await this.#row(id);
      await this.#discard(id);
    });
  }

  /** Removes uploads that nobody has gone on with, and files that belong to none. */
  async sweep(): Promise<number> {
    const { database, folder, limits } = this.#options;
    const old = await database.query<{ id: string }>(
      `delete from smooth_foley.upload where touched_at < now() - $1 * interval '1 second'
       returning id`,
      [limits.uploadKeepSeconds],
    );
    const known = await database.query<{ id: string }>(
      'select id from smooth_foley.upload where media_id is null',
    );
    const kept = new Set(known.map(({ id }) => `${id}.part`));
    for (const name of await readdir(folder).catch(() => [])) {
      const found = await stat(join(folder, name)).catch(() => null);
      const isOld = found !== null && Date.now() - found.mtimeMs > 3_600_000; // not one that is just being made
      if (isOld && !kept.has(name)) await rm(join(folder, name), { force: true });
    }
    return old.length;
  }

  async #accept(upload: Upload, sha256: string | null): Promise<Media> {
    const { database, blobs, media } = this.#options;
    const path = this.#path(upload.id);
    const found = await sha256Of(path);
    if (sha256 !== null && sha256 !== found) {
      throw new ServiceError('checksum-mismatch', `the bytes have SHA-256 ${found}, not ${sha256}`, {
        hint: 'Send the file again.',
      });
    }
    const facts = await this.#facts(path);
    const mediaId = upload.id; // the same on a second try, should this process end before the rows are written
    await blobs.put(mediaKey(mediaId), path);
    await database.transaction(async (tx) => {
      await tx.query(
        `insert into smooth_foley.media (id, file_name, sha256, byte_length, facts)
         values ($1, $2, $3, $4, $5::jsonb) on conflict (id) do nothing`,
        [mediaId, upload.fileName, found, upload.byteLength, JSON.stringify(facts)],
      );
      await tx.query('update smooth_foley.upload set media_id = $2 where id = $1', [upload.id, mediaId]);
    });
    await rm(path, { force: true });
    return media.get(mediaId);
  }

  /** Read in a child: parsers of containers are fed with what strangers sent. */
  async #facts(path: string): Promise<MediaFacts> {
    const request = parseRequest({ video: path, label: 'unused', memoryLimit: 1024, cacheDir: 'none' });
    const { facts } = await runInspection(
      request,
      { withTiming: false, withPicture: false },
      { signal: AbortSignal.timeout(60_000) },
    );
    const { limits } = this.#options;
    const { durationSeconds, video, audio } = facts;
    assertWithinLimit('the clip', 'seconds', durationSeconds, limits.durationSeconds);
    assertWithinLimit('the clip', 'pixels a frame', video.width * video.height, limits.pixelsPerFrame);
    assertWithinLimit('the clip', 'frames a second', video.averageFps, limits.framesPerSecond);
    assertWithinLimit('the clip', 'tracks', 1 + audio.length, limits.tracks);
    return facts;
  }

  async #write(id: string, offset: number, room: number, body: IncomingMessage): Promise<void> {
    const { limits } = this.#options;
    const file = await open(this.#path(id), 'r+');
    let written = 0;
    let isSlow = false;
    const idle = setTimeout(() => {
      isSlow = true;
      body.destroy();
    }, limits.uploadIdleSeconds * 1000);
    try {
      // the loop asks for the next piece only when this one is on disk: memory stays flat
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        idle.refresh();
        if (written + chunk.byteLength > room) throw tooLarge(room);
        for (let at = 0; at < chunk.byteLength; ) {
          const { bytesWritten } = await file.write(chunk, at, chunk.byteLength - at, offset + written + at);
          at += bytesWritten;
        }
        written += chunk.byteLength;
      }
    } catch (error) {
      if (isSlow) {
        throw new ServiceError('timeout', `nothing came for ${limits.uploadIdleSeconds} s`, {
          hint: 'What has arrived is kept: go on from there.',
          cause: error,
        });
      }
      throw error;
    } finally {
      clearTimeout(idle);
      await file.sync().finally(() => file.close());
    }
  }

  async #assertRoomFor(bytes: number): Promise<void> {
    const { folder, limits } = this.#options;
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize - bytes < limits.freeBytes) {
      throw new ServiceError('not-ready', 'there is no room for this upload', {
        hint: 'Remove jobs and media that are not needed any more.',
        retryAfterSeconds: 60,
      });
    }
  }

  async #discard(id: string): Promise<void> {
    await this.#options.database.query('delete from smooth_foley.upload where id = $1', [id]);
    await rm(this.#path(id), { force: true });
  }

  async #alone<T>(id: string, work: () => Promise<T>): Promise<T> {
    if (this.#busy.has(id)) {
      throw new ServiceError('conflict', `another request is working on upload ${id}`, {
        retryAfterSeconds: 1,
      });
    }
    this.#busy.add(id);
    try {
      return await work();
    } finally {
      this.#busy.delete(id);
    }
  }

  async #row(id: string): Promise<Row> {
    const [row] = await this.#options.database.query('select * from smooth_foley.upload where id = $1', [id]);
    if (row === undefined) throw new ServiceError('not-found', `there is no upload ${id}`);
    return row;
  }

  async #upload(row: Row): Promise<Upload> {
    const id = row.id as string;
    const byteLength = Number(row.byte_length);
    const mediaId = row.media_id as string | null;
    const onDisk =
      mediaId === null
        ? await stat(this.#path(id)).then(
            ({ size }) => size,
            () => 0,
          )
        : byteLength;
    const keepMs = this.#options.limits.uploadKeepSeconds * 1000;
    return {
      id,
      fileName: row.file_name as string,
      byteLength,
      receivedBytes: onDisk,
      state: mediaId === null ? 'open' : 'complete',
      mediaId,
      createdAt: dateOf(row.created_at)!.toISOString(),
      expiresAt: new Date(dateOf(row.touched_at)!.getTime() + keepMs).toISOString(),
    };
  }

  #path(id: string): string {
    return join(this.#options.folder, `${idSchema.parse(id)}.part`);
  }
}

function tooLarge(room: number): ServiceError {
  return new ServiceError('too-large', `this append may hold at most ${room} bytes`, {
    hint: 'Send the rest in further appends.',
    details: { roomBytes: room },
  });
}

function isRefusal(error: unknown): boolean {
  const code = (error as { readonly code?: unknown }).code;
  return code === 'input-rejected' || code === 'limit-exceeded' || code === 'checksum-mismatch';
}
