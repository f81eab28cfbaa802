import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  openStagingFolder,
  resultPlace,
  sweepAbandoned,
  takeName,
} from '../../src/foley/result-files.node.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'result-files-'));
});
afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true });
});
const place = () => ({ folder, stem: 'dog' });

describe('results', () => {
  it('go beside the video, or where they are told', () => {
    expect(resultPlace({ video: '/clips/my dog.v2.mp4', outDir: null })).toEqual({
      folder: '/clips',
      stem: 'my dog.v2',
    });
    expect(resultPlace({ video: '/clips/dog.mp4', outDir: '/out' })).toEqual({ folder: '/out', stem: 'dog' });
    expect([takeName('dog', 0, 1), takeName('dog', 0, 2), takeName('dog', 1, 2)]).toEqual([
      'dog.foley',
      'dog.foley-1',
      'dog.foley-2',
    ]);
  });

  it('appear together, and the staging folder is gone', async () => {
    const staging = await openStagingFolder(place(), ['dog.foley'], false);
    await writeFile(join(staging.path, 'dog.foley.wav'), 'w');
    await writeFile(join(staging.path, 'dog.foley.json'), 'j');
    expect(await staging.publish(false)).toEqual([
      join(folder, 'dog.foley.json'),
      join(folder, 'dog.foley.wav'),
    ]);
    await staging.discard();
    expect((await readdir(folder)).sort()).toEqual(['dog.foley.json', 'dog.foley.wav']);
  });

  it('that a killed process had not completed are swept, and what they were to replace is put back', async () => {
    const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
    const { pid: dead } = spawnSync(process.execPath, ['--version']);
    const owned = {
      dead: `${host}-${dead}-a1`,
      alive: `${host}-${process.pid}-a1`,
      foreign: `00000000-${dead}-a1`,
    };
    for (const owner of Object.values(owned)) {
      for (const prefix of ['.smooth-foley-at-', '.smooth-foley-old-']) {
        await mkdir(join(folder, prefix + owner));
        await writeFile(join(folder, prefix + owner, 'dog.foley.wav'), `${prefix}${owner}`);
      }
    }
    await sweepAbandoned(folder);
    expect((await readdir(folder)).sort()).toEqual(
      [
        'dog.foley.wav',
        ...[owned.alive, owned.foreign].flatMap((owner) => [
          `.smooth-foley-at-${owner}`,
          `.smooth-foley-old-${owner}`,
        ]),
      ].sort(),
    );
    expect(await readFile(join(folder, 'dog.foley.wav'), 'utf8')).toBe(`.smooth-foley-old-${owned.dead}`);
  });

  it('refuse to replace, before any work and after it', async () => {
    await writeFile(join(folder, 'dog.foley.wav'), 'old');
    await expect(openStagingFolder(place(), ['dog.foley'], false)).rejects.toMatchObject({
      code: 'output-exists',
      hint: expect.stringContaining('--overwrite'),
    });
    const staging = await openStagingFolder(place(), ['cat.foley'], false);
    await writeFile(join(staging.path, 'cat.foley.json'), 'new');
    await writeFile(join(staging.path, 'dog.foley.wav'), 'new');
    await expect(staging.publish(false)).rejects.toMatchObject({ code: 'output-exists' });
    await staging.discard();
    expect(await readdir(folder)).toEqual(['dog.foley.wav']);
    expect(await readFile(join(folder, 'dog.foley.wav'), 'utf8')).toBe('old');
  });

  it('replace when told, and put everything back when one of them cannot', async () => {
    await writeFile(join(folder, 'a.json'), 'old');
    await mkdir(join(folder, 'b.wav'));
    const staging = await openStagingFolder(place(), ['dog.foley'], true);
    await writeFile(join(staging.path, 'a.json'), 'new');
    await writeFile(join(staging.path, 'b.wav'), 'new');
    expect(await staging.publish(true)).toHaveLength(2);
    await staging.discard();
    expect(await readFile(join(folder, 'a.json'), 'utf8')).toBe('new');
    expect((await readdir(folder)).sort()).toEqual(['a.json', 'b.wav']);
  });

  it('leave no folder behind that was made for nothing', async () => {
    const deep = join(folder, 'x', 'y');
    const staging = await openStagingFolder({ folder: deep, stem: 'dog' }, ['dog.foley'], false);
    await staging.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  it('a folder that is a file is an error with its name', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(
      openStagingFolder({ folder: join(folder, 'file'), stem: 'dog' }, [], false),
    ).rejects.toMatchObject({
      code: 'output-failed',
      message: expect.stringContaining('file'),
    });
  });

  // the superuser may write everywhere
  it.skipIf(process.getuid?.() === 0)('a read-only folder is an error with a hint', async () => {
    await chmod(folder, 0o500);
    await expect(openStagingFolder(place(), ['dog.foley'], false)).rejects.toMatchObject({
      code: 'output-failed',
      hint: expect.any(String),
    });
  });
});
