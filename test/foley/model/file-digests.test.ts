import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/foley/model/file-digests.node.js';

let root: string;
let cache: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'digests-'));
  cache = join(root, 'cache');
});
afterEach(() => rm(root, { recursive: true }));

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const large = (fill: number) => new Uint8Array(2 ** 20 + 1).fill(fill);

describe('digestOf', () => {
  it('remembers a large file until it changes', async () => {
    const path = join(root, 'weights');
    await writeFile(path, large(1));
    expect(await digestOf(path, cache)).toEqual({ sha256: sha256(large(1)), bytes: 2 ** 20 + 1 });
    // that it is remembered shows when the memory is made to lie
    const [entry] = await readdir(cache);
    await writeFile(join(cache, entry!), `${'5'.repeat(64)}\n`);
    expect((await digestOf(path, cache)).sha256).toBe('5'.repeat(64));
    await writeFile(path, large(2));
    await utimes(path, 1, 1);
    expect((await digestOf(path, cache)).sha256).toBe(sha256(large(2)));
  });

  it('reads anew what is small, and everything without a folder to remember it in', async () => {
    const small = join(root, 'config.json');
    await writeFile(small, '{}');
    expect((await digestOf(small, cache)).sha256).toBe(sha256(Buffer.from('{}')));
    const path = join(root, 'weights');
    await writeFile(path, large(1));
    expect((await digestOf(path, null)).sha256).toBe(sha256(large(1)));
    await expect(readdir(cache)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('takes a damaged memory for none', async () => {
    const path = join(root, 'weights');
    await writeFile(path, large(1));
    await digestOf(path, cache);
    const [entry] = await readdir(cache);
    await writeFile(join(cache, entry!), 'half a li');
    expect((await digestOf(path, cache)).sha256).toBe(sha256(large(1)));
  });

  it("knows a blob of the hub's cache by its name", async () => {
    const name = sha256(large(3));
    await mkdir(join(root, 'blobs'));
    await writeFile(join(root, 'blobs', name), large(3));
    await symlink(join(root, 'blobs', name), join(root, 'model.safetensors'));
    expect(await digestOf(join(root, 'model.safetensors'), cache)).toEqual({
      sha256: name,
      bytes: 2 ** 20 + 1,
    });
    await expect(readdir(cache)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
