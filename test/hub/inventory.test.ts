/** @file What is listed, verified and removed; what is shared stays. */
import { chmod, mkdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../src/hub/cache-layout.js';
import {
  findSnapshot,
  listCachedModels,
  listCachedPresets,
  removeFromCache,
  verifySnapshot,
} from '../../src/hub/index.js';
import { rejectionOf, repository, useHub, weights } from './hub-fixture.js';
import { gitHashOf, type ServedRepository, sha256Of, textFile } from './hub-server.js';

/** A later commit, in which one file changed and the weights stayed. */
const later: ServedRepository = {
  ...repository,
  commit: 'b'.repeat(40),
  branch: 'later',
  files: { ...repository.files, 'config.json': textFile('{"a":3}') },
};
/** The same repository at both commits: the hub looks a revision up in either. */
const hub = useHub([repository]);
const both = async (): Promise<void> => {
  const { server, pull } = hub();
  await pull();
  const { serveHub } = await import('./hub-server.js');
  const second = await serveHub([later]);
  try {
    server.mischief = async (request, response) => {
      const answer = await fetch(second.endpoint + request.url, { redirect: 'manual' });
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(new Uint8Array(await answer.arrayBuffer()));
      return true;
    };
    await pull(repository.id, { revision: 'later' });
  } finally {
    server.mischief = null;
    await second.close();
  }
};
const layout = layoutOf(repository.id);
const weightsBlob = layout.blob(sha256Of(weights));

describe('the list', () => {
  it('is empty where nothing is', async () => {
    const { cacheFolder } = hub();
    expect(await listCachedModels(cacheFolder)).toEqual([]);
    const presets = await listCachedPresets(cacheFolder);
    expect(presets.map(({ name, isComplete, bytes }) => [name, isComplete, bytes])).toEqual([
      ['auffusion', false, 0],
      ['foleycrafter', false, 0],
      ['smooth-foley', false, 0],
    ]);
    expect(presets[0]!.licences).toMatchObject([{ id: 'cc-by-nc-sa-4.0', isNonCommercial: true }]);
  });

  it('has revision, size, licence and whether it is whole', async () => {
    const { cacheFolder, pull } = hub();
    await pull();
    const [model] = await listCachedModels(cacheFolder);
    expect(model).toMatchObject({
      repository: repository.id,
      commit: repository.commit,
      refs: ['main'],
      files: 4,
      licence: { id: 'apache-2.0' },
      isComplete: true,
      missing: [],
    });
    const names = ['README.md', 'config.json', 'unet/config.json', 'unet/model.safetensors'];
    expect(model!.bytes).toBe(names.reduce((sum, name) => sum + repository.files[name]!.byteLength, 0));
  });

  it('names what is missing, also behind a link that leads nowhere', async () => {
    const { cacheFolder, pull } = hub();
    await pull(repository.id, { include: ['config.json'] });
    expect(await listCachedModels(cacheFolder)).toMatchObject([
      { isComplete: false, missing: ['unet/config.json', 'unet/model.safetensors'] },
    ]);
    await pull();
    await rm(join(cacheFolder, weightsBlob));
    expect(await listCachedModels(cacheFolder)).toMatchObject([
      { isComplete: false, missing: ['unet/model.safetensors'] },
    ]);
  });

  it('says that it does not know where there is no list of files, and passes over other things', async () => {
    const { cacheFolder, pull } = hub();
    await pull();
    await rm(join(cacheFolder, layout.tree(repository.commit)));
    await mkdir(join(cacheFolder, 'datasets--a--b', 'snapshots', 'c'.repeat(40)), { recursive: true });
    await writeFile(join(cacheFolder, 'version.txt'), '1');
    expect(await listCachedModels(cacheFolder)).toMatchObject([
      { repository: repository.id, isComplete: null },
    ]);
    await writeFile(
      join(cacheFolder, layout.tree(repository.commit)),
      '{"format_version":1,"files":{"../x":1}}',
    );
    expect(await listCachedModels(cacheFolder)).toMatchObject([{ isComplete: null }]);
  });
});

describe('verifying', () => {
  const verify = async () => {
    const { cacheFolder } = hub();
    const snapshot = (await findSnapshot(cacheFolder, repository.id, 'main'))!;
    const results = await verifySnapshot(cacheFolder, snapshot, null);
    return Object.fromEntries(results.map(({ file, verdict, reason }) => [file, reason || verdict]));
  };

  it('reads every byte', async () => {
    const { cacheFolder, pull } = hub();
    await pull();
    expect(new Set(Object.values(await verify()))).toEqual(new Set(['right']));
    const damaged = weights.slice();
    damaged[weights.length - 1]! ^= 128;
    await writeFile(join(cacheFolder, weightsBlob), damaged);
    expect(await verify()).toMatchObject({
      'unet/model.safetensors': 'another SHA-256',
      'config.json': 'right',
    });
    await truncate(join(cacheFolder, weightsBlob), 5);
    expect(await verify()).toMatchObject({ 'unet/model.safetensors': '5 bytes in place of 300000' });
    await rm(join(cacheFolder, weightsBlob));
    expect(await verify()).toMatchObject({ 'unet/model.safetensors': 'it is not there' });
    await writeFile(join(cacheFolder, layout.blob(gitHashOf(repository.files['config.json']!))), '{"a":9}');
    expect(await verify()).toMatchObject({ 'config.json': 'another git hash' });
  });

  it('sees a link that leads to another file, and a file that nobody listed', async () => {
    const { cacheFolder, pull } = hub();
    await pull();
    const folder = join(cacheFolder, layout.snapshot(repository.commit));
    await rm(join(folder, 'config.json'));
    await symlink(`../../blobs/${sha256Of(weights)}`, join(folder, 'config.json'));
    await writeFile(join(folder, 'extra.safetensors'), 'made here');
    expect(await verify()).toMatchObject({
      'config.json': expect.stringContaining('another file'),
      'extra.safetensors': expect.stringContaining('nothing says'),
    });
  });
});

describe('removing', () => {
  it('keeps blobs that another revision links to, and takes the folder with the last', async () => {
    await both();
    const { cacheFolder } = hub();
    expect(await listCachedModels(cacheFolder)).toHaveLength(2);
    const first = await removeFromCache(cacheFolder, repository.id, repository.commit, null);
    expect(first.freedBytes).toBe(repository.files['config.json']!.byteLength);
    expect((await stat(join(cacheFolder, weightsBlob))).size).toBe(weights.length);
    await expect(readFile(join(cacheFolder, layout.ref('main')))).rejects.toThrow();
    expect(await readFile(join(cacheFolder, layout.ref('later')), 'utf8')).toBe(later.commit);
    const second = await removeFromCache(cacheFolder, repository.id, later.commit, null);
    expect(second.freedBytes).toBeGreaterThan(weights.length);
    await expect(stat(join(cacheFolder, layout.folder))).rejects.toThrow();
  });

  it('takes the named files alone', async () => {
    const { cacheFolder, pull } = hub();
    await pull();
    const removed = await removeFromCache(cacheFolder, repository.id, repository.commit, [
      'unet/model.safetensors',
    ]);
    expect(removed).toMatchObject({ files: ['unet/model.safetensors'], freedBytes: weights.length });
    expect((await listCachedModels(cacheFolder))[0]).toMatchObject({
      files: 3,
      missing: ['unet/model.safetensors'],
    });
  });

  it('waits for nobody: what is being downloaded is not removed', async () => {
    const { cacheFolder, pull } = hub();
    await pull();
    const lock = join(cacheFolder, layout.lock(sha256Of(weights)));
    await mkdir(join(lock, '..'), { recursive: true });
    await writeFile(lock, `${(await import('node:os')).hostname()} ${process.pid} x`);
    const remove = () => removeFromCache(cacheFolder, repository.id, repository.commit, null);
    expect(await rejectionOf(remove())).toMatchObject({ code: 'output-failed' });
    await rm(lock);
    await remove();
    expect(await rejectionOf(remove())).toMatchObject({ code: 'model-missing' });
  });

  it.skipIf(process.getuid?.() === 0)('says why it cannot', async () => {
    const { cacheFolder, pull } = hub();
    await pull();
    const folder = join(cacheFolder, layout.snapshot(repository.commit));
    await chmod(folder, 0o500);
    const thrown = await rejectionOf(removeFromCache(cacheFolder, repository.id, repository.commit, null));
    await chmod(folder, 0o700);
    expect(thrown).toMatchObject({ code: 'output-failed' });
  });
});
