/** @file One file from the hub into the cache: resumed where it broke off, hashed as it comes, named only when it is right. */
import type { Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FoleyError } from '../errors/foley-error.js';
import { asOutputError } from '../files/atomic-file.node.js';
import { createBlobHash, hashFileInto, hashKindOf } from './blob-hash.node.js';
import { lockBlob } from './blob-lock.node.js';
import { layoutOf } from './cache-layout.js';
import { formatBytes } from './format-bytes.js';
import type { HubClient } from './hub-client.node.js';
import type { HubResponse } from './hub-request.node.js';
import { PassingFailure, withRetries } from './passing-failure.js';
import type { ListedFile } from './repository-listing.node.js';

export interface BlobDownload {
  readonly client: HubClient;
  readonly repository: string;
  readonly commit: string;
  readonly file: ListedFile;
  /** How much of the file is here, told often; falls when a download starts over. */
  readonly onBytes?: ((bytesHere: number) => void) | undefined;
  /** Another process is at the same file. */
  readonly onWaiting?: (() => void) | undefined;
}

/** What is here of a file: its bytes on disk, and the hash of just those. */
interface Partial {
  readonly handle: FileHandle;
  hash: Hash;
  bytes: number;
  /** Bytes that came from an earlier run. */
  readonly inheritedBytes: number;
}

/**
 * Downloads one blob unless the cache has it. Interrupted, it leaves `*.incomplete` behind, from which the next call
 * goes on.
 *
 * @returns whether anything was downloaded
 * @throws weights-invalid when the content is not what was listed, network-failed, model-missing, output-failed, cancelled
 */
export async function downloadBlob(download: BlobDownload): Promise<boolean> {
  const { client, repository, file, onWaiting } = download;
  const { cacheFolder } = client.settings;
  const layout = layoutOf(repository);
  const blobPath = join(cacheFolder, layout.blob(file.hash));
  if (await isWhole(blobPath, file)) return false;
  const { wait, signal } = client.retries;
  const lock = await lockBlob(join(cacheFolder, layout.lock(file.hash)), { wait, signal, onWaiting });
  try {
    if (await isWhole(blobPath, file)) return false;
    const incompletePath = join(cacheFolder, layout.incompleteBlob(file.hash));
    await fetchWhole(download, incompletePath);
    if (!(await lock.isHeld())) {
      throw new FoleyError('output-failed', `${file.file}: another process took over the download`, {
        hint: 'Run the command again.',
      });
    }
    await rename(incompletePath, blobPath);
    await rm(tagPathOf(incompletePath), { force: true });
    return true;
  } catch (thrown) {
    throw asOutputError(blobPath, thrown);
  } finally {
    await lock.release();
  }
}

/** Whether the cache has a blob, as far as its size tells. */
export async function isWhole(path: string, file: ListedFile): Promise<boolean> {
  return (await stat(path).catch(() => null))?.size === file.bytes;
}

/** Brings the incomplete file to its full length and right hash. */
async function fetchWhole(download: BlobDownload, incompletePath: string): Promise<void> {
  const { file } = download;
  await mkdir(dirname(incompletePath), { recursive: true });
  const inherited = await fetchRest(download, incompletePath);
  if (inherited === 'right') return;
  // a wrong beginning may come from an earlier run: once, all of it is loaded anew
  if (inherited === 'wrong-after-resume' && (await fetchRest(download, incompletePath)) === 'right') return;
  throw new FoleyError(
    'weights-invalid',
    `${file.file} of ${download.repository} does not have the ${hashKindOf(file.hash)} that the hub lists for it`,
    { hint: 'What came was thrown away. Try again; if it stays so, do not trust the source.' },
  );
}

/** Goes on from what is there. What has a wrong hash in the end is removed. */
async function fetchRest(
  download: BlobDownload,
  incompletePath: string,
): Promise<'right' | 'wrong' | 'wrong-after-resume'> {
  const { client, file, onBytes } = download;
  const handle = await open(incompletePath, 'a+').then(async (created) => {
    await created.close();
    return open(incompletePath, 'r+');
  });
  try {
    const partial = await openPartial(handle, incompletePath, file, client.signal);
    onBytes?.(partial.bytes);
    let bytesBefore = partial.bytes;
    const hasProgressed = (): boolean => {
      const progressed = partial.bytes > bytesBefore;
      bytesBefore = partial.bytes;
      return progressed;
    };
    await withRetries(
      () => (partial.bytes < file.bytes ? receive(download, partial, incompletePath) : Promise.resolve()),
      client.retries,
      hasProgressed,
    );
    if (partial.hash.digest('hex') !== file.hash) {
      await removePartial(incompletePath);
      return partial.inheritedBytes > 0 ? 'wrong-after-resume' : 'wrong';
    }
    await handle.sync();
    return 'right';
  } finally {
    await handle.close();
  }
}

async function openPartial(
  handle: FileHandle,
  path: string,
  file: ListedFile,
  signal: AbortSignal | undefined,
): Promise<Partial> {
  const { size } = await handle.stat();
  const bytes = size <= file.bytes ? size : 0;
  if (bytes !== size) await handle.truncate(0);
  const hash = createBlobHash(file.hash, file.bytes);
  await hashFileInto(hash, path, bytes, signal);
  return { handle, hash, bytes, inheritedBytes: bytes };
}

async function startOver(partial: Partial, file: ListedFile): Promise<void> {
  await partial.handle.truncate(0);
  partial.bytes = 0;
  partial.hash = createBlobHash(file.hash, file.bytes);
}

/** One request, from where we are to the end. @throws PassingFailure when it ends too early */
async function receive(download: BlobDownload, partial: Partial, incompletePath: string): Promise<void> {
  const { client, repository, commit, file, onBytes } = download;
  const name = file.file.split('/').map(encodeURIComponent).join('/');
  const response = await client.open(`/${repository}/resolve/${commit}/${name}`, {
    what: `${file.file} of ${repository}`,
    repository,
    headers: await rangeHeaders(partial, incompletePath),
  });
  try {
    checkAnnounced(response, download);
    if (response.status === 416) {
      await startOver(partial, file);
      throw new PassingFailure(`${file.file} of ${repository}: the hub refuses the rest of the file`);
    }
    if (partial.bytes > 0 && rangeStartOf(response) !== partial.bytes) {
      if (response.status === 206) {
        await startOver(partial, file);
        throw new PassingFailure(
          `${file.file} of ${repository}: the hub sent another part than was asked for`,
        );
      }
      await startOver(partial, file); // it sends the whole file
    }
    await rememberTag(response, incompletePath);
    for await (const chunk of response.body) {
      if (partial.bytes + chunk.byteLength > file.bytes) {
        await removePartial(incompletePath);
        throw new FoleyError(
          'weights-invalid',
          `${file.file} of ${repository} is larger than the ${file.bytes} bytes that the hub lists`,
          { hint: 'What came was thrown away.' },
        );
      }
      await writeFully(partial, chunk);
      onBytes?.(partial.bytes);
    }
  } finally {
    await response.discard();
  }
  if (partial.bytes < file.bytes) {
    throw new PassingFailure(
      `${file.file} of ${repository}: ${formatBytes(partial.bytes)} of ${formatBytes(file.bytes)} came, then the transfer ended`,
      { hint: 'Run the command again: it goes on from there.' },
    );
  }
}

async function writeFully(partial: Partial, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.byteLength; ) {
    const { bytesWritten } = await partial.handle.write(
      chunk,
      offset,
      chunk.byteLength - offset,
      partial.bytes,
    );
    partial.hash.update(chunk.subarray(offset, offset + bytesWritten));
    partial.bytes += bytesWritten;
    offset += bytesWritten;
  }
}

/** Compares what the hub says of the file itself with its listing, and refuses pages in place of files. */
function checkAnnounced(
  { hubHeaders, headers, status }: HubResponse,
  { repository, commit, file }: BlobDownload,
): void {
  const what = `${file.file} of ${repository}`;
  const tag = etagOf(hubHeaders.get('x-linked-etag') ?? hubHeaders.get('etag'));
  if (tag !== null && /^[0-9a-f]+$/.test(tag) && tag.length === file.hash.length && tag !== file.hash) {
    throw new FoleyError('weights-invalid', `${what} is another file than the hub lists (its ETag differs)`);
  }
  const commitNow = hubHeaders.get('x-repo-commit');
  if (commitNow !== null && commitNow !== commit) {
    throw new FoleyError('weights-invalid', `${what} comes from another commit than was asked for`);
  }
  const isPage = /\bhtml\b/.test(headers.get('content-type') ?? '') && !/\.html?$/.test(file.file);
  if (isPage) {
    throw new FoleyError('network-failed', `${what}: a web page came in place of the file`, {
      hint: 'A login page of the network, or HF_ENDPOINT is not a hub.',
    });
  }
  const isCompressed = !['identity', null].includes(headers.get('content-encoding'));
  const announced = [
    hubHeaders.get('x-linked-size'),
    status === 200 && !isCompressed ? headers.get('content-length') : null,
  ];
  for (const bytes of announced) {
    if (bytes === null || Number(bytes) === file.bytes) continue;
    throw new FoleyError(
      'weights-invalid',
      `${what}: the hub lists ${file.bytes} bytes and announces ${Number(bytes)}`,
    );
  }
}

async function rangeHeaders(partial: Partial, incompletePath: string): Promise<Record<string, string>> {
  if (partial.bytes === 0) return {};
  const tag = await readFile(tagPathOf(incompletePath), 'utf8').catch(() => '');
  return {
    range: `bytes=${partial.bytes}-`,
    ...(isStrongTag(tag) ? { 'if-range': tag } : {}),
  };
}

/** Keeps the ETag of the storage, so that a file which changed meanwhile comes whole. */
async function rememberTag({ headers, status }: HubResponse, incompletePath: string): Promise<void> {
  if (status !== 200) return;
  const tag = headers.get('etag') ?? '';
  if (isStrongTag(tag)) await writeFile(tagPathOf(incompletePath), tag);
  else await rm(tagPathOf(incompletePath), { force: true });
}

function isStrongTag(tag: string): boolean {
  return /^"[\u0021\u0023-\u007e]{1,200}"$/.test(tag);
}

function etagOf(header: string | null): string | null {
  return header === null ? null : header.replace(/^W\//, '').replaceAll('"', '');
}

/** First byte of a partial answer; null for a whole one. */
function rangeStartOf({ headers, status }: HubResponse): number | null {
  const [, start] = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '') ?? [];
  return status === 206 && start !== undefined ? Number(start) : null;
}

function tagPathOf(incompletePath: string): string {
  return `${incompletePath}.etag`;
}

async function removePartial(incompletePath: string): Promise<void> {
  await rm(incompletePath, { force: true });
  await rm(tagPathOf(incompletePath), { force: true });
}
