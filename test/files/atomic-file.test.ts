/** @file The final name shows the old content or the new content, never a part, and failures leave nothing behind. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FoleyError } from '../../src/errors/foley-error.js';
import { asOutputError, withTemporaryPath, writeFileAtomic } from '../../src/files/atomic-file.node.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atomic-file-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('expected a rejection'),
    (error: unknown) => error,
  );
}

describe('writeFileAtomic', () => {
  test('writes bytes and replaces an older file', async () => {
    const path = join(folder, 'a.bin');
    await writeFileAtomic(path, new Uint8Array([1, 2]));
    await writeFileAtomic(path, new Uint8Array([3]));
    expect([...(await readFile(path))]).toEqual([3]);
    expect(await readdir(folder)).toEqual(['a.bin']);
  });

  test('writes the chunks of an iterable in order and shows nothing before the end', async () => {
    const path = join(folder, 'a.bin');
    let seenMeanwhile: string[] = [];
    async function* chunks() {
      yield new Uint8Array([1]);
      yield new Uint8Array(0);
      seenMeanwhile = await readdir(folder);
      yield new Uint8Array([2, 3]);
    }
    await writeFileAtomic(path, chunks());
    expect(seenMeanwhile).toHaveLength(1);
    expect(seenMeanwhile).not.toContain('a.bin');
    expect([...(await readFile(path))]).toEqual([1, 2, 3]);
  });

  test('keeps the old file and leaves nothing behind when the source fails', async () => {
    const path = join(folder, 'a.bin');
    await writeFile(path, 'old');
    const fault = new Error('decoder gave up');
    async function* chunks() {
      yield new Uint8Array([1]);
      throw fault;
    }
    expect(await rejectionOf(writeFileAtomic(path, chunks()))).toBe(fault);
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['a.bin']);
  });

  test('says which folder is missing', async () => {
    const path = join(folder, 'missing', 'a.bin');
    const error = await rejectionOf(writeFileAtomic(path, new Uint8Array(1)));
    expect(error).toBeInstanceOf(FoleyError);
    expect(error).toMatchObject({ code: 'output-failed', hint: expect.stringContaining('folder') });
    expect((error as FoleyError).message).toContain(path);
  });

  test('refuses a folder of the same name and leaves nothing behind', async () => {
    const error = await rejectionOf(writeFileAtomic(folder, new Uint8Array(1)));
    expect(error).toMatchObject({ code: 'output-failed' });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('withTemporaryPath', () => {
  test('keeps folder and extension, and returns the result', async () => {
    const path = join(folder, 'clip.mp4');
    let temporaryPath = '';
    const result = await withTemporaryPath(path, async (given) => {
      temporaryPath = given;
      await writeFile(given, 'content');
      return 7;
    });
    expect(result).toBe(7);
    expect(temporaryPath.startsWith(folder)).toBe(true);
    expect(temporaryPath.endsWith('.mp4')).toBe(true);
    expect(await readFile(path, 'utf8')).toBe('content');
    expect(await readdir(folder)).toEqual(['clip.mp4']);
  });

  test('fails when nothing was written', async () => {
    const error = await rejectionOf(withTemporaryPath(join(folder, 'a'), async () => {}));
    expect(error).toMatchObject({ code: 'output-failed' });
  });
});

describe('asOutputError', () => {
  // A full disk and a read-only file system cannot be made in a portable test; their error objects can.
  test.each([
    ['ENOSPC', 'full'],
    ['EROFS', 'read-only'],
    ['EACCES', 'permissions'],
  ])('gives %s a hint', (code, word) => {
    const cause = Object.assign(new Error(`${code}: no`), { code, syscall: 'write' });
    expect(asOutputError('out.wav', cause)).toMatchObject({
      code: 'output-failed',
      message: expect.stringContaining('out.wav'),
      hint: expect.stringContaining(word),
      cause,
    });
  });

  test('leaves an input file that could not be opened to its own message', () => {
    const cause = Object.assign(new Error('ENOENT'), {
      code: 'ENOENT',
      syscall: 'open',
      path: 'in/clip.mp4',
    });
    expect(asOutputError('out/clip.wav', cause)).toBe(cause);
  });

  test('passes other errors through', () => {
    const fault = new RangeError('not of the disk');
    expect(asOutputError('out.wav', fault)).toBe(fault);
  });
});
