/** @file From published files to sound on the command line: pickles are refused, converted once, and then the model runs. */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/main.js';
import { hashFile } from '../../src/conditions/embedding-cache.node.js';
import type { FoleySidecar } from '../../src/foley/write-take.node.js';
import { type PartRole, presetOf } from '../../src/hub/index.js';
import { copyPublished, golden } from '../foley/model/published-folder.js';

const example = fileURLToPath(new URL('../../examples/dog-lying.mp4', import.meta.url));
// every test starts processes that open a model: seconds each, minutes on a busy machine
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let root: string;
let folder: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'published-cli-'));
  folder = join(root, 'model');
  await copyPublished(folder);
});
afterAll(() => rm(root, { recursive: true, force: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

async function run(...args: string[]) {
  let stdout = '';
  let stderr = '';
  const code = await main(args, {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    env: { ...process.env },
  });
  return { code, stdout, stderr };
}

/** Two steps on the first pictures of the example. */
async function generate(name: string, ...args: string[]) {
  const out = join(root, name);
  const result = await run(
    ...['generate', example, '--label', 'dog barking', '--steps', '2', '--duration', '0.4'],
    ...['--out-dir', out, '--cache-dir', join(root, 'cache'), ...args],
  );
  return { ...result, out };
}

const sidecarIn = async (out: string) =>
  JSON.parse(await readFile(join(out, 'dog-lying.foley.json'), 'utf8')) as FoleySidecar;

describe('a folder of published files', () => {
  it('is refused while it holds pickles, with the command that converts them', async () => {
    const { code, stderr, out } = await generate('refused', '--model', folder);
    expect(code).toBe(4);
    expect(stderr).toContain('lacks the weights of the vae as safetensors');
    expect(stderr).toContain(
      `smooth-foley models convert ${join(folder, 'vae/diffusion_pytorch_model.bin')}`,
    );
    await expect(readdir(out)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is converted once, and nothing is written over', async () => {
    const first = await run('models', 'convert', folder);
    expect(first.code).toBe(0);
    const made = first.stdout.trim().split('\n');
    expect(made.map((path) => path.slice(folder.length + 1)).sort()).toEqual([
      'semantic/semantic_adapter.safetensors',
      'temporal_adapter.safetensors',
      'text_encoder/pytorch_model.safetensors',
      'vae/diffusion_pytorch_model.safetensors',
      'vocoder/vocoder.safetensors',
    ]);
    expect(first.stderr).toMatch(/left out: optimizer, \d+ tensors/);
    expect(first.stderr).toMatch(/source SHA-256 [0-9a-f]{64}/);

    const again = await run('models', 'convert', folder);
    expect(again).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('nothing to convert'),
    });
    const named = await run('models', 'convert', join(folder, 'temporal_adapter.ckpt'));
    expect(named).toMatchObject({ code: 1, stderr: expect.stringContaining('exists already') });
    const elsewhere = join(root, 'copy.safetensors');
    const copied = await run('models', 'convert', join(folder, 'temporal_adapter.ckpt'), '--out', elsewhere);
    expect(copied.stdout).toBe(`${elsewhere}\n`);
    expect(await hashFile(elsewhere)).toBe(await hashFile(join(folder, 'temporal_adapter.safetensors')));
    expect((await run('models', 'convert', join(folder, 'unet/config.json'))).code).toBe(2);
    expect((await run('models', 'convert', folder, example, '--out', elsewhere)).code).toBe(2);
  });

  it('makes sound; named part by part it makes the same', async () => {
    const whole = await generate('whole', '--model', folder);
    expect(whole.stderr).not.toContain('error');
    expect(whole.code).toBe(0);
    const sidecar = await sidecarIn(whole.out);
    // what was left to the model is recorded as what it was
    expect(sidecar.request).toMatchObject({ guidance: 7.5, frameScale: 1, timingScale: 0.2 });
    expect(sidecar.timing?.similarity.length).toBeGreaterThan(0);
    const files = new Map(sidecar.model.files.map(({ file, sha256 }) => [file, sha256]));
    expect(files.get('temporal_adapter/temporal_adapter.safetensors')).toBe(
      await hashFile(join(folder, 'temporal_adapter.safetensors')),
    );

    const parts = await generate(
      'parts',
      ...['--model', 'foleycrafter', '--backbone', folder, '--vocoder', join(folder, 'vocoder')],
      ...['--frame-adapter', join(folder, 'semantic/semantic_adapter.bin')],
      ...['--temporal-adapter', join(folder, 'temporal_adapter.safetensors')],
      ...['--image-encoder', join(folder, 'image_encoder'), '--label-encoder', join(folder, 'label_encoder')],
    );
    expect(parts.code).toBe(0);
    const wave = (out: string) => hashFile(join(out, 'dog-lying.foley.wav'));
    expect(await wave(parts.out)).toBe(await wave(whole.out));
    expect((await sidecarIn(parts.out)).model.name).toBe('foleycrafter');
  });
});

describe('a preset that was pulled', () => {
  it('runs by its name, under the terms that came with it', async () => {
    const cache = join(root, 'hub');
    await fillCache(cache);
    vi.stubEnv('HF_HUB_CACHE', cache);
    const refused = await generate('unready', '--model', 'foleycrafter');
    expect(refused).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('smooth-foley models convert'),
    });
    expect((await run('models', 'convert', 'foleycrafter')).code).toBe(0);
    const made = await generate('preset', '--model', 'foleycrafter', '--timing-scale', '0');
    expect(made.stderr).not.toContain('error');
    expect(made.code).toBe(0);
    const { model } = await sidecarIn(made.out);
    expect(model.name).toBe('foleycrafter');
    expect(model.licences?.map(({ repository, licence }) => `${repository} ${licence}`)).toContain(
      'auffusion/auffusion-full-no-adapter cc-by-nc-sa-4.0',
    );
  });

  /** The miniature in the layout of the hub's cache. */
  async function fillCache(cache: string): Promise<void> {
    const places: Readonly<Record<PartRole, (file: string) => string[]>> = {
      backbone: (file) => [
        golden(`auffusion/${file}`),
        golden(`auffusion-bin/${file}`),
        golden(`foleycrafter/${file}`),
      ],
      vocoder: (file) => [golden(`foleycrafter/${file}`)],
      frameAdapter: (file) => [golden(`foleycrafter/${file}`)],
      temporalAdapter: (file) => [golden(`foleycrafter/${file}`)],
      imageEncoder: (file) => [golden(file.replace(/^models\//, ''))],
      labelEncoder: (file) => [golden(`clip-h-text/${file}`)],
    };
    for (const source of presetOf('foleycrafter').sources) {
      const repository = join(cache, `models--${source.repository.replace('/', '--')}`);
      const isCommit = /^[0-9a-f]{40}$/.test(source.revision);
      const commit = isCommit ? source.revision : 'a'.repeat(40);
      if (!isCommit) {
        await mkdir(join(repository, 'refs'), { recursive: true });
        await writeFile(join(repository, 'refs', source.revision), commit);
      }
      for (const { anyOf } of source.files) {
        for (const file of anyOf) {
          const target = join(repository, 'snapshots', commit, file);
          for (const place of places[source.role](file)) {
            await mkdir(dirname(target), { recursive: true });
            await copyFile(place, target).catch((error: NodeJS.ErrnoException) => {
              if (error.code !== 'ENOENT') throw error; // the miniature has each file in one form
            });
          }
        }
      }
    }
  }
});
