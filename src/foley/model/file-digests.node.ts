/** @file SHA-256 of model files, which are gigabytes: taken once, and remembered for as long as the file stays as it is. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hashFile } from '../../conditions/embedding-cache.node.js';
import { writeFileAtomic } from '../../files/atomic-file.node.js';

export interface FileDigest {
  readonly sha256: string;
  readonly bytes: number;
}

/** Files smaller than this are read anew each time. */
const smallestRememberedBytes = 2 ** 20;

/**
 * SHA-256 of a file. A blob of the hub's cache carries it as its name, checked when it was fetched; for other large
 * files it is remembered by path, size, and times of change, as git remembers what it has seen.
 *
 * @param folder where digests are kept; null keeps none.
 */
export async function digestOf(path: string, folder: string | null): Promise<FileDigest> {
  const real = await realpath(path);
  const facts = await stat(real, { bigint: true });
  const bytes = Number(facts.size);
  const name = basename(real);
  if (/^[0-9a-f]{64}$/.test(name) && basename(dirname(real)) === 'blobs') return { sha256: name, bytes };
  if (folder === null || bytes < smallestRememberedBytes) return { sha256: await hashFile(real), bytes };
  const state = [real, facts.size, facts.mtimeNs, facts.ctimeNs, facts.ino].join('\n');
  const entry = join(folder, `${createHash('sha256').update(state).digest('hex')}.sha256`);
  const known = await readFile(entry, 'utf8').catch(() => '');
  if (/^[0-9a-f]{64}\n$/.test(known)) return { sha256: known.trim(), bytes };
  const sha256 = await hashFile(real);
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(entry, new TextEncoder().encode(`${sha256}\n`));
  return { sha256, bytes };
}
