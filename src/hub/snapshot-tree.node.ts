/** @file The list of a commit's files that the cache keeps, ours or huggingface_hub's, read back without trust. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isSafeFileName, layoutOf } from './cache-layout.js';
import type { ListedFile } from './repository-listing.node.js';

const mostBytes = 64 * 2 ** 20;
const size = z.int().min(0);
const treeSchema = z.object({
  format_version: z.literal(1),
  files: z.record(
    z.string(),
    z.object({
      size,
      blob_id: z.string().regex(/^[0-9a-f]{40}$/),
      lfs_sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .nullish(),
      lfs_size: size.nullish(),
    }),
  ),
});

/** All files of a commit; null when the cache has no list, or one of another form. */
export async function readTree(
  cacheFolder: string,
  repository: string,
  commit: string,
): Promise<ListedFile[] | null> {
  const path = join(cacheFolder, layoutOf(repository).tree(commit));
  const found = await stat(path).catch(() => null);
  if (found === null || found.size > mostBytes) return null;
  const parsed = treeSchema.safeParse(jsonOf(await readFile(path, 'utf8')));
  if (!parsed.success) return null;
  return Object.entries(parsed.data.files)
    .filter(([file]) => isSafeFileName(file))
    .map(([file, entry]) => ({
      file,
      bytes: entry.lfs_size ?? entry.size,
      hash: entry.lfs_sha256 ?? entry.blob_id,
      gitHash: entry.blob_id,
    }))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // an unreadable list is as good as none: it is only a convenience
  }
}
