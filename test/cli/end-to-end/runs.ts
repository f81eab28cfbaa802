/** @file The real command line with a real child, on a tiny model with random weights: a folder for each test's results. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, vi } from 'vitest';
import { main } from '../../../src/cli/main.js';
import type { FoleySidecar } from '../../../src/foley/write-take.node.js';
import { writeRandomModel } from '../../foley/random-model.js';

export const example = fileURLToPath(new URL('../../../examples/dog-lying.mp4', import.meta.url));

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Runs {
  /** Of all tests of the file. */
  readonly root: string;
  /** The model folder. */
  readonly model: string;
  /** Where results go; empty before each test. */
  readonly out: string;
  run(...args: string[]): Promise<Run>;
  /** `generate VIDEO` with a label, two steps and embeddings shared by all tests of the file. */
  generate(video: string, ...args: string[]): Promise<Run>;
  sidecar(name?: string): Promise<FoleySidecar>;
}

/** For the tests of one file. */
export function useRuns(): Runs {
  // every test starts processes that open a model: seconds each, minutes on a busy machine
  vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });
  let root: string;
  let model: string;
  let out: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'end-to-end-'));
    model = join(root, 'models', 'tiny');
    await writeRandomModel(model);
  });
  afterAll(async () => {
    await rm(root, { recursive: true });
  });
  beforeEach(async () => {
    out = await mkdtemp(join(root, 'out-'));
  });
  const run = async (...args: string[]): Promise<Run> => {
    let stdout = '';
    let stderr = '';
    const streams = {
      stdout: { write: (text: string) => (stdout += text) },
      stderr: { write: (text: string) => (stderr += text) },
      env: {},
    };
    const code = await main(args, streams);
    return { code, stdout, stderr };
  };
  return {
    get root() {
      return root;
    },
    get model() {
      return model;
    },
    get out() {
      return out;
    },
    run,
    generate: (video, ...args) => {
      const places = ['--model', model, '--out-dir', out, '--cache-dir', join(root, 'cache')];
      return run('generate', video, '--label', 'dog barking', ...places, '--steps', '2', ...args);
    },
    sidecar: async (name = 'dog-lying.foley.json') => JSON.parse(await readFile(join(out, name), 'utf8')),
  };
}
