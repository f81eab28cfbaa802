/** @file Where the bytes of clips and results are: a folder that all machines see, or an S3-compatible store. */

/** Part of a blob; both ends inclusive, as in HTTP. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Keys are made by the service alone: segments of letters, digits, `.`, `_` and `-`, joined by `/`. */
export interface BlobStore {
  /** Stores the content of a file. A blob is whole or absent, whatever happens meanwhile. */
  put(key: string, path: string): Promise<void>;
  /** @throws ServiceError `not-found` */
  read(key: string, range: ByteRange | null, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Puts the content where the file does not exist yet; linked where that is possible, so do not write to it. */
  materialize(key: string, path: string, signal?: AbortSignal): Promise<void>;
  /** Bytes; null when there is no such blob. */
  size(key: string): Promise<number | null>;
  /** Removes every blob whose key begins with `prefix` and a slash, or is `prefix`. */
  remove(prefix: string): Promise<void>;
}

const keyPattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/** Ends a programming error before it becomes a path. */
export function assertKey(key: string): void {
  if (!keyPattern.test(key)) throw new Error(`no key of a blob: ${JSON.stringify(key)}`);
}
