/**
 * @file One process at a time loads a blob; the others wait for it.
 *
 * huggingface_hub locks with flock, which Node does not have, so our lock is a file of its own name. Beside
 * huggingface_hub no harm is done: each writes to a file of its own and gives it its name when it is whole.
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { asOutputError } from '../files/atomic-file.node.js';
import type { Wait } from './passing-failure.js';

export interface BlobLock {
  /** Whether the lock is still ours. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

export interface LockOptions {
  readonly wait: Wait;
  readonly signal?: AbortSignal | undefined;
  /** Told once when another process has the lock. */
  readonly onWaiting?: (() => void) | undefined;
}

const pollMs = 500;
const heartbeatMs = 10_000;
/** A lock whose owner has not been heard of for this long is nobody's. */
const staleMs = 60_000;

/** Takes the lock, waiting for whoever has it. @throws cancelled, output-failed */
export async function lockBlob(path: string, { wait, signal, onWaiting }: LockOptions): Promise<BlobLock> {
  const id = `${hostname()} ${process.pid} ${randomBytes(8).toString('hex')}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    let isTold = false;
    while (!(await create(path, id))) {
      if (await breakStale(path)) continue;
      if (!isTold) onWaiting?.();
      isTold = true;
      await wait(pollMs, signal);
    }
  } catch (thrown) {
    throw asOutputError(path, thrown);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {}); // whoever takes the file away is noticed by isHeld
  }, heartbeatMs);
  heartbeat.unref();
  const isHeld = async (): Promise<boolean> => (await contentOf(path)) === id;
  return {
    isHeld,
    async release() {
      clearInterval(heartbeat);
      if (await isHeld()) await rm(path, { force: true });
    },
  };
}

async function create(path: string, id: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(id);
    } finally {
      await file.close();
    }
    return true;
  } catch (thrown) {
    if (isCode(thrown, 'EEXIST')) return false;
    throw thrown;
  }
}

/** Whether somebody has the lock. */
export async function isLocked(path: string): Promise<boolean> {
  return (await staleContentOf(path)) === 'locked';
}

/** What a lock holds whose owner is gone; `locked` while it has one, `none` when there is none. */
async function staleContentOf(path: string): Promise<{ content: string | null } | 'locked' | 'none'> {
  const content = await contentOf(path);
  const age = await stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => null,
  );
  if (age === null) return 'none';
  return age < staleMs && !isOwnerDead(content) ? 'locked' : { content };
}

/** Takes a lock away whose owner is gone. @returns whether it is worth trying again at once */
async function breakStale(path: string): Promise<boolean> {
  const stale = await staleContentOf(path);
  if (stale === 'locked') return false;
  if (stale === 'none') return true;
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (thrown) {
    if (isCode(thrown, 'ENOENT')) return true;
    throw thrown;
  }
  // between reading and renaming, another may have broken it and taken it: then it goes back
  if ((await contentOf(aside)) !== stale.content) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
  return true;
}

/** Whether the owner is a process of this machine that no longer runs. */
function isOwnerDead(content: string | null): boolean {
  const [host, pid] = (content ?? '').split(' ');
  if (host !== hostname() || !/^\d+$/.test(pid ?? '')) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (thrown) {
    return isCode(thrown, 'ESRCH');
  }
}

async function contentOf(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null);
}

function isCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}
