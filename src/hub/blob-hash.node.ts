/** @file The two ways in which the hub names content: SHA-256 of large files, git's SHA-1 of the others. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { FoleyError, messageOf } from '../errors/foley-error.js';

/** Begins a hash of the kind that `name` is of, for content of `bytes` bytes. */
export function createBlobHash(name: string, bytes: number): Hash {
  if (name.length === 64) return createHash('sha256');
  return createHash('sha1').update(`blob ${bytes}\0`); // git hashes the length first
}

/** How a message calls a hash of that kind. */
export function hashKindOf(name: string): string {
  return name.length === 64 ? 'SHA-256' : 'git hash';
}

/** Feeds a file's first `bytes` bytes to a hash. @throws cancelled, output-failed when it cannot be read */
export async function hashFileInto(
  hash: Hash,
  path: string,
  bytes: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (bytes === 0) return;
  try {
    for await (const chunk of createReadStream(path, { end: bytes - 1, highWaterMark: 2 ** 20 })) {
      if (signal?.aborted)
        throw new FoleyError('cancelled', `reading ${path} was interrupted`, { cause: signal.reason });
      hash.update(chunk as Buffer);
    }
  } catch (thrown) {
    if (thrown instanceof FoleyError) throw thrown;
    throw new FoleyError('output-failed', `cannot read ${path}: ${messageOf(thrown)}`, { cause: thrown });
  }
}
