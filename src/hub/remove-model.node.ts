/** @file Takes models out of the cache: links first, then the blobs that nothing links to any more. */
import { readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FoleyError } from '../errors/foley-error.js';
import { asOutputError } from '../files/atomic-file.node.js';
import { isLocked } from './blob-lock.node.js';
import { layoutOf } from './cache-layout.js';
import { filesOfSnapshot, findSnapshot } from './cached-snapshot.node.js';
import { blobOf, commitsOf, ownBytes, refsOf } from './inventory.node.js';

export interface Removed {
  readonly repository: string;
  readonly commit: string;
  readonly files: readonly string[];
  readonly freedBytes: number;
}

/**
 * Removes files of one commit, or with `only` null all of them. A blob goes when no snapshot of the repository links to
 * it any more; with the last snapshot goes the repository's folder.
 *
 * @throws model-missing when the commit is not here, output-failed while it is being downloaded
 */
export async function removeFromCache(
  cacheFolder: string,
  repository: string,
  commit: string,
  only: readonly string[] | null,
): Promise<Removed> {
  const layout = layoutOf(repository);
  const snapshot = await findSnapshot(cacheFolder, repository, commit);
  if (snapshot === null)
    throw new FoleyError('model-missing', `${repository} at ${commit} is not on this machine`);
  await refuseWhileLoading(cacheFolder, repository);
  const present = await filesOfSnapshot(snapshot.folder);
  const files = only === null ? present : present.filter((file) => only.includes(file));
  try {
    let freedBytes = 0;
    const blobs = new Set<string>();
    for (const file of files) {
      const path = join(snapshot.folder, file);
      const blob = await blobOf(path);
      if (blob === null) freedBytes += await ownBytes(path);
      else blobs.add(blob);
      await rm(path, { force: true });
      await removeEmptyFolders(dirname(path), snapshot.folder);
    }
    if (files.length === present.length) await forgetCommit(cacheFolder, repository, commit);
    const kept = await linkedBlobs(cacheFolder, repository);
    for (const blob of blobs) {
      if (kept.has(blob)) continue;
      const path = join(cacheFolder, layout.blob(blob));
      freedBytes += await ownBytes(path);
      await rm(path, { force: true });
    }
    if ((await commitsOf(cacheFolder, repository)).length === 0) {
      freedBytes += await removeRepository(cacheFolder, repository);
    }
    return { repository, commit, files, freedBytes };
  } catch (thrown) {
    throw asOutputError(snapshot.folder, thrown);
  }
}

async function forgetCommit(cacheFolder: string, repository: string, commit: string): Promise<void> {
  const layout = layoutOf(repository);
  await rm(join(cacheFolder, layout.snapshot(commit)), { recursive: true, force: true });
  await rm(join(cacheFolder, layout.tree(commit)), { force: true });
  for (const [name, target] of await refsOf(cacheFolder, repository)) {
    if (target === commit) await rm(join(cacheFolder, layout.ref(name)), { force: true });
  }
}

/** @returns bytes of what was left lying there */
async function removeRepository(cacheFolder: string, repository: string): Promise<number> {
  const { folder } = layoutOf(repository);
  const blobsFolder = join(cacheFolder, folder, 'blobs');
  let bytes = 0;
  for (const name of await readdir(blobsFolder).catch(() => []))
    bytes += await ownBytes(join(blobsFolder, name));
  await rm(join(cacheFolder, folder), { recursive: true, force: true });
  await rm(join(cacheFolder, '.locks', folder), { recursive: true, force: true });
  return bytes;
}

async function linkedBlobs(cacheFolder: string, repository: string): Promise<Set<string>> {
  const linked = new Set<string>();
  for (const commit of await commitsOf(cacheFolder, repository)) {
    const folder = join(cacheFolder, layoutOf(repository).snapshot(commit));
    for (const file of await filesOfSnapshot(folder)) {
      const blob = await blobOf(join(folder, file));
      if (blob !== null) linked.add(blob);
    }
  }
  return linked;
}

/** Removes `folder` and those above it, up to but without `root`, as long as they are empty. */
async function removeEmptyFolders(folder: string, root: string): Promise<void> {
  for (let path = folder; path !== root && path.startsWith(root); path = dirname(path)) {
    const isGone = await rmdir(path).then(
      () => true,
      () => false, // not empty
    );
    if (!isGone) return;
  }
}

async function refuseWhileLoading(cacheFolder: string, repository: string): Promise<void> {
  const folder = join(cacheFolder, '.locks', layoutOf(repository).folder);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.smooth-foley.lock'));
  for (const name of names) {
    if (!(await isLocked(join(folder, name)))) continue;
    throw new FoleyError('output-failed', `${repository} is being downloaded by another process`, {
      hint: 'Wait until it is done, or interrupt it.',
    });
  }
}
