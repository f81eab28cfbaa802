/** @file Writes a file so that the final name only ever shows the complete content: aside, fsync, rename. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FoleyError, messageOf } from '../errors/foley-error.js';

/**
 * Writes `bytes` to `path`, replacing what was there in one step. On any failure, the source's own included,
 * the old file is untouched and nothing is left behind.
 *
 * @throws FoleyError 'output-failed' when the disk refuses; an error of the iterable passes through unchanged.
 */
export async function writeFileAtomic(
  path: string,
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const chunks = bytes instanceof Uint8Array ? [bytes] : bytes;
  await withTemporaryPath(path, async (temporaryPath) => {
    const file = await open(temporaryPath, 'wx');
    try {
      for await (const chunk of chunks) await writeFully(file, chunk);
    } finally {
      await file.close();
    }
  });
}

/**
 * Lets `write` fill a file beside `path` (same folder, so that the rename is atomic; same extension, because
 * muxers look at it), then gives it its name. The file at `temporaryPath` does not exist yet when `write` starts.
 *
 * @returns what `write` returned.
 * @throws FoleyError 'output-failed' for errors of the file system; others pass through unchanged.
 */
export async function withTemporaryPath<T>(
  path: string,
  write: (temporaryPath: string) => Promise<T>,
): Promise<T> {
  const temporaryPath = join(dirname(path), `.${randomBytes(6).toString('hex')}.partial.${basename(path)}`);
  try {
    const result = await write(temporaryPath);
    await syncToDisk(temporaryPath, 'r+');
    await rename(temporaryPath, path);
    // A folder cannot be opened on Windows; there the rename is durable by itself.
    if (process.platform !== 'win32') await syncToDisk(dirname(path), 'r');
    return result;
  } catch (error) {
    await rm(temporaryPath, { force: true }).catch(() => {}); // the first error is the one to tell
    throw asOutputError(path, error);
  }
}

/** Node refuses to write (and to read) 2 GiB or more in one call. */
export const mostBytesAtOnce = 2 ** 30;

async function writeFully(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.byteLength; ) {
    const length = Math.min(chunk.byteLength - offset, mostBytesAtOnce);
    const { bytesWritten } = await file.write(chunk, offset, length);
    offset += bytesWritten;
  }
}

async function syncToDisk(path: string, flags: string): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const hints: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: free some space or choose another folder.',
  EDQUOT: 'The disk quota is used up: free some space or choose another folder.',
  EROFS: 'The file system is read-only: choose another folder.',
  EACCES: 'This folder may not be written to: change its permissions or choose another folder.',
  EPERM: 'This folder may not be written to: change its permissions or choose another folder.',
  ENOENT: 'The folder does not exist: create it or choose another one.',
  ENOTDIR: 'Part of this path is a file, not a folder: choose another path.',
  EISDIR: 'A folder of this name is in the way: choose another name.',
  ENAMETOOLONG: 'The file name is too long: choose a shorter one.',
  EMFILE: 'Too many files are open: close some programs or raise the limit.',
};

/** An error of the file system met while writing `path` as a FoleyError 'output-failed'; any other as it is. */
export function asOutputError(path: string, error: unknown): unknown {
  if (error instanceof FoleyError) return error;
  if (!(error instanceof Error) || !('syscall' in error && 'code' in error)) return error;
  const { code } = error;
  const touched = 'path' in error ? error.path : path; // writing through a handle names no path
  const isOurs = typeof touched === 'string' && [touched, dirname(touched)].includes(dirname(path));
  if (!isOurs || error.syscall === 'read' || typeof code !== 'string') return error;
  const hint = hints[code];
  return new FoleyError('output-failed', `cannot write ${path}: ${messageOf(error)}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}
