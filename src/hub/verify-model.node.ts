/** @file Rehashes what the cache holds of a model and compares it with the names of the blobs and the kept list. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createBlobHash, hashFileInto, hashKindOf } from './blob-hash.node.js';
import { type CachedSnapshot, filesOfSnapshot } from './cached-snapshot.node.js';
import { blobOf } from './inventory.node.js';
import { readTree } from './snapshot-tree.node.js';

/** What came of one file. */
export interface VerifiedFile {
  readonly repository: string;
  readonly file: string;
  readonly bytes: number;
  /** `unlisted`: nothing says what it should be. */
  readonly verdict: 'right' | 'wrong' | 'missing' | 'unlisted';
  /** In a few words; empty when it is right. */
  readonly reason: string;
}

export interface VerifyHooks {
  readonly signal?: AbortSignal | undefined;
  readonly onFile?: ((file: string, bytes: number) => void) | undefined;
}

/**
 * Reads every file of a snapshot, or those named, and hashes it.
 * @throws cancelled, output-failed when a file cannot be read
 */
export async function verifySnapshot(
  cacheFolder: string,
  snapshot: CachedSnapshot,
  only: readonly string[] | null,
  { signal, onFile }: VerifyHooks = {},
): Promise<VerifiedFile[]> {
  const { repository, commit, folder } = snapshot;
  const tree = new Map((await readTree(cacheFolder, repository, commit))?.map((file) => [file.file, file]));
  const results: VerifiedFile[] = [];
  for (const file of only ?? (await filesOfSnapshot(folder))) {
    const path = join(folder, file);
    const found = await stat(path).catch(() => null);
    const listed = tree.get(file);
    const linked = await blobOf(path);
    const bytes = found?.size ?? 0;
    onFile?.(file, bytes);
    const verdict = async (): Promise<Pick<VerifiedFile, 'verdict' | 'reason'>> => {
      if (found === null) return { verdict: 'missing', reason: 'it is not there' };
      if (listed && linked !== null && listed.hash !== linked) {
        return { verdict: 'wrong', reason: 'the link leads to another file than is listed' };
      }
      if (listed && listed.bytes !== bytes) {
        return { verdict: 'wrong', reason: `${bytes} bytes in place of ${listed.bytes}` };
      }
      const wanted = linked ?? listed?.hash;
      if (wanted === undefined) return { verdict: 'unlisted', reason: 'nothing says what it should be' };
      const hash = createBlobHash(wanted, bytes);
      await hashFileInto(hash, path, bytes, signal);
      return hash.digest('hex') === wanted
        ? { verdict: 'right', reason: '' }
        : { verdict: 'wrong', reason: `another ${hashKindOf(wanted)}` };
    };
    results.push({ repository, file, bytes, ...(await verdict()) });
  }
  return results;
}
