import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderOf, pathInPackage } from '../../src/data/picture-index.js';
import { openPictures } from '../../src/data/picture-store.node.js';
import { preparePictures, trimTransparent } from '../../src/data/prepare-pictures.node.js';
import { readQtResource } from '../../src/data/qt-resource.node.js';
import { emoji } from '../../src/data/scene-subject-row.js';
import { FoleyError } from '../../src/errors/foley-error.js';

/** A Qt resource (version 1) with a folder of files, written after qtbase's rcc. */
function qtResource(
  folder: string,
  files: readonly { name: string; content: Uint8Array; compress: boolean }[],
): Uint8Array {
  const names = Buffer.concat(
    [folder, ...files.map((file) => file.name)].map((name) => {
      const head = Buffer.alloc(6);
      head.writeUInt16BE(name.length, 0);
      return Buffer.concat([head, Buffer.from(name, 'utf16le').swap16()]);
    }),
  );
  const nameOffset = (index: number): number =>
    [folder, ...files.map((file) => file.name)]
      .slice(0, index)
      .reduce((sum, name) => sum + 6 + 2 * name.length, 0);
  const stored = files.map(({ content, compress }) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(content.length, 0);
    const body = compress ? Buffer.concat([length, deflateSync(content)]) : Buffer.from(content);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length, 0);
    return Buffer.concat([head, body]);
  });
  const node = (name: number, flags: number, a: number, b: number): Buffer => {
    const bytes = Buffer.alloc(14);
    bytes.writeUInt32BE(name, 0);
    bytes.writeUInt16BE(flags, 4);
    bytes.writeUInt32BE(a, 6);
    bytes.writeUInt32BE(b, 10);
    return bytes;
  };
  let offset = 0;
  const tree = Buffer.concat([
    node(0, 2, 1, 1),
    node(nameOffset(0), 2, files.length, 2),
    ...files.map((file, index) => {
      const start = offset;
      offset += stored[index]!.length;
      return node(nameOffset(index + 1), file.compress ? 1 : 0, 0, start);
    }),
  ]);
  const header = Buffer.alloc(20);
  header.write('qres', 0, 'latin1');
  for (const [index, value] of [1, 20, 20 + tree.length + names.length, 20 + tree.length].entries()) {
    header.writeUInt32BE(value, 4 + 4 * index);
  }
  return Buffer.concat([header, tree, names, ...stored]);
}

describe('readQtResource', () => {
  const hello = Buffer.from('hello');
  const long = Buffer.alloc(5000, 7);
  const bytes = qtResource('pictures', [
    { name: 'a.webp', content: hello, compress: false },
    { name: 'b.webp', content: long, compress: true },
  ]);

  it('reads plain and compressed files', () => {
    const files = readQtResource(bytes, 'x.rcc');
    expect(files.map((file) => file.path)).toEqual(['pictures/a.webp', 'pictures/b.webp']);
    expect(Buffer.from(files[0]!.read())).toEqual(hello);
    expect(Buffer.from(files[1]!.read())).toEqual(long);
  });

  it('refuses anything else with a one-line error, also when single bytes are wrong', () => {
    expect(() => readQtResource(Buffer.from('RIFF....'), 'x.rcc')).toThrow('x.rcc: not a Qt resource');
    expect(() => readQtResource(bytes.subarray(0, 40), 'x.rcc')).toThrow('cut short or damaged');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (position, value) => {
        const damaged = Uint8Array.from(bytes);
        damaged[position] = value;
        try {
          readQtResource(damaged, 'x.rcc');
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(FoleyError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('emoji', () => {
  it('are found by their code points, the colourful form of one without its mark', () => {
    expect(emoji('1f415 2708-fe0f 1f6b6-200d-2640-fe0f').map(pathInPackage)).toEqual([
      'package/color/svg/1F415.svg',
      'package/color/svg/2708.svg',
      'package/color/svg/1F6B6-200D-2640-FE0F.svg',
    ]);
    expect(folderOf(emoji('26a1')[0]!).licence).toBe('CC-BY-SA-4.0');
  });
});

describe('trimTransparent', () => {
  it('cuts to what can be seen', () => {
    const data = new Uint8Array(4 * 6 * 5);
    data.set([1, 2, 3, 255], 4 * (2 * 6 + 3));
    data.set([4, 5, 6, 255], 4 * (3 * 6 + 4));
    const trimmed = trimTransparent({ width: 6, height: 5, data }, 'x');
    expect([trimmed.width, trimmed.height]).toEqual([2, 2]);
    expect([...trimmed.data.subarray(0, 4)]).toEqual([1, 2, 3, 255]);
    expect([...trimmed.data.subarray(12)]).toEqual([4, 5, 6, 255]);
    expect(() => trimTransparent({ width: 6, height: 5, data: new Uint8Array(120) }, 'x')).toThrow(
      '"x" is empty',
    );
  });
});

describe('preparePictures', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pictures-'));
    const stamps = join(folder, 'packages/tuxpaint-stamps-default/usr/share/tuxpaint/stamps/vehicles/auto');
    await mkdir(stamps, { recursive: true });
    const data = new Uint8Array(4 * 20 * 10).map((_, index) => (index % 4 === 3 ? 255 : 90));
    await writeFile(
      join(stamps, 'sedan.png'),
      encode({ width: 20, height: 10, channels: 4, depth: 8, data }),
    );
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('stores what is there, names what is missing, and opens again', async () => {
    const outFolder = join(folder, 'out');
    const { index, missing } = await preparePictures({ packagesFolder: join(folder, 'packages'), outFolder });
    expect(index.pictures.map((picture) => picture.id)).toEqual(['tux:vehicles/auto/sedan.png']);
    expect(index.pictures[0]).toMatchObject({
      kind: 'sprite',
      subjects: ['car'],
      licence: 'GPL-2.0-or-later',
      width: 20,
      height: 10,
    });
    expect(missing).toContain('bg:Outdoors/route66.jpg');
    const store = await openPictures(outFolder);
    const bitmap = await store.load('tux:vehicles/auto/sedan.png');
    expect([bitmap.width, bitmap.height, bitmap.channels]).toEqual([20, 10, 4]);
    await expect(store.load('tux:nothing.png')).rejects.toThrow('no picture "tux:nothing.png"');
    await expect(openPictures(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'input-missing' });
  });
});
