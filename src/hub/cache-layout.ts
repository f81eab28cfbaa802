/**
 * @file Where things lie in the hub's cache, which we share with huggingface_hub and everything built on it:
 * `models--owner--name/{blobs,refs,snapshots,trees}` and `.locks` beside them.
 * Source: https://huggingface.co/docs/hub/local-cache
 */
import { FoleyError } from '../errors/foley-error.js';

/** Paths of one repository, relative to the cache folder, with `/`. */
export interface RepositoryLayout {
  readonly folder: string;
  /** Content, named by its hash: SHA-1 as git counts it (40 hex digits), or SHA-256 for large files (64). */
  blob(hash: string): string;
  /** What is there of a blob that is still on its way. huggingface_hub gives its own another name. */
  incompleteBlob(hash: string): string;
  lock(hash: string): string;
  /** One text file for each branch or tag, holding the commit. */
  ref(revision: string): string;
  snapshot(commit: string): string;
  /** A link into `blobs`. */
  snapshotFile(commit: string, file: string): string;
  /** The list of a commit's files, in the form huggingface_hub 2 keeps it. */
  tree(commit: string): string;
}

/** `owner/name` -> `models--owner--name`. */
export function folderNameOf(repository: string): string {
  return `models--${repository.replaceAll('/', '--')}`;
}

/** `models--owner--name` -> `owner/name`; null for a folder of something else. */
export function repositoryOfFolder(folderName: string): string | null {
  const [kind, ...parts] = folderName.split('--');
  return kind === 'models' && parts.length >= 1 && parts.length <= 2 && parts.every((part) => part !== '')
    ? parts.join('/')
    : null;
}

export function layoutOf(repository: string): RepositoryLayout {
  const folder = folderNameOf(repository);
  const blob = (hash: string): string => `${folder}/blobs/${hash}`;
  const snapshot = (commit: string): string => `${folder}/snapshots/${commit}`;
  return {
    folder,
    blob,
    incompleteBlob: (hash) => `${blob(hash)}.smooth-foley.incomplete`,
    lock: (hash) => `.locks/${folder}/${hash}.smooth-foley.lock`,
    ref: (revision) => `${folder}/refs/${revision}`,
    snapshot,
    snapshotFile: (commit, file) => `${snapshot(commit)}/${checkFileName(file)}`,
    tree: (commit) => `${folder}/trees/${commit}.json`,
  };
}

/** What a snapshot's link holds: the way up from the file's folder, then into `blobs`. */
export function linkTargetOf(file: string, hash: string): string {
  return `${'../'.repeat(file.split('/').length + 1)}blobs/${hash}`;
}

const longestPath = 512;
const longestName = 200;
/** Names that Windows gives to devices, whatever the ending. */
const deviceName = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
/** Control characters, what Windows forbids in a name, and the characters that turn text around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const forbidden = /[\u0000-\u001f\u007f-\u009f<>:"|?*\\\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

/** Whether a name out of a listing can become a path on every system, inside its folder. */
export function isSafeFileName(file: string): boolean {
  return (
    file.length <= longestPath &&
    !forbidden.test(file) &&
    file
      .split('/')
      .every(
        (part) =>
          part !== '' &&
          part !== '.' &&
          part !== '..' &&
          part.length <= longestName &&
          !/[. ]$|^ /.test(part) &&
          !deviceName.test(part),
      )
  );
}

/** @throws weights-invalid for a name that could leave its folder or that some system cannot hold */
export function checkFileName(file: string): string {
  if (isSafeFileName(file)) return file;
  throw new FoleyError(
    'weights-invalid',
    `the listing has a file name that is not safe: ${JSON.stringify(file.slice(0, 80))}`,
    {
      hint: 'No file of this repository was written under that name. Do not trust it.',
    },
  );
}
