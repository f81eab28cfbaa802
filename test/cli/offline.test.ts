/** @file A whole generation, parent and child, in which any attempt to connect or to look a host up would be seen. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeRandomModel } from '../foley/random-model.js';

const hook = new URL('./no-connections.mjs', import.meta.url).href;
const program = fileURLToPath(new URL('./run-main.ts', import.meta.url));
const example = fileURLToPath(new URL('../../examples/dog-lying.mp4', import.meta.url));

let folder: string;
let log: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offline-'));
  log = join(folder, 'log');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs the command line in a process of its own; the hook goes along into its children. */
async function run(...argv: string[]) {
  const env = { ...process.env, NODE_OPTIONS: `--import tsx --import ${hook}`, NO_CONNECTIONS_LOG: log };
  const { code, stderr } = await promisify(execFile)(process.execPath, [program, ...argv], { env }).then(
    (streams) => ({ code: 0, ...streams }),
    (thrown: { code: number; stderr: string }) => thrown,
  );
  return { code, stderr, lines: new Set((await readFile(log, 'utf8')).trim().split('\n')) };
}

describe('offline', () => {
  it('generate opens nothing, in the parent and in the child', { timeout: 600_000 }, async () => {
    const model = join(folder, 'model');
    await writeRandomModel(model);
    const asked = [
      '--label',
      'dog',
      '--model',
      model,
      '--steps',
      '1',
      '--duration',
      '0.5',
      '--cache-dir',
      'none',
    ];
    const { code, stderr, lines } = await run(
      'generate',
      example,
      ...asked,
      '--out-dir',
      folder,
      '--offline',
    );
    expect([code, stderr.includes('made in')]).toEqual([0, true]);
    expect(await readdir(folder)).toContain('dog-lying.foley.wav');
    expect(lines).toEqual(new Set(['loaded in the parent', 'loaded in the child']));
  });

  it('the hook sees a pull that is not offline', { timeout: 600_000 }, async () => {
    const { code, lines } = await run('models', 'pull', 'owner/name', '--quiet');
    expect(code).toBe(1);
    expect([...lines].some((line) => line.startsWith('tried'))).toBe(true);
  });
});
