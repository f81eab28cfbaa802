/** @file Blobs as files of one folder, on this machine or shared between machines. */
import { constants, createReadStream } from 'node:fs';
import { copyFile, link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asOutputError } from '../files/atomic-file.node.js';
import { assertKey, type BlobStore } from './blob-store.js';
import { newId } from './random-id.js';
import { ServiceError } from './service-error.js';

export class FolderBlobs implements BlobStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(key: string, path: string): Promise<void> {
    const target = this.#path(key);
    const aside = join(this.#folder, 'incoming', newId());
    try {
      await mkdir(dirname(aside), { recursive: true });
      await mkdir(dirname(target), { recursive: true });
      await linkOrCopy(path, aside);
      const file = await open(aside, 'r+');
      await file.sync().finally(() => file.close());
      await rename(aside, target);
      await syncFolder(dirname(target));
    } catch (error) {
      await rm(aside, { force: true });
      throw asOutputError(target, error);
    }
  }

  async read(key: string, range: { start: number; end: number } | null, signal?: AbortSignal) {
    const path = this.#path(key);
    if ((await this.size(key)) === null) throw new ServiceError('not-found', 'the file is gone');
    return createReadStream(path, {
      ...(range === null ? {} : { start: range.start, end: range.end }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async materialize(key: string, path: string): Promise<void> {
    if ((await this.size(key)) === null) throw new ServiceError('not-found', 'the file is gone');
    await linkOrCopy(this.#path(key), path);
  }

  async size(key: string): Promise<number | null> {
    return stat(this.#path(key)).then(
      (found) => (found.isFile() ? found.size : null),
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
        throw error;
      },
    );
  }

  async remove(prefix: string): Promise<void> {
    await rm(this.#path(prefix), { recursive: true, force: true });
  }

  #path(key: string): string {
    assertKey(key);
    return join(this.#folder, ...key.split('/'));
  }
}

/** A second name for the same bytes where the disk allows it, else a copy. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'EEXIST') throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  });
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there; a rename is durable by itself
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}
