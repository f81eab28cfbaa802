/** @file A folder that one process holds: a lock that the system itself releases when the process dies, however it dies. */
import { createHash } from 'node:crypto';
import { realpath, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FoleyError, messageOf } from '../errors/foley-error.js';

/** Holds until released or until this process ends. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Takes a folder for this process alone. The lock is a local socket named after the folder: no file is left behind that
 * could be taken for a live owner.
 * @throws FoleyError `usage` when another process has it
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 32);
  const address = addressOf(name);
  if (!address.startsWith('\0') && process.platform !== 'win32' && !(await isAnswered(address)))
    await rm(address, { force: true });
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const isTaken = cause.code === 'EADDRINUSE' || cause.code === 'EACCES';
      reject(
        new FoleyError(
          isTaken ? 'usage' : 'output-failed',
          isTaken
            ? `${folder} is in use by another server`
            : `${folder} cannot be locked: ${messageOf(cause)}`,
          { hint: 'Give each server a --data-dir of its own, or let them share a DATABASE_URL.', cause },
        ),
      );
    });
    server.listen(address, resolve);
  });
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

function addressOf(name: string): string {
  if (process.platform === 'linux') return `\0smooth-foley-${name}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\smooth-foley-${name}`;
  return join(tmpdir(), `smooth-foley-${name}.lock`);
}

/** Whether somebody listens; a socket file whose process has died answers nothing. */
async function isAnswered(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
