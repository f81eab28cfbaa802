/** @file Names for caches: hashes of files and of plain values. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** First 16 hex digits of the SHA-256 of a value's JSON. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

/** First 16 hex digits of the SHA-256 of a file. */
export async function hashOfFile(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
    .slice(0, 16);
}
