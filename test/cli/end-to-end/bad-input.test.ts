/** @file Bad input: one line that names it, what to do about it, the exit status, and nothing left behind. */
import { mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeWav } from '../../../src/audio/index.js';
import { example, useRuns } from './runs.js';

const runs = useRuns();

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
    ['a folder', async () => ({ video: runs.root }), 3, /is not a file/],
    ['no such clip', async () => ({ video: join(runs.root, 'none.mp4') }), 3, /none\.mp4 cannot be found/],
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
      async () => ({ args: ['--timing', join(runs.root, 'none.json')] }),
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
    const { code, stdout, stderr } = await runs.generate(video, '-q', ...args);
    const lines = stderr.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^error: /);
    expect(lines[0]).toMatch(message);
    expect(lines.slice(1).every((line) => line.startsWith('hint: '))).toBe(true);
    expect(code).toBe(status);
    expect(stdout).toBe('');
    expect(await readdir(runs.out)).toEqual([]);
  });

  it('results that exist', async () => {
    await writeFile(join(runs.out, 'dog-lying.foley.wav'), 'mine');
    const { code, stderr } = await runs.generate(example, '-q');
    expect(stderr).toMatch(/^error: .*dog-lying\.foley\.wav exists already\nhint: Add --overwrite/);
    expect(code).toBe(1);
    expect(await readFile(join(runs.out, 'dog-lying.foley.wav'), 'utf8')).toBe('mine');
    expect(await readdir(runs.out)).toHaveLength(1);
  });

  async function put(name: string, bytes: Uint8Array): Promise<string> {
    const path = join(runs.root, name);
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
    const folder = await mkdtemp(join(runs.root, 'broken-'));
    for (const name of await readdir(runs.model))
      if (name !== file) await symlink(join(runs.model, name), join(folder, name));
    if (content !== null) await writeFile(join(folder, file), content);
    return folder;
  }
});
