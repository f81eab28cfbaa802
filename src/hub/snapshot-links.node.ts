/** @file Makes a snapshot out of blobs: links, the list of files, and what a branch stands for. */
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asOutputError, writeFileAtomic } from '../files/atomic-file.node.js';
import { layoutOf, linkTargetOf } from './cache-layout.js';
import { isCommit } from './repository-id.js';
import type { ListedFile, RepositoryState } from './repository-listing.node.js';

/**
 * Links a file of a snapshot to its blob, replacing an older link in one step. Where the system has no links, the
 * blob itself moves into the snapshot, as huggingface_hub does.
 */
export async function linkIntoSnapshot(
  cacheFolder: string,
  { repository, commit }: Pick<RepositoryState, 'repository' | 'commit'>,
  { file, hash }: Pick<ListedFile, 'file' | 'hash'>,
): Promise<void> {
  const layout = layoutOf(repository);
  const path = join(cacheFolder, layout.snapshotFile(commit, file));
  const target = linkTargetOf(file, hash);
  if ((await readlink(path).catch(() => null)) === target) return;
  const temporaryPath = join(dirname(path), `.${randomBytes(6).toString('hex')}.partial`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await symlink(target, temporaryPath);
    await rename(temporaryPath, path);
  } catch (thrown) {
    await rm(temporaryPath, { force: true });
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw asOutputError(path, thrown);
    await rename(join(cacheFolder, layout.blob(hash)), path);
  }
}

/** The file of a snapshot where links are not to be had: a plain file. */
export async function isPlainSnapshotFile(path: string, bytes: number): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  return found?.isFile() === true && found.size === bytes;
}

/** Keeps the list of a commit's files, in the form in which huggingface_hub 2 reads and writes it. */
export async function writeTree(cacheFolder: string, state: RepositoryState): Promise<void> {
  const entries = state.files.map(({ file, bytes, hash, gitHash }) => [
    file,
    {
      size: bytes,
      blob_id: gitHash,
      ...(hash === gitHash ? {} : { lfs_sha256: hash, lfs_size: bytes }),
    },
  ]);
  const path = join(cacheFolder, layoutOf(state.repository).tree(state.commit));
  await writeInto(path, JSON.stringify({ format_version: 1, files: Object.fromEntries(entries) }, null, 1));
}

/** Lets a branch or tag stand for a commit. */
export async function writeRef(cacheFolder: string, state: RepositoryState): Promise<void> {
  if (isCommit(state.revision)) return;
  const path = join(cacheFolder, layoutOf(state.repository).ref(state.revision));
  await writeInto(path, state.commit);
}

async function writeInto(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (thrown) {
    throw asOutputError(path, thrown);
  }
  await writeFileAtomic(path, new TextEncoder().encode(text));
}
