import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runFoleyJob } from '../../src/foley/job-runner.node.js';
import { parseRequest } from '../../src/foley/request.js';

const workerPath = fileURLToPath(new URL('./workers/misbehaving.ts', import.meta.url));
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'job-runner-'));
});
afterEach(async () => {
  expect(runningChildren()).toEqual([]);
  await rm(folder, { recursive: true });
});

/** Command lines of children of this process that are still there. */
function runningChildren(): string[] {
  const table = execFileSync('ps', ['-o', 'args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  return table.split('\n').filter((line) => line.includes('misbehaving'));
}

const request = (label: string, fields = {}) =>
  parseRequest({ video: join(folder, 'clip.mp4'), label, outDir: join(folder, 'out'), ...fields });

describe('a job in a child', () => {
  it('publishes what a child has made', async () => {
    const told: number[] = [];
    const result = await runFoleyJob(request('succeed'), {
      workerPath,
      onProgress: ({ done }) => told.push(done),
    });
    expect(result.paths).toEqual([join(folder, 'out', 'clip.foley.wav')]);
    expect(result.peakRssBytes).toBe(123);
    expect(result.processorSeconds).toBe(4);
    expect(told).toEqual([1]);
    expect(await readdir(join(folder, 'out'))).toEqual(['clip.foley.wav']);
  });

  it.each([
    ['crash', 'engine-failed', /process died \(SIGSEGV\)/],
    ['exit', 'engine-failed', /process died \(exit code 7\)/],
    ['fail', 'input-rejected', /clip\.mp4 is a text file/],
  ])('that has a child %s is an error, and leaves nothing', async (label, code, message) => {
    const error = await runFoleyJob(request(label), { workerPath }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message), hint: expect.any(String) });
    expect(await readdir(folder)).toEqual([]);
  });

  it('ends a child that says nothing for too long', async () => {
    await expect(runFoleyJob(request('silence'), { workerPath, silenceMs: 400 })).rejects.toMatchObject({
      code: 'engine-failed',
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(['obey', 'busy'])('cancels a child that is made to %s', async (label) => {
    const abort = new AbortController();
    const job = runFoleyJob(request(label), {
      workerPath,
      signal: abort.signal,
      graceMs: 300,
      onProgress: () => abort.abort(),
    });
    await expect(job).rejects.toMatchObject({ code: 'cancelled' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('does not start when it is cancelled already', async () => {
    await expect(
      runFoleyJob(request('succeed'), { workerPath, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('ends a child that takes more memory than it may', async () => {
    await expect(runFoleyJob(request('gorge', { memoryLimit: 400 }), { workerPath })).rejects.toMatchObject({
      code: 'limit-exceeded',
      message: expect.stringContaining('400 MiB'),
    });
  });

  it('says that a worker cannot be started', async () => {
    await expect(
      runFoleyJob(request('succeed'), { workerPath: join(folder, 'none.js') }),
    ).rejects.toMatchObject({ code: 'engine-failed' });
  });

  it('names a timing file that is not there, before any work', async () => {
    await expect(
      runFoleyJob(request('succeed', { timing: 'no.json' }), { workerPath }),
    ).rejects.toMatchObject({
      code: 'input-missing',
      message: expect.stringContaining('no.json'),
    });
  });

  it('keeps what was there when a new attempt fails', async () => {
    await runFoleyJob(request('succeed'), { workerPath });
    await writeFile(join(folder, 'out', 'mine.txt'), 'mine');
    await runFoleyJob(request('crash', { overwrite: true }), { workerPath }).catch(() => {});
    expect((await readdir(join(folder, 'out'))).sort()).toEqual(['clip.foley.wav', 'mine.txt']);
  });
});
