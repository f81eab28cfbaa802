/** @file The files of a result: their names, the check before the work, and how they appear all at once. */
import { createHash, randomBytes } from 'node:crypto';
import { access, constants, link, lstat, mkdir, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { asOutputError } from '../files/atomic-file.node.js';
import type { FoleyRequest } from './request.js';

/** The folder and the stem of a request's results: `<stem>.foley.wav` and so on. */
export interface ResultPlace {
  readonly folder: string;
  readonly stem: string;
}

/** Where the results of a request go. */
export function resultPlace(request: Pick<FoleyRequest, 'video' | 'outDir'>): ResultPlace {
  const video = resolve(request.video);
  return { folder: resolve(request.outDir ?? dirname(video)), stem: basename(video, extname(video)) };
}

/** `<stem>.foley`, or `<stem>.foley-2` for one of several takes. */
export function takeName(stem: string, take: number, takes: number): string {
  return takes === 1 ? `${stem}.foley` : `${stem}.foley-${take + 1}`;
}

/** A folder beside the results, on the same disk, that holds them until they are complete. */
export interface StagingFolder {
  readonly path: string;
  /** Removes it, and the result folder too where that was made for it and is still empty. */
  discard(): Promise<void>;
  /**
   * Gives every staged file its name in the result folder, or none of them.
   * @returns the final paths, sorted by name
   */
  publish(overwrite: boolean): Promise<string[]>;
}

/** Staging folders say whose they are, so that those of a process that was killed are known. */
const stagingPrefix = '.smooth-foley-at-';
const asidePrefix = '.smooth-foley-old-';

function ownerName(): string {
  const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
  return `${host}-${process.pid}-`;
}

/**
 * Clears away what processes of this machine left in a folder when they were killed: results that were not complete are
 * removed, and what they were about to replace is put back.
 */
export async function sweepAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const prefix = [stagingPrefix, asidePrefix].find((one) => name.startsWith(one));
    if (prefix === undefined || !isAbandoned(name.slice(prefix.length))) continue;
    const path = join(folder, name);
    if (prefix === asidePrefix) {
      for (const kept of await readdir(path)) {
        if (!(await isThere(join(folder, kept)))) await rename(join(path, kept), join(folder, kept));
      }
    }
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Whether the rest of a staging folder's name is that of a process of this machine that is no more. */
function isAbandoned(owner: string): boolean {
  const [host, pid] = owner.split('-');
  if (!ownerName().startsWith(`${host}-`)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * Checks that results can be written, and makes room for them.
 * @throws output-exists, output-failed
 */
export async function openStagingFolder(
  place: ResultPlace,
  names: readonly string[],
  overwrite: boolean,
): Promise<StagingFolder> {
  const { folder } = place;
  const madeFolder = await asOutput(folder, () => mkdir(folder, { recursive: true }));
  try {
    await asOutput(folder, () => access(folder, constants.W_OK));
    await asOutput(folder, () => sweepAbandoned(folder));
    if (!overwrite) await assertFree(folder, names);
    const path = await asOutput(folder, () => mkdtemp(join(folder, stagingPrefix + ownerName())));
    return {
      path,
      discard: () => discard(path, madeFolder),
      publish: (force) => asOutput(folder, () => publish(path, folder, force)),
    };
  } catch (error) {
    await removeEmptyFolders(folder, madeFolder);
    throw error;
  }
}

/** @throws output-exists naming the first result that is there already */
async function assertFree(folder: string, names: readonly string[]): Promise<void> {
  const present = new Set(await readdir(folder));
  for (const name of names) {
    const taken = [...present].sort().find((file) => file.startsWith(`${name}.`));
    if (taken !== undefined) throw existsError(join(folder, taken));
  }
}

function existsError(path: string): FoleyError {
  return new FoleyError('output-exists', `${path} exists already`, {
    hint: 'Add --overwrite to replace it, or choose another --out-dir.',
  });
}

/**
 * Moves the staged files into place. What stood there is kept aside until all have arrived, and put back otherwise.
 */
async function publish(staging: string, folder: string, overwrite: boolean): Promise<string[]> {
  const names = (await readdir(staging)).sort();
  const aside = join(folder, `${asidePrefix}${ownerName()}${randomBytes(6).toString('hex')}`);
  const placed: string[] = [];
  const moved: string[] = [];
  await mkdir(aside);
  try {
    for (const name of names) {
      const target = join(folder, name);
      if (await isThere(target)) {
        if (!overwrite) throw existsError(target);
        await rename(target, join(aside, name));
        moved.push(name);
      }
      await placeNew(join(staging, name), target);
      placed.push(name);
    }
  } catch (error) {
    for (const name of placed) await rm(join(folder, name), { force: true });
    for (const name of moved) await rename(join(aside, name), join(folder, name));
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
  await rm(staging, { recursive: true, force: true });
  return names.map((name) => join(folder, name));
}

/** A rename that refuses to replace; file systems without hard links fall back to a plain rename. */
async function placeNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
    await rm(from);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw existsError(to);
    await rename(from, to);
  }
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function discard(staging: string, madeFolder: string | undefined): Promise<void> {
  await rm(staging, { recursive: true, force: true, maxRetries: 3 });
  await removeEmptyFolders(dirname(staging), madeFolder);
}

/** Removes `folder` and its parents up to `topmost`, as far as they are empty. */
async function removeEmptyFolders(folder: string, topmost: string | undefined): Promise<void> {
  if (topmost === undefined) return;
  for (let path = folder; path.startsWith(topmost); path = dirname(path)) {
    const left = await readdir(path).catch(() => ['unreadable']);
    if (left.length > 0) return;
    await rmdir(path);
  }
}

async function asOutput<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const named = asOutputError(join(path, 'results'), error);
    if (named instanceof FoleyError) throw named;
    throw new FoleyError('output-failed', `cannot write into ${path}: ${messageOf(error)}`, { cause: error });
  }
}
