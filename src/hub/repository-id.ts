/** @file Names of repositories and revisions on the hub, checked before they become folders or addresses. */
import { FoleyError } from '../errors/foley-error.js';

/** A repository, and which state of it. */
export interface RepositoryId {
  /** `owner/name` */
  readonly repository: string;
  /** A commit of 40 hex digits, or the name of a branch or tag; null where none was said. */
  readonly revision: string | null;
}

/** What the hub allows in each half of a name: letters, digits, `-`, `_`, `.`, at most 96 characters. */
const namePart = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?$/;
/** Git's names of branches and tags, without what could leave a folder or an address. */
const revisionPart = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const longestRevision = 200;
const commit = /^[0-9a-f]{40}$/;

/** Whether `text` is a full commit, which never comes to mean something else. */
export function isCommit(text: string): boolean {
  return commit.test(text);
}

/** Whether `text` could be `owner/name`, perhaps with `@revision`. */
export function isRepositoryId(text: string): boolean {
  return parts(text) !== null;
}

/** Reads `owner/name` or `owner/name@revision`. @throws usage */
export function parseRepositoryId(text: string): RepositoryId {
  const id = parts(text);
  if (id === null) {
    throw new FoleyError('usage', `"${text}" is no repository of the hub`, {
      hint: 'Repositories are written owner/name, or owner/name@revision.',
    });
  }
  if (id.revision !== null) checkRevision(id.revision);
  return id;
}

/** @throws usage when a revision could be anything but the name of a commit, branch or tag */
export function checkRevision(revision: string): string {
  const isSafe =
    revision.length <= longestRevision &&
    revision
      .split('/')
      .every((part) => revisionPart.test(part) && !part.includes('..') && !part.endsWith('.lock'));
  if (!isSafe) {
    throw new FoleyError('usage', `"${revision.slice(0, 60)}" is no revision`, {
      hint: 'A revision is a commit of 40 hex digits, or the name of a branch or tag.',
    });
  }
  return revision;
}

function parts(text: string): RepositoryId | null {
  const at = text.indexOf('@');
  const repository = at < 0 ? text : text.slice(0, at);
  const halves = repository.split('/');
  const isName =
    halves.length === 2 &&
    halves.every((half) => namePart.test(half) && !half.includes('--') && !half.includes('..'));
  return isName ? { repository, revision: at < 0 ? null : text.slice(at + 1) } : null;
}
