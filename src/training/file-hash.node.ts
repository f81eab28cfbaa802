/** @file Names for caches: hashes of files and of plain values. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { FoleyError, messageOf } from '../errors/foley-error.js';

/** First 16 hex digits of the SHA-256 of a value's JSON. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

/** First 16 hex digits of the SHA-256 of a file. @throws FoleyError `input-missing` where it cannot be read */
export async function hashOfFile(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new FoleyError('input-missing', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  });
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
