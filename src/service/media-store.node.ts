/** @file Clips that are complete: their rows, and where their bytes are. */
import type { Media } from './contract.js';
import type { Database, Row } from './database.js';
import { dateOf } from './job-record.js';
import { ServiceError } from './service-error.js';

export function mediaKey(mediaId: string): string {
  return `media/${mediaId}`;
}

export class MediaStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @throws ServiceError `not-found` */
  async get(id: string): Promise<Media> {
    const [row] = await this.#database.query('select * from smooth_foley.media where id = $1', [id]);
    if (row === undefined) throw new ServiceError('not-found', `there is no media ${id}`);
    return mediaOf(row);
  }

  /** The newest first, at most `limit`. */
  async list(limit = 200): Promise<Media[]> {
    const rows = await this.#database.query(
      'select * from smooth_foley.media order by created_at desc, id limit $1',
      [limit],
    );
    return rows.map(mediaOf);
  }

  /** Removes the row of a clip that no job refers to. @throws ServiceError `not-found`, `conflict` */
  async remove(id: string): Promise<void> {
    await this.#database.transaction(async (tx) => {
      const [found] = await tx.query('select id from smooth_foley.media where id = $1 for update', [id]);
      if (found === undefined) throw new ServiceError('not-found', `there is no media ${id}`);
      const jobs = await tx.query('select id from smooth_foley.job where media_id = $1 limit 1', [id]);
      if (jobs.length > 0) {
        throw new ServiceError('conflict', `jobs refer to media ${id}`, { hint: 'Remove its jobs first.' });
      }
      await tx.query('delete from smooth_foley.media where id = $1', [id]);
    });
  }
}

function mediaOf(row: Row): Media {
  return {
    id: row.id as string,
    fileName: row.file_name as string,
    sha256: row.sha256 as string,
    byteLength: Number(row.byte_length),
    facts: row.facts as Media['facts'],
    createdAt: dateOf(row.created_at)!.toISOString(),
  };
}
