/** @file What a pull leaves in the cache, and how it goes on after an interruption. */
import { lstat, mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../src/hub/cache-layout.js';
import { licencesToAccept, planPull, pull, resolveModelSource } from '../../src/hub/index.js';
import { rejectionOf, repository, token, useHub, weights } from './hub-fixture.js';
import { gitHashOf, sha256Of } from './hub-server.js';

const hub = useHub();
const layout = layoutOf(repository.id);
const weightsHash = sha256Of(weights);
const incomplete = layout.incompleteBlob(weightsHash);

describe('a pull', () => {
  it('leaves blobs by hash, links by name, the list of files and the branch', async () => {
    const { pull: pullHere, cacheFolder } = hub();
    const [pulled] = await pullHere();
    expect(pulled).toMatchObject({ commit: repository.commit, licence: 'apache-2.0' });
    expect(pulled!.files.map(({ file }) => file)).toEqual([
      'README.md',
      'config.json',
      'unet/config.json',
      'unet/model.safetensors',
    ]);
    const snapshot = join(cacheFolder, layout.snapshot(repository.commit));
    expect(await readlink(join(snapshot, 'config.json'))).toBe(
      `../../blobs/${gitHashOf(repository.files['config.json']!)}`,
    );
    expect(await readlink(join(snapshot, 'unet/model.safetensors'))).toBe(`../../../blobs/${weightsHash}`);
    expect(new Uint8Array(await readFile(join(snapshot, 'unet/model.safetensors')))).toEqual(weights);
    expect(await readFile(join(cacheFolder, layout.ref('main')), 'utf8')).toBe(repository.commit);
    const tree = JSON.parse(await readFile(join(cacheFolder, layout.tree(repository.commit)), 'utf8'));
    expect(tree.files['unet/model.safetensors']).toMatchObject({
      size: weights.length,
      lfs_sha256: weightsHash,
    });
    expect((await readdir(join(cacheFolder, layout.folder, 'blobs'))).sort()).toHaveLength(4);
  });

  it('asks for nothing but the listing when all is here', async () => {
    const { pull: pullHere, server } = hub();
    await pullHere();
    server.seen.length = 0;
    const [again] = await pullHere();
    expect(again!.files.every(({ wasDownloaded }) => !wasDownloaded)).toBe(true);
    expect(server.seen.map(({ path }) => path.split('/').slice(0, 3).join('/'))).toEqual([
      '/api/models',
      '/api/models',
    ]);
  });

  it('takes patterns', async () => {
    const names = async (options: { include?: string[]; exclude?: string[] }) =>
      (await hub().pull(repository.id, options))[0]!.files.map(({ file }) => file);
    expect(await names({ include: ['unet/*.json'] })).toEqual(['README.md', 'unet/config.json']);
    expect(await names({ exclude: ['unet/'] })).toEqual(['README.md', 'config.json']);
    expect(await rejectionOf(names({ include: ['nothing'] }))).toMatchObject({ code: 'usage' });
  });

  it('says how far it is, up to the last byte', async () => {
    const told: number[] = [];
    await hub().pull(repository.id, { onProgress: ({ bytesHere }) => told.push(bytesHere) });
    const bytes = Object.entries(repository.files)
      .filter(([name]) => !name.endsWith('.png'))
      .reduce((sum, [, content]) => sum + content.byteLength, 0);
    expect(told.at(-1)).toBe(bytes);
    expect(told).toEqual([...told].sort((a, b) => a - b));
  });

  it('sends the token to the hub and not to the storage', async () => {
    const { pull: pullHere, server } = hub();
    await pullHere();
    const [atHub, atStorage] = [server.endpoint, server.storage].map((origin) =>
      server.seen.filter(({ host }) => origin.endsWith(host)),
    );
    expect(atHub!.every(({ authorization }) => authorization === `Bearer ${token}`)).toBe(true);
    expect(atStorage!.length).toBeGreaterThan(0);
    expect(atStorage!.every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  it('refuses a non-commercial licence until it is accepted', async () => {
    const { client, server } = hub();
    server.mischief = (_, response, url) => {
      if (!url.pathname.includes('/revision/')) return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ sha: repository.commit, cardData: { license: 'cc-by-nc-sa-4.0' } }));
      return true;
    };
    const opened = await client();
    const plan = await planPull(opened, { name: repository.id, revision: null, include: [], exclude: [] });
    expect(licencesToAccept(plan, [])).toMatchObject([{ id: 'cc-by-nc-sa-4.0' }]);
    expect(await rejectionOf(pull(opened, plan, { acceptedLicences: ['mit'] }))).toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('--accept-licence cc-by-nc-sa-4.0'),
    });
    expect(server.seen.some(({ path }) => path.includes('/resolve/'))).toBe(false);
    await pull(opened, plan, { acceptedLicences: ['cc-by-nc-sa-4.0'] });
  });

  it('lets two at once share one download', async () => {
    const { pull: pullHere, server } = hub();
    const results = await Promise.all([pullHere(), pullHere()]);
    const loaded = server.seen.filter(({ path }) => path === `/${weightsHash}`);
    expect(loaded).toHaveLength(1);
    const downloads = results.flatMap(([pulled]) =>
      pulled!.files.filter(({ file, wasDownloaded }) => file.endsWith('.safetensors') && wasDownloaded),
    );
    expect(downloads).toHaveLength(1);
  });

  it('takes over from a process that died', async () => {
    const { pull: pullHere, cacheFolder } = hub();
    const lock = join(cacheFolder, layout.lock(weightsHash));
    await mkdir(join(lock, '..'), { recursive: true });
    await writeFile(lock, `${(await import('node:os')).hostname()} 2147483646 dead`);
    await pullHere();
    await expect(stat(lock)).rejects.toThrow();
  });

  it('checks the room on the disk before it begins', async () => {
    const { client, server } = hub();
    const opened = await client();
    const plan = await planPull(opened, { name: repository.id, revision: null, include: [], exclude: [] });
    server.seen.length = 0;
    expect(await rejectionOf(pull(opened, { ...plan, bytes: 1e18 }, { acceptedLicences: [] }))).toMatchObject(
      {
        code: 'output-failed',
        hint: expect.stringContaining('HF_HUB_CACHE'),
      },
    );
    expect(server.seen).toEqual([]);
  });
});

describe('going on', () => {
  /** Ends the first transfers from the storage after some bytes. Without a length, nothing on the way notices. */
  const cut = (afterBytes: number, times = 1) => {
    let left = times;
    hub().server.mischief = (request, response, url) => {
      if (url.pathname !== `/${weightsHash}` || left-- <= 0) return false;
      const start = Number(/=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(start > 0 ? 206 : 200, {
        etag: '"storage-tag"',
        ...(start > 0 ? { 'content-range': `bytes ${start}-${weights.length - 1}/${weights.length}` } : {}),
      });
      response.write(weights.subarray(start, start + afterBytes), () =>
        setTimeout(() => response.destroy(), 20),
      );
      return true;
    };
  };

  it('resumes where a transfer ended, as often as it gets further', async () => {
    const { pull: pullHere, server, waits } = hub();
    cut(30_000, 8);
    await pullHere();
    const ranges = server.seen.filter(({ path }) => path === `/${weightsHash}`).map(({ range }) => range);
    expect(ranges).toHaveLength(9);
    expect(ranges[0]).toBeUndefined();
    expect(ranges[8]).toBe('bytes=240000-');
    expect(new Set(waits)).toEqual(new Set([1]));
  });

  it('survives connections that break in the middle', async () => {
    const { pull: pullHere, server, cacheFolder } = hub();
    let left = 3;
    server.mischief = (request, response, url) => {
      if (url.pathname !== `/${weightsHash}` || left-- <= 0 || request.headers.range) return false;
      response.writeHead(200, { 'content-length': weights.length });
      response.write(weights.subarray(0, 90_000), () => response.destroy());
      return true;
    };
    await pullHere();
    expect(new Uint8Array(await readFile(join(cacheFolder, layout.blob(weightsHash))))).toEqual(weights);
  });

  it('gives up when nothing more comes, and keeps what came', async () => {
    const { pull: pullHere, cacheFolder, waits, server } = hub();
    cut(50_000, 1);
    const cutOnce = server.mischief!;
    let calls = 0;
    server.mischief = async (request, response, url) => {
      if (url.pathname === `/${weightsHash}` && calls++ > 0) {
        response.destroy();
        return true;
      }
      return cutOnce(request, response, url);
    };
    expect(await rejectionOf(pullHere())).toMatchObject({ code: 'network-failed' });
    expect(waits).toEqual([1, 2, 4, 8, 16]);
    expect((await stat(join(cacheFolder, incomplete))).size).toBe(50_000);
    // a branch that is not whole does not stand for anything
    await expect(stat(join(cacheFolder, layout.ref('main')))).rejects.toThrow();
    server.mischief = null;
    server.seen.length = 0;
    await pullHere();
    expect(server.seen.find(({ path }) => path === `/${weightsHash}`)!.range).toBe('bytes=50000-');
    await expect(stat(join(cacheFolder, incomplete))).rejects.toThrow();
  });

  it('keeps what came when it is interrupted', async () => {
    const { pull: pullHere, cacheFolder } = hub();
    const abort = new AbortController();
    const thrown = await rejectionOf(
      pullHere(repository.id, {
        signal: abort.signal,
        onProgress: ({ file, fileBytesHere }) => {
          if (file.endsWith('.safetensors') && fileBytesHere > 0) abort.abort();
        },
      }),
    );
    expect(thrown).toMatchObject({ code: 'cancelled' });
    expect((await stat(join(cacheFolder, incomplete))).size).toBeGreaterThan(0);
    await pullHere();
  });

  it('starts over when the server ignores the range', async () => {
    const { pull: pullHere, server, cacheFolder } = hub();
    await mkdir(join(cacheFolder, layout.folder, 'blobs'), { recursive: true });
    await writeFile(join(cacheFolder, incomplete), weights.subarray(0, 1000));
    server.mischief = (request) => {
      delete request.headers.range;
      return false;
    };
    await pullHere();
    expect((await lstat(join(cacheFolder, layout.blob(weightsHash)))).size).toBe(weights.length);
  });

  it('starts over when the file has another ETag meanwhile', async () => {
    const { pull: pullHere, server } = hub();
    cut(40_000, 1); // with the ETag "storage-tag"; the regular answer has another
    await pullHere();
    const asked = server.seen.filter(({ path }) => path === `/${weightsHash}`);
    expect(asked[1]).toMatchObject({ range: 'bytes=40000-', ifRange: '"storage-tag"' });
  });

  it('starts over once when what an earlier run left is wrong', async () => {
    const { pull: pullHere, server, cacheFolder } = hub();
    await mkdir(join(cacheFolder, layout.folder, 'blobs'), { recursive: true });
    await writeFile(join(cacheFolder, incomplete), new Uint8Array(1000).fill(7));
    await pullHere();
    expect(server.seen.filter(({ path }) => path === `/${weightsHash}`).map(({ range }) => range)).toEqual([
      'bytes=1000-',
      undefined,
    ]);
  });

  it('finishes from the disk alone when all bytes had come', async () => {
    const { pull: pullHere, server, cacheFolder } = hub();
    await mkdir(join(cacheFolder, layout.folder, 'blobs'), { recursive: true });
    await writeFile(join(cacheFolder, incomplete), weights);
    await pullHere();
    expect(server.seen.filter(({ path }) => path === `/${weightsHash}`)).toEqual([]);
  });
});

describe('resolving', () => {
  it('finds what was pulled, by branch and by commit, links resolved', async () => {
    const { pull: pullHere, env, cacheFolder } = hub();
    const options = { packageFolder: cacheFolder, env };
    expect(await rejectionOf(resolveModelSource(repository.id, options))).toMatchObject({
      code: 'model-missing',
      hint: `Get it with: smooth-foley models pull ${repository.id}`,
    });
    await pullHere();
    for (const name of [repository.id, `${repository.id}@main`, `${repository.id}@${repository.commit}`]) {
      const source = await resolveModelSource(name, options);
      expect(source).toMatchObject({
        kind: 'repository',
        commit: repository.commit,
        licence: { id: 'apache-2.0' },
      });
      if (source.kind !== 'repository') continue;
      const file = source.files.find((candidate) => candidate.file === 'unet/model.safetensors')!;
      expect(file.path.endsWith(`/blobs/${weightsHash}`)).toBe(true);
    }
  });
});
