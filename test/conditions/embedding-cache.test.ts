import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createEmbeddingCache,
  type EmbeddingKey,
  hashFile,
} from '../../src/conditions/embedding-cache.node.js';
import type { FrameEmbeddings } from '../../src/conditions/index.js';

const key: EmbeddingKey = {
  contentHash: 'ab',
  encoderId: 'tiny',
  frameRateHz: 30,
  startSeconds: 0,
  durationSeconds: 1,
};
const embeddings: FrameEmbeddings = {
  timesSeconds: Float64Array.of(0, 1 / 30, 2 / 30),
  width: 2,
  data: Float32Array.of(1, -2, 0.1, 4e-9, 5, 6),
};
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embedding-cache-'));
});
afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true });
});

describe('embedding cache', () => {
  it('gives back what it was given, bit by bit', async () => {
    const cache = createEmbeddingCache(folder);
    expect(await cache.read(key)).toBeNull();
    await cache.write(key, embeddings);
    expect(await cache.read(key)).toEqual(embeddings);
  });

  it('keeps the places of encoders that tell them, and refuses places that do not fit', async () => {
    const cache = createEmbeddingCache(folder);
    const places = {
      timesSeconds: Float64Array.of(0, 2 / 30),
      rows: 1,
      columns: 2,
      width: 3,
      values: Float32Array.from({ length: 12 }, (_, index) => index / 7),
    };
    await cache.write(key, { ...embeddings, places });
    expect(await cache.read(key)).toEqual({ ...embeddings, places });
    await expect(cache.write(key, { ...embeddings, places: { ...places, columns: 3 } })).rejects.toThrow(
      'places of frame embeddings: 2 times and width 9 do not fit 12 values',
    );
  });

  it.each<[keyof EmbeddingKey, EmbeddingKey]>([
    ['contentHash', { ...key, contentHash: 'cd' }],
    ['encoderId', { ...key, encoderId: 'other' }],
    ['frameRateHz', { ...key, frameRateHz: 15 }],
    ['startSeconds', { ...key, startSeconds: 1 }],
    ['durationSeconds', { ...key, durationSeconds: 2 }],
  ])('tells clips apart by %s', async (_, other) => {
    const cache = createEmbeddingCache(folder);
    await cache.write(key, embeddings);
    expect(await cache.read(other)).toBeNull();
  });

  it('takes a file with any changed byte, or any shorter one, for absent, and clears it away', async () => {
    const cache = createEmbeddingCache(folder);
    await cache.write(key, embeddings);
    const path = join(folder, (await readdir(folder))[0]!);
    const whole = await readFile(path);
    for (let index = 0; index < whole.length; index++) {
      const damaged = Buffer.from(whole);
      damaged[index] = damaged[index]! ^ 0x10;
      await writeFile(path, index % 2 === 0 ? damaged : whole.subarray(0, index));
      expect(await cache.read(key)).toBeNull();
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it('refuses to keep nonsense', async () => {
    const cache = createEmbeddingCache(folder);
    await expect(cache.write(key, { ...embeddings, width: 3 })).rejects.toThrow(/do not fit/);
    await expect(
      cache.write(key, { ...embeddings, data: embeddings.data.map(() => Number.NaN) }),
    ).rejects.toThrow(/no number/);
    const backwards = { ...embeddings, timesSeconds: Float64Array.of(0, 2, 1) };
    await expect(cache.write(key, backwards)).rejects.toThrow(/time 2/);
  });

  it('hashes a file like sha256sum', async () => {
    await writeFile(join(folder, 'a'), 'abc');
    // printf abc | sha256sum
    expect(await hashFile(join(folder, 'a'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
