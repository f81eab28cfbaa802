/** @file What the cache holds of a repository, found without asking anybody. */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { layoutOf } from './cache-layout.js';
import type { CatalogueSource, WantedFile } from './catalogue.js';
import { isCommit } from './repository-id.js';

/** A commit of a repository that the cache holds files of. */
export interface CachedSnapshot {
  readonly repository: string;
  readonly commit: string;
  /** Real path of the snapshot's folder; the files in it are links into `blobs`. */
  readonly folder: string;
}

/** A file of a snapshot. */
export interface CachedFile {
  /** Its name in the repository. */
  readonly file: string;
  /** Where the bytes are, links resolved. */
  readonly path: string;
  readonly bytes: number;
}

/**
 * The snapshot of a revision: a commit stands for itself, a branch or tag for what it was at the last pull.
 * @returns null when there is none
 */
export async function findSnapshot(
  cacheFolder: string,
  repository: string,
  revision: string,
): Promise<CachedSnapshot | null> {
  const layout = layoutOf(repository);
  const commit = isCommit(revision) ? revision : await readRef(join(cacheFolder, layout.ref(revision)));
  if (commit === null) return null;
  const folder = await realpath(join(cacheFolder, layout.snapshot(commit))).catch(() => null);
  if (folder === null || !(await stat(folder)).isDirectory()) return null;
  return { repository, commit, folder };
}

/** The commit that a file of `refs` names; null when there is no such file, or it holds something else. */
export async function readRef(path: string): Promise<string | null> {
  const text = (await readFile(path, 'utf8').catch(() => '')).trim();
  return isCommit(text) ? text : null;
}

/** One file of a snapshot; null when it, or the blob behind it, is not there. */
export async function cachedFile(snapshot: CachedSnapshot, file: string): Promise<CachedFile | null> {
  const path = await realpath(join(snapshot.folder, file)).catch(() => null);
  if (path === null) return null;
  const { size } = await stat(path);
  return { file, path, bytes: size };
}

/** Names of all files that a snapshot has links for, sorted, with `/`. */
export async function filesOfSnapshot(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
}

/** What is there of a part, and what is not. */
export interface PartFiles {
  readonly files: readonly CachedFile[];
  /** First names of what is wanted and not there. */
  readonly missing: readonly string[];
}

/** The files that the catalogue wants of a source, as far as a snapshot has them. */
export async function wantedFilesOf(snapshot: CachedSnapshot, source: CatalogueSource): Promise<PartFiles> {
  const files: CachedFile[] = [];
  const missing: string[] = [];
  for (const wish of source.files) {
    const found = await firstOf(snapshot, wish);
    if (found !== null) files.push(found);
    else if (!wish.isOptional) missing.push(wish.anyOf[0]!);
  }
  return { files, missing };
}

async function firstOf(snapshot: CachedSnapshot, wish: WantedFile): Promise<CachedFile | null> {
  for (const name of wish.anyOf) {
    const file = await cachedFile(snapshot, name);
    if (file !== null) return file;
  }
  return null;
}
