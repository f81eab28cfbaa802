/** @file Whether a download fits on the disk, asked before it begins. */
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FoleyError } from '../errors/foley-error.js';
import { formatBytes } from './format-bytes.js';

/** Left free beside the download, for everything else that writes meanwhile. */
const marginBytes = 64 * 2 ** 20;

/** @throws output-failed when the disk that `folder` is or will be on has no room for `bytes` more */
export async function checkDiskSpace(folder: string, bytes: number): Promise<void> {
  const free = await freeBytes(folder);
  if (free === null || bytes === 0 || bytes + marginBytes <= free) return;
  throw new FoleyError(
    'output-failed',
    `${formatBytes(bytes)} are to be downloaded, and the disk of ${folder} has ${formatBytes(free)} free`,
    { hint: 'Free some space, or set HF_HUB_CACHE to a folder on another disk.' },
  );
}

/** Bytes that may still be written where the folder is; null where the system does not say. */
async function freeBytes(folder: string): Promise<number | null> {
  for (let path = folder; ; path = dirname(path)) {
    const { bavail, bsize } = (await statfs(path).catch(() => null)) ?? {};
    if (bavail !== undefined && bsize !== undefined) return bavail * bsize;
    if (path === dirname(path)) return null;
  }
}
