/** @file The command line as a process of its own: interrupted, killed, or with no room left on the disk. */
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { example, useRuns } from './runs.js';

const runs = useRuns();

describe('a process of its own', () => {
  const cli = fileURLToPath(new URL('../run-main.ts', import.meta.url));
  const start = (shell: string, ...args: string[]) =>
    spawn(
      'bash',
      [
        '-c',
        `${shell} exec "$@"`,
        'bash',
        process.execPath,
        '--import',
        import.meta.resolve('tsx'),
        cli,
        'generate',
        example,
        '--label',
        'dog',
        '--model',
        runs.model,
        '--out-dir',
        runs.out,
        '--cache-dir',
        join(runs.root, 'cache'),
        ...args,
      ],
      { detached: true },
    );

  it('leaves nothing half-written when Ctrl-C ends it', async () => {
    const child = start('', '--steps', '500');
    let stderr = '';
    const code = await new Promise<number | null>((resolve) => {
      child.stderr.on('data', (chunk: Buffer) => {
        const was = stderr.includes('making sound');
        stderr += chunk.toString();
        // as a terminal does: to every process of the group
        if (!was && stderr.includes('making sound')) process.kill(-child.pid!, 'SIGINT');
      });
      child.on('exit', resolve);
    });
    expect(stderr).toContain('error: the job was cancelled');
    expect(code).toBe(130);
    expect(await readdir(runs.out)).toEqual([]);
  });

  it('leaves nothing behind when it is killed itself', async () => {
    const child = start('', '--steps', '500');
    await new Promise<void>((resolve) => {
      child.stderr.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('making sound')) resolve();
      });
      child.on('exit', () => resolve());
    });
    expect(await readdir(runs.out)).toHaveLength(1);
    child.kill('SIGKILL');
    await expect.poll(() => readdir(runs.out), { timeout: 30_000 }).toEqual([]);
  });

  it('says that the disk is full', async () => {
    // a limit on the size of files stands in for a full disk: writing fails in the same place
    const child = start("ulimit -f 16; trap '' XFSZ;", '--steps', '1', '-q');
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect(stderr).toMatch(/^error: cannot write .*dog-lying\.foley\.\w+: .*(EFBIG|ENOSPC)/);
    expect(code).toBe(1);
    expect(await readdir(runs.out)).toEqual([]);
  });
});
