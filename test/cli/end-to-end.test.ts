import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeWav, encodeWav, sampleCount, samplePeak } from '../../src/audio/index.js';
import { main } from '../../src/cli/main.js';
import { hashFile } from '../../src/conditions/embedding-cache.node.js';
import type { FoleySidecar } from '../../src/foley/write-take.node.js';
import { readMediaFacts } from '../../src/video/open-media.node.js';
import { writeRandomModel } from '../foley/random-model.js';

const example = fileURLToPath(new URL('../../examples/dog-lying.mp4', import.meta.url));
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

/** Runs the real command line with a real child; embeddings are shared by all tests. */
async function run(...args: string[]) {
  let stdout = '';
  let stderr = '';
  const streams = {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    env: {},
  };
  const code = await main(args, streams);
  return { code, stdout, stderr };
}
const generate = (video: string, ...args: string[]) =>
  run(
    'generate',
    video,
    '--label',
    'dog barking',
    '--model',
    model,
    '--out-dir',
    out,
    '--cache-dir',
    join(root, 'cache'),
    '--steps',
    '2',
    ...args,
  );
const sidecar = async (name = 'dog-lying.foley.json'): Promise<FoleySidecar> =>
  JSON.parse(await readFile(join(out, name), 'utf8'));

describe('generate', () => {
  it('writes sound, clip and sidecar, and says so', async () => {
    const { code, stdout, stderr } = await generate(example);
    expect(stderr).toContain('making sound');
    expect(code).toBe(0);
    const names = ['dog-lying.foley.json', 'dog-lying.foley.mp4', 'dog-lying.foley.wav'];
    expect(stdout).toBe(names.map((name) => `${join(out, name)}\n`).join(''));
    expect((await readdir(out)).sort()).toEqual(names);

    const before = await readMediaFacts(example);
    const after = await readMediaFacts(join(out, names[1]!));
    expect(after.video).toEqual(before.video);
    expect(after.audio).toHaveLength(1);
    // containers round to a tick of their clock
    expect(Math.abs(after.durationSeconds - before.durationSeconds)).toBeLessThan(0.002);
    const wave = decodeWav(await readFile(join(out, names[2]!)));
    expect(sampleCount(wave)).toBe(Math.round(before.durationSeconds * 16000));
    expect(samplePeak(wave)).toBeGreaterThan(0.001);

    const record = await sidecar();
    expect(record).toMatchObject({
      format: 'smooth-foley.result/1',
      request: { label: 'dog barking', steps: 2, video: example },
      seed: 0,
      clip: { sha256: await hashFile(example) },
      model: { name: 'tiny' },
      timing: { label: 'dog barking' },
    });
    expect(record.model.files.map(({ file }) => file)).toContain('unet.safetensors');
    for (const { file, sha256 } of record.model.files)
      expect(sha256, file).toBe(await hashFile(join(model, file)));
    expect(record.timings.denoise).toBeGreaterThan(0);
    expect(Object.values(record.versions).every((version) => /^\d+\./.test(version))).toBe(true);
  });

  it('gives the same bytes for the same request, with one thread and with two, and others for another seed', async () => {
    const bytes: Buffer[] = [];
    for (const args of [
      ['--threads', '1'],
      ['--threads', '2'],
      ['--threads', '2', '--seed', '1'],
    ]) {
      expect((await generate(example, '-y', ...args)).code).toBe(0);
      bytes.push(await readFile(join(out, 'dog-lying.foley.wav')));
    }
    expect(bytes[1]!.equals(bytes[0]!)).toBe(true);
    expect(bytes[2]!.equals(bytes[0]!)).toBe(false);
  });

  it('makes the same again from the record of a take whose label the picture chose', async () => {
    const settings = ['--model', model, '--cache-dir', join(root, 'cache'), '--steps', '2', '--seed', '3'];
    await run('generate', example, '--out-dir', out, ...settings);
    const first = await sidecar();
    expect(first.request.label).toBeNull();
    expect(first.chosenLabel!.runnersUp.length).toBeGreaterThan(0);
    const again = join(out, 'again');
    const from = join(out, 'dog-lying.foley.json');
    expect(await run('generate', '--from', from, '--out-dir', again)).toMatchObject({ code: 0 });
    const second = await sidecar(join('again', 'dog-lying.foley.json'));
    expect(second).toMatchObject({ request: { label: first.chosenLabel!.label }, chosenLabel: null });
    expect(second.windows).toEqual(first.windows);
    expect(await hashFile(join(again, 'dog-lying.foley.wav'))).toBe(
      await hashFile(join(out, 'dog-lying.foley.wav')),
    );
  });

  it('keeps the original as a second track, in another container, with a picture, for every take', async () => {
    const { code } = await generate(
      example,
      '--original',
      'keep',
      '--container',
      'mkv',
      '--picture',
      '--takes',
      '2',
    );
    expect(code).toBe(0);
    const endings = ['json', 'mkv', 'png', 'wav'];
    expect((await readdir(out)).sort()).toEqual(
      [1, 2].flatMap((take) => endings.map((ending) => `dog-lying.foley-${take}.${ending}`)),
    );
    expect((await readMediaFacts(join(out, 'dog-lying.foley-1.mkv'))).audio).toHaveLength(2);
    const [one, two] = [
      await readFile(join(out, 'dog-lying.foley-1.wav')),
      await readFile(join(out, 'dog-lying.foley-2.wav')),
    ];
    expect(one.equals(two)).toBe(false);
  });

  it('mixes the original in at its gain', async () => {
    const videos: Buffer[] = [];
    for (const args of [
      ['--original', 'drop'],
      ['--original', 'mix'],
      ['--original', 'mix', '--original-gain', '-20'],
    ]) {
      expect((await generate(example, '-y', ...args)).code).toBe(0);
      videos.push(await readFile(join(out, 'dog-lying.foley.mp4')));
      expect((await readMediaFacts(join(out, 'dog-lying.foley.mp4'))).audio).toHaveLength(1);
    }
    expect(new Set(videos.map((bytes) => bytes.toString('base64'))).size).toBe(3);
  });

  it('keeps embeddings where it is told, or nowhere', async () => {
    const cache = join(out, 'cache');
    expect((await generate(example, '--cache-dir', cache)).code).toBe(0);
    expect(await readdir(join(cache, 'embeddings'))).toHaveLength(1);
    const { stderr, code } = await generate(example, '-y', '--cache-dir', 'none');
    expect([code, stderr.includes('looking at frames')]).toEqual([0, true]);
  });

  it('obeys a timing that inspect saved and a person changed', async () => {
    const file = join(out, 'timing.json');
    expect(
      (
        await run(
          'inspect',
          example,
          '--label',
          'dog barking',
          '--model',
          model,
          '--save-timing',
          file,
          '--picture',
          join(out, 'seen.png'),
        )
      ).code,
    ).toBe(0);
    expect((await stat(join(out, 'seen.png'))).size).toBeGreaterThan(10_000);
    const timing = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...timing, spans: [{ startSeconds: 0.2, endSeconds: 0.7 }] }));
    expect((await generate(example, '--timing', file)).code).toBe(0);
    expect((await sidecar()).timing!.spans).toEqual([{ startSeconds: 0.2, endSeconds: 0.7 }]);
    await writeFile(file, JSON.stringify({ ...timing, spans: 'always' }));
    const bad = await generate(example, '-y', '--timing', file);
    expect(bad).toMatchObject({ code: 3, stderr: expect.stringContaining(`${file}: spans: `) });
  });
});

describe('bad input', () => {
  const table: [
    name: string,
    prepare: () => Promise<{ video?: string; args?: string[] }>,
    code: number,
    message: RegExp,
  ][] = [
    [
      'a truncated clip',
      async () => ({ video: await put('cut.mp4', (await readFile(example)).subarray(0, 100_000)) }),
      3,
      /cut\.mp4 is incomplete/,
    ],
    [
      'an empty file',
      async () => ({ video: await put('empty.mp4', new Uint8Array()) }),
      3,
      /empty\.mp4 is empty \(0 bytes\)/,
    ],
    [
      'text renamed .mp4',
      async () => ({ video: await put('text.mp4', Buffer.from('a clip of a dog\n'.repeat(99))) }),
      3,
      /text\.mp4 is a text file/,
    ],
    [
      'a sound file',
      async () => ({
        video: await put('sound.mp4', encodeWav({ sampleRateHz: 16000, channels: [new Float32Array(1600)] })),
      }),
      3,
      /is a WAV sound file/,
    ],
    ['a folder', async () => ({ video: root }), 3, /is not a file/],
    ['no such clip', async () => ({ video: join(root, 'none.mp4') }), 3, /none\.mp4 cannot be found/],
    [
      'damaged pictures',
      async () => ({ video: await put('damaged.mp4', await damaged()), args: ['--cache-dir', 'none'] }),
      3,
      /damaged\.mp4 cannot be decoded|damaged\.mp4 cannot be read/,
    ],
    ['no such model', async () => ({ args: ['--model', 'enormous'] }), 4, /there is no model "enormous"/],
    [
      'a model without weights',
      async () => ({ args: ['--model', await brokenModel('unet.safetensors', null)] }),
      4,
      /lacks the weights of the unet \(.*unet\.safetensors\)/,
    ],
    [
      'a model with damaged weights',
      async () => ({ args: ['--model', await brokenModel('vae.safetensors', Buffer.alloc(1000))] }),
      4,
      /vae\.safetensors/,
    ],
    [
      'a model with a foreign configuration',
      async () => ({ args: ['--model', await brokenModel('config.json', Buffer.from('{"format":1}'))] }),
      4,
      /config\.json: /,
    ],
    [
      'a timing that is not there',
      async () => ({ args: ['--timing', join(root, 'none.json')] }),
      3,
      /cannot read the timing .*none\.json/,
    ],
    [
      'a folder that is a file',
      async () => ({ args: ['--out-dir', await put('file', Buffer.from('x'))] }),
      1,
      /file/,
    ],
    ['a start past the end', async () => ({ args: ['--start', '99'] }), 2, /start 99 s lies past the end/],
    [
      'a container that cannot hold the pictures',
      async () => ({ args: ['--container', 'webm'] }),
      2,
      /webm does not hold h264 pictures/,
    ],
  ];
  it.each(table)('%s', async (_, prepare, status, message) => {
    const { video = example, args = [] } = await prepare();
    const { code, stdout, stderr } = await generate(video, '-q', ...args);
    const lines = stderr.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^error: /);
    expect(lines[0]).toMatch(message);
    expect(lines.slice(1).every((line) => line.startsWith('hint: '))).toBe(true);
    expect(code).toBe(status);
    expect(stdout).toBe('');
    expect(await readdir(out)).toEqual([]);
  });

  it('results that exist', async () => {
    await writeFile(join(out, 'dog-lying.foley.wav'), 'mine');
    const { code, stderr } = await generate(example, '-q');
    expect(stderr).toMatch(/^error: .*dog-lying\.foley\.wav exists already\nhint: Add --overwrite/);
    expect(code).toBe(1);
    expect(await readFile(join(out, 'dog-lying.foley.wav'), 'utf8')).toBe('mine');
    expect(await readdir(out)).toHaveLength(1);
  });

  async function put(name: string, bytes: Uint8Array): Promise<string> {
    const path = join(root, name);
    await writeFile(path, bytes);
    return path;
  }

  /** The example with its pictures overwritten; the index is whole. */
  async function damaged(): Promise<Uint8Array> {
    const bytes = await readFile(example);
    const start = bytes.indexOf('mdat') + 4;
    const size = bytes.readUInt32BE(start - 8) - 8;
    bytes.fill(0xff, start, start + size);
    return bytes;
  }

  async function brokenModel(file: string, content: Uint8Array | null): Promise<string> {
    const folder = await mkdtemp(join(root, 'broken-'));
    for (const name of await readdir(model))
      if (name !== file) await symlink(join(model, name), join(folder, name));
    if (content !== null) await writeFile(join(folder, file), content);
    return folder;
  }
});

describe('a process of its own', () => {
  const cli = fileURLToPath(new URL('./run-main.ts', import.meta.url));
  const start = (shell: string, ...args: string[]) =>
    spawn(
      'bash',
      [
        '-c',
        `${shell} exec "$@"`,
        'bash',
        process.execPath,
        '--import',
        import.meta.resolve('tsx'),
        cli,
        'generate',
        example,
        '--label',
        'dog',
        '--model',
        model,
        '--out-dir',
        out,
        '--cache-dir',
        join(root, 'cache'),
        ...args,
      ],
      { detached: true },
    );

  it('leaves nothing half-written when Ctrl-C ends it', async () => {
    const child = start('', '--steps', '500');
    let stderr = '';
    const code = await new Promise<number | null>((resolve) => {
      child.stderr.on('data', (chunk: Buffer) => {
        const was = stderr.includes('making sound');
        stderr += chunk.toString();
        // as a terminal does: to every process of the group
        if (!was && stderr.includes('making sound')) process.kill(-child.pid!, 'SIGINT');
      });
      child.on('exit', resolve);
    });
    expect(stderr).toContain('error: the job was cancelled');
    expect(code).toBe(130);
    expect(await readdir(out)).toEqual([]);
  });

  it('leaves nothing behind when it is killed itself', async () => {
    const child = start('', '--steps', '500');
    await new Promise<void>((resolve) => {
      child.stderr.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('making sound')) resolve();
      });
      child.on('exit', () => resolve());
    });
    expect(await readdir(out)).toHaveLength(1);
    child.kill('SIGKILL');
    await expect.poll(() => readdir(out), { timeout: 30_000 }).toEqual([]);
  });

  it('says that the disk is full', async () => {
    // a limit on the size of files stands in for a full disk: writing fails in the same place
    const child = start("ulimit -f 16; trap '' XFSZ;", '--steps', '1', '-q');
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect(stderr).toMatch(/^error: cannot write .*dog-lying\.foley\.\w+: .*(EFBIG|ENOSPC)/);
    expect(code).toBe(1);
    expect(await readdir(out)).toEqual([]);
  });
});
