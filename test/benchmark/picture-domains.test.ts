import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { domainOf, withSprite } from '../../src/benchmark/picture-domains.js';
import { classOfPhrase } from '../../src/benchmark/real-clips.node.js';
import { joinedStore, readColumns, readSprites } from '../../src/benchmark/sprite-folder.node.js';
import { wantedPictures } from '../../src/data/picture-index.js';
import type { Scene } from '../../src/data/scene.js';
import { fakePictureIndex, plain } from '../data/fake-pictures.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'domains-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('domainOf', () => {
  it('tells photographs, drawings and cartoons apart', () => {
    expect(domainOf('tux:animals/mammals/dogs/dingo.png')).toBe('cut-out photograph');
    expect(domainOf('gcf:cat.webp')).toBe('whole photograph');
    expect(domainOf('tux:vehicles/iso_lorry3.svg')).toBe('drawing');
    expect(domainOf('oca:animals/birds/hen_01.png')).toBe('drawing');
    expect(domainOf('emo:1F415.svg')).toBe('drawing');
    expect(domainOf('tux:vehicles/ship/cartoon/tugboat.png')).toBe('cartoon');
    expect(domainOf('scr:Animals/dog2-c.png')).toBe('cartoon');
    expect(domainOf('scr:Animals/elephant.gif')).toBe('cut-out photograph');
  });

  it('finds every domain among the pictures of both splits', () => {
    for (const split of ['train', 'val'] as const) {
      const domains = wantedPictures().filter((one) => one.split === split && one.kind !== 'background');
      expect(new Set(domains.map(({ id }) => domainOf(id))).size).toBe(4);
    }
  });
});

describe('withSprite', () => {
  const scene = {
    durationSeconds: 4,
    camera: { heightMetres: 1.6, focalWidths: 1, horizon: 0.5, aspect: 4 / 3 },
    objects: [
      {
        picture: 'old',
        widthMetres: 4,
        heightMetres: 1,
        trajectory: { type: 'still', at: { x: 0, y: 0, z: 8 } },
      },
      { picture: 'bystander', widthMetres: 1, heightMetres: 1 },
    ],
    sound: { objectIndex: 0 },
  } as unknown as Scene;

  it('keeps the area and the place, and takes the proportions of the new picture', () => {
    const changed = withSprite(scene, { id: 'new', subjects: [], width: 100, height: 100 });
    const [object, bystander] = changed.scene.objects;
    expect(object).toMatchObject({ picture: 'new', widthMetres: 2, heightMetres: 2 });
    expect(object!.trajectory).toBe(scene.objects[0]!.trajectory);
    expect(bystander).toBe(scene.objects[1]);
    expect(changed.visibleSpans).toEqual([{ startSeconds: 0, endSeconds: 4 }]);
  });
});

describe('folders of sprites', () => {
  it('are read by name, with what stands in no folder left out', async () => {
    const list = join(folder, 'list.tsv');
    await writeFile(list, 'name\tsubject\n1f415\tdog\n2708\tjet-airplane\n1f40e\thorse\n');
    const png = encode({ ...plain(6, 4, [10, 20, 30, 255]), depth: 8 });
    await writeFile(join(folder, '1f415.png'), png);
    await writeFile(join(folder, '2708-fe0f.png'), png);
    const set = await readSprites({ domain: '3D render', folder }, list);
    expect(set.sprites).toEqual([
      { id: '3D render:1f415', subjects: ['dog'], width: 6, height: 4 },
      { id: '3D render:2708', subjects: ['jet-airplane'], width: 6, height: 4 },
    ]);
    const prepared = { index: fakePictureIndex, load: async () => plain(1, 1, [0, 0, 0]) };
    const store = joinedStore(prepared, [set]);
    expect((await store.load('3D render:1f415')).data.slice(0, 4)).toEqual(Uint8Array.of(10, 20, 30, 255));
    expect((await store.load('bg:any')).channels).toBe(3);
  });

  it('are refused by name where the list is wrong or nothing is there', async () => {
    const list = join(folder, 'wrong.tsv');
    await writeFile(list, 'name\tsubject\n1f415\tunicorn\n');
    await expect(readSprites({ domain: 'x', folder }, list)).rejects.toThrow('"unicorn" is no subject');
    await writeFile(list, 'file\tlabel\n');
    await expect(readColumns(list, ['name', 'subject'])).rejects.toThrow(
      'must name the columns name, subject',
    );
    await writeFile(list, 'name\tsubject\nnone\tdog\n');
    await expect(readSprites({ domain: 'x', folder }, list)).rejects.toMatchObject({ code: 'input-missing' });
  });
});

describe('classOfPhrase', () => {
  it('finds general and finer phrases, and refuses others', () => {
    expect(classOfPhrase('dog barking')).toBe('dog-bark');
    expect(classOfPhrase('city traffic')).toBe('truck-or-traffic');
    expect(() => classOfPhrase('a unicorn sings')).toThrow('is a phrase of no sound class');
  });
});
