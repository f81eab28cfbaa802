/** @file Names, paths and settings of the cache: the same as huggingface_hub's, and never outside their folder. */
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, posix, relative, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  folderNameOf,
  isSafeFileName,
  layoutOf,
  linkTargetOf,
  repositoryOfFolder,
} from '../../src/hub/cache-layout.js';
import { chooseByPatterns, chooseForSource } from '../../src/hub/choose-files.js';
import { filePattern } from '../../src/hub/file-pattern.js';
import {
  formatBytes,
  isCommit,
  isRepositoryId,
  licenceOf,
  parseRepositoryId,
  partRoles,
  presetNames,
  presetOf,
  readHubSettings,
} from '../../src/hub/index.js';
import { licenceInCard } from '../../src/hub/model-card.node.js';
import { retryAfterOf } from '../../src/hub/passing-failure.js';
import { checkRevision } from '../../src/hub/repository-id.js';
import { useHub } from './hub-fixture.js';
import { sha256Of } from './hub-server.js';

interface Golden {
  readonly repository: string;
  readonly commit: string;
  readonly large: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly cache: Readonly<Record<string, { link?: string; sha256?: string; json?: unknown }>>;
}

// python reference/hub/cache_layout.py > test/golden/hub/cache-layout.json
const golden = JSON.parse(
  await readFile(new URL('../golden/hub/cache-layout.json', import.meta.url), 'utf8'),
) as Golden;
const goldenHub = useHub([
  {
    id: golden.repository,
    commit: golden.commit,
    branch: 'main',
    licence: null,
    files: Object.fromEntries(
      Object.entries(golden.files).map(([name, hex]) => [name, new Uint8Array(Buffer.from(hex, 'hex'))]),
    ),
    large: golden.large,
  },
]);

async function listing(folder: string): Promise<Golden['cache']> {
  const found: Record<string, { link?: string; sha256?: string; json?: unknown }> = {};
  for (const entry of await readdir(folder, { recursive: true })) {
    const path = join(folder, entry);
    const facts = await lstat(path);
    if (facts.isSymbolicLink()) found[entry] = { link: await readlink(path) };
    else if (facts.isFile()) {
      const bytes = await readFile(path);
      found[entry] = entry.includes('/trees/')
        ? { json: JSON.parse(bytes.toString()) }
        : { sha256: sha256Of(bytes) };
    }
  }
  return found;
}

describe('the layout', () => {
  it('is what huggingface_hub itself leaves after the same download', async () => {
    const { pull, cacheFolder } = goldenHub();
    await pull(golden.repository);
    expect(await listing(cacheFolder)).toEqual(golden.cache);
  });

  const part = fc
    .stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,20}[A-Za-z0-9]$/)
    .filter((text) => !/--|\.\./.test(text));
  const id = fc.tuple(part, part).map((halves) => halves.join('/'));

  it('keeps repositories apart, and finds them again by folder', () => {
    fc.assert(
      fc.property(id, id, (a, b) => {
        expect(isRepositoryId(a)).toBe(true);
        expect(repositoryOfFolder(folderNameOf(a))).toBe(a);
        expect(folderNameOf(a) === folderNameOf(b)).toBe(a === b);
      }),
    );
    expect(repositoryOfFolder('models--gpt2')).toBe('gpt2');
    for (const other of ['datasets--a--b', 'models--', 'models--a--b--c', '.locks', 'version.txt'])
      expect(repositoryOfFolder(other)).toBeNull();
  });

  it('never leaves the folder of the repository, and links lead to blobs', () => {
    const root = '/cache';
    const name = fc.oneof(
      fc
        .array(fc.stringMatching(/^[\w.-]{1,12}$/), { minLength: 1, maxLength: 5 })
        .map((parts) => parts.join('/')),
      fc.string({ maxLength: 40, unit: 'binary' }),
    );
    fc.assert(
      fc.property(id, name, (repository, file) => {
        fc.pre(isSafeFileName(file));
        const layout = layoutOf(repository);
        const commit = 'c'.repeat(40);
        const path = resolve(root, layout.snapshotFile(commit, file));
        expect(relative(resolve(root, layout.snapshot(commit)), path)).toBe(file);
        const hash = 'd'.repeat(64);
        expect(posix.join(posix.dirname(path), linkTargetOf(file, hash))).toBe(
          resolve(root, layout.blob(hash)),
        );
      }),
    );
  });

  it('takes no name that could be a path elsewhere', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 30 }),
        fc.constantFrom('../', '/', './', '..\\', 'C:\\', '\u0000'),
        (text, bad) => {
          expect(isSafeFileName(`${bad}${text}`)).toBe(false);
        },
      ),
    );
    for (const good of ['a', 'a/b.c', '.gitattributes', 'unet config.json', 'ä/ö', 'console.txt', '1.2/3'])
      expect(isSafeFileName(good)).toBe(true);
  });
});

describe('names', () => {
  it.each([
    'a',
    'a/b/c',
    '../b',
    'a/..',
    'a/b.',
    'a//b',
    '-a/b',
    'a/b--c',
    'a/b c',
    'a/ä',
    '',
    '/a/b',
    './a',
    'a/b/',
    `a/${'b'.repeat(97)}`,
  ])('%j is no repository', (text) => {
    expect(isRepositoryId(text)).toBe(false);
    expect(() => parseRepositoryId(text)).toThrow(/is no repository/);
  });

  it('take a revision behind @', () => {
    expect(parseRepositoryId('a/b')).toEqual({ repository: 'a/b', revision: null });
    expect(parseRepositoryId('a/b@refs/pr/1')).toEqual({ repository: 'a/b', revision: 'refs/pr/1' });
    for (const bad of ['', '..', 'a/../b', '/a', 'a//b', 'a b', '-x', 'a.lock', 'x'.repeat(201)])
      expect(() => checkRevision(bad)).toThrow(/is no revision/);
  });
});

describe('settings', () => {
  it('come from the variables of huggingface_hub', () => {
    const home = join(homedir(), '.cache', 'huggingface');
    expect(readHubSettings({})).toMatchObject({
      endpoint: 'https://huggingface.co',
      cacheFolder: join(home, 'hub'),
      tokenPath: join(home, 'token'),
      token: null,
      isOffline: false,
      showsProgress: true,
    });
    expect(readHubSettings({ XDG_CACHE_HOME: '/x' }).cacheFolder).toBe('/x/huggingface/hub');
    expect(readHubSettings({ HF_HOME: '/h' })).toMatchObject({
      cacheFolder: '/h/hub',
      tokenPath: '/h/token',
    });
    expect(readHubSettings({ HF_HOME: '/h', HF_HUB_CACHE: '~/c' }).cacheFolder).toBe(join(homedir(), 'c'));
    expect(readHubSettings({ HF_HOME: '$D/h', D: '/d' }).cacheFolder).toBe('/d/h/hub');
    expect(readHubSettings({ HF_TOKEN: ' hf_a\n', HF_TOKEN_PATH: '/t' })).toMatchObject({
      token: 'hf_a',
      tokenPath: '/t',
    });
    expect(readHubSettings({ HF_ENDPOINT: 'https://mirror.example/hf/' }).endpoint).toBe(
      'https://mirror.example/hf',
    );
    for (const on of ['1', 'true', 'YES', 'on']) {
      const settings = readHubSettings({ HF_HUB_OFFLINE: on, HF_HUB_DISABLE_PROGRESS_BARS: on });
      expect(settings).toMatchObject({ isOffline: true, showsProgress: false });
    }
    expect(readHubSettings({ HF_HUB_OFFLINE: '0' }).isOffline).toBe(false);
    expect(readHubSettings({}, true).isOffline).toBe(true);
    expect(readHubSettings({ HF_TOKEN: 'a', HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' })).toMatchObject({
      token: null,
      tokenPath: '',
    });
  });

  it('that cannot be used are refused without repeating them', () => {
    for (const endpoint of ['ftp://x', 'huggingface.co', 'https://user:secret@x', 'https://x?secret'])
      expect(() => readHubSettings({ HF_ENDPOINT: endpoint })).toThrow(/^(?!.*secret).*HF_ENDPOINT/);
    for (const seconds of ['-1', 'x', '0', '1e9'])
      expect(() => readHubSettings({ HF_HUB_DOWNLOAD_TIMEOUT: seconds })).toThrow(/HF_HUB_DOWNLOAD_TIMEOUT/);
  });
});

describe('licences', () => {
  it.each([
    ['cc-by-nc-sa-4.0', true],
    ['CC-BY-NC-4.0', true],
    ['some-research-only-licence', true],
    ['apache-2.0', false],
    ['ncsa', false],
    ['unknown', false],
  ])('%s', (id, isNonCommercial) => {
    expect(licenceOf(id)).toMatchObject({ id: id.toLowerCase(), isNonCommercial });
  });

  it('are read from the card', () => {
    expect(licenceInCard('---\ntags:\n- a\nlicense: mit\n---\ntext')).toBe('mit');
    expect(licenceInCard('---\r\nlicense: "cc-by-4.0"\r\n---\r\n')).toBe('cc-by-4.0');
    expect(licenceInCard('---\nlicense:\n- cc-by-nc-4.0\n---\n')).toBe('cc-by-nc-4.0');
    expect(licenceInCard('---\nlicense: other\nlicense_name: my-terms\n---\n')).toBe('my-terms');
    for (const none of ['', 'license: mit', '---\nlicense: <script>\n---\n', '---\nlicense: mit\n'])
      expect(licenceInCard(none)).toBeNull();
  });
});

describe('the catalogue', () => {
  it('says licence, revision and files of every part, in safe names', () => {
    for (const name of presetNames) {
      const { sources, unpublished } = presetOf(name);
      expect(new Set(sources.map(({ role }) => role)).size).toBe(sources.length);
      for (const role of Object.keys(unpublished)) expect(partRoles).toContain(role);
      for (const source of sources) {
        expect(isRepositoryId(source.repository)).toBe(true);
        expect(isCommit(source.revision)).toBe(true);
        expect(licenceOf(source.licence).meaning).not.toBeNull();
        for (const { anyOf } of source.files)
          for (const file of anyOf) expect(isSafeFileName(file)).toBe(true);
      }
    }
    expect(licenceOf(presetOf('auffusion').sources[0]!.licence).isNonCommercial).toBe(true);
  });

  const file = (name: string) => ({ file: name, bytes: 1, hash: 'e'.repeat(40), gitHash: 'e'.repeat(40) });

  it('takes safetensors before pickles, and names what is missing', () => {
    const [source] = presetOf('auffusion').sources;
    const names = source!.files.flatMap(({ anyOf }) => anyOf);
    const chosen = chooseForSource(names.map(file), source!).map((entry) => entry.file);
    expect(chosen).toContain('unet/diffusion_pytorch_model.safetensors');
    expect(chosen).not.toContain('unet/diffusion_pytorch_model.bin');
    const without = names.filter((name) => name !== 'vae/config.json').map(file);
    expect(() => chooseForSource(without, source!)).toThrow(/has no vae\/config.json/);
  });

  it('does not believe a hub that lists another sum than is known', () => {
    const source = presetOf('foleycrafter').sources.find(({ role }) => role === 'imageEncoder')!;
    const listed = source.files.map(({ anyOf, sha256 }) => ({
      ...file(anyOf[0]!),
      hash: sha256 ?? 'e'.repeat(40),
    }));
    expect(chooseForSource(listed, source)).toEqual(listed);
    const lying = listed.map((entry) => ({ ...entry, hash: 'f'.repeat(64) }));
    expect(() => chooseForSource(lying, source)).toThrow(/another SHA-256 than is known/);
  });

  it('of an unknown repository takes what a model is read from', () => {
    const names = [
      'a.bin',
      'a.safetensors',
      'b.bin',
      'x/pytorch_model.bin',
      'x/model.safetensors',
      'm.onnx',
      'p.png',
      '.gitattributes',
      'c.json',
    ];
    const chosen = chooseByPatterns(names.map(file), { include: [], exclude: [] }, 'a/b');
    expect(chosen.map((entry) => entry.file)).toEqual([
      'a.safetensors',
      'b.bin',
      'x/model.safetensors',
      'c.json',
    ]);
  });

  it('patterns of many stars take no time', () => {
    const names = [file('a'.repeat(200))];
    expect(() => chooseByPatterns(names, { include: [`${'*a'.repeat(40)}b`], exclude: [] }, 'a/b')).toThrow(
      /no file/,
    );
  });
});

describe('patterns', () => {
  it.each<[string, string[], string[]]>([
    ['*.json', ['a.json', 'a/b.json', '.json'], ['a.jsonl', 'json']],
    ['unet/*', ['unet/a', 'unet/a/b'], ['unet', 'a/unet/b']],
    ['unet/', ['unet/a'], ['unet']],
    ['a?c', ['abc', 'a/c'], ['ac', 'abbc']],
    ['[a-c!]x', ['ax', 'cx', '!x'], ['dx', '-x']],
    ['[!a]x', ['bx'], ['ax']],
    ['a.b', ['a.b'], ['aXb']],
    ['', [''], ['a']],
  ])('%j', (pattern, fitting, others) => {
    for (const file of fitting) expect([file, filePattern(pattern)(file)]).toEqual([file, true]);
    for (const file of others) expect([file, filePattern(pattern)(file)]).toEqual([file, false]);
  });

  it('with stars fit what is put in their place', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-c/.]{0,4}$/), { minLength: 1, maxLength: 6 }), (parts) => {
        expect(filePattern(parts.join('*'))(parts.join('ab'))).toBe(true);
        expect(filePattern(`${parts.join('*')}!`)(parts.join('ab'))).toBe(false);
      }),
    );
    expect(() => filePattern('[a')).toThrow(/without its \]/);
  });
});

describe('words and numbers', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [99_960, '100 kB'],
    [999_999, '1.00 MB'],
    [2_528_373_448, '2.53 GB'],
    [4e15, '4000 TB'],
  ])('%i bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it('Retry-After is seconds or a date', () => {
    const now = Date.parse('2030-01-01T00:00:00Z');
    expect(retryAfterOf('7', now)).toBe(7);
    expect(retryAfterOf('Tue, 01 Jan 2030 00:00:09 GMT', now)).toBe(9);
    expect(retryAfterOf('Tue, 01 Jan 2020 00:00:00 GMT', now)).toBe(0);
    for (const none of [null, '', 'soon', '-1x']) expect(retryAfterOf(none, now)).toBeNull();
  });
});
