import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeAudioFile } from '../../src/audio/decode-audio-file.node.js';
import type { Wave } from '../../src/audio/index.js';
import { main } from '../../src/cli/main.js';
import { parseMixRequest } from '../../src/foley/mix-request.js';
import { runMixJob } from '../../src/foley/mix-runner.node.js';
import type { FoleySidecar } from '../../src/foley/write-take.node.js';
import { readMediaFacts } from '../../src/video/open-media.node.js';
import { digest } from '../foley/fake-stations.js';
import { writeRandomModel } from '../foley/random-model.js';

const example = fileURLToPath(new URL('../../examples/dog-lying.mp4', import.meta.url));
// every test starts processes that open a model: seconds each, minutes on a busy machine
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tracks-'));
  await writeRandomModel(join(root, 'tiny'));
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

async function generate(...args: string[]) {
  const text = { stdout: '', stderr: '' };
  const code = await main(['generate', ...args], {
    stdout: { write: (part: string) => (text.stdout += part) },
    stderr: { write: (part: string) => (text.stderr += part) },
    env: {},
  });
  return { code, ...text };
}
const machine = () => ['--model', join(root, 'tiny'), '--cache-dir', join(root, 'cache'), '--steps', '2'];
const bytesIn = async (folder: string) =>
  Object.fromEntries(
    await Promise.all(
      (await readdir(folder)).map(async (name) => [name, await readFile(join(folder, name))] as const),
    ),
  );
const digestOf = ({ sampleRateHz, channels }: Wave) => [sampleRateHz, ...channels.map(digest)];
const record = (bytes: Buffer): FoleySidecar => JSON.parse(bytes.toString());

describe('several labels', () => {
  let made: Record<string, Buffer>;
  beforeAll(async () => {
    const result = await generate(
      example,
      '--track',
      'dog barking; seed=4',
      '--track',
      'rain; gain=-8; pan=0.5',
      '--format',
      'both',
      '--picture',
      '--out-dir',
      join(root, 'one'),
      ...machine(),
    );
    expect(result).toMatchObject({ code: 0 });
    made = await bytesIn(join(root, 'one'));
  });

  it('write the mix, the clip with it, and stems and timings of each', async () => {
    const stems = ['track-1-dog-barking', 'track-2-rain'];
    const expected = ['flac', 'json', 'mp4', 'png', 'wav'].map((ending) => `dog-lying.foley.${ending}`);
    for (const stem of stems)
      for (const ending of ['flac', 'timing.json', 'wav']) expected.push(`dog-lying.foley.${stem}.${ending}`);
    expect(Object.keys(made).sort()).toEqual(expected.sort());
    const { tracks, files, level } = record(made['dog-lying.foley.json']!);
    expect(tracks!.map(({ label, seed, gain, pan }) => ({ label, seed, gain, pan }))).toEqual([
      { label: 'dog barking', seed: 4, gain: 0, pan: 0 },
      { label: 'rain', seed: expect.any(Number), gain: -8, pan: 0.5 },
    ]);
    for (const name of [files.wav, files.flac, files.video, files.picture])
      expect(made).toHaveProperty([name!]);
    for (const track of tracks!)
      for (const name of Object.values(track.files)) expect(made).toHaveProperty([name!]);
    expect(level.integratedLufs).toBeCloseTo(-23, 1);
    expect((await readMediaFacts(join(root, 'one', files.video))).audio[0]!.channels).toBe(2);
  });

  it('have the same samples in FLAC as in WAV', async () => {
    for (const name of ['dog-lying.foley', 'dog-lying.foley.track-2-rain']) {
      const [wav, flac] = [
        await decodeAudioFile(join(root, 'one', `${name}.wav`)),
        await decodeAudioFile(join(root, 'one', `${name}.flac`)),
      ];
      // mediabunny 1.61 does not find a last FLAC frame of a few bytes: one of pure silence, which other readers find
      const read = flac.channels[0]!.length;
      expect(wav.channels[0]!.length - read).toBeLessThan(4096);
      const shown = { ...wav, channels: wav.channels.map((channel) => channel.subarray(0, read)) };
      expect(digestOf(flac)).toEqual(digestOf(shown));
      for (const channel of wav.channels)
        expect(channel.subarray(read).every((value) => value === 0)).toBe(true);
    }
  });

  it('come out the same from their own record', async () => {
    const out = join(root, 'again');
    const from = join(root, 'one', 'dog-lying.foley.json');
    expect(await generate('--from', from, '--out-dir', out)).toMatchObject({ code: 0 });
    const again = await bytesIn(out);
    expect(Object.keys(again).sort()).toEqual(Object.keys(made).sort());
    for (const [name, bytes] of Object.entries(made)) {
      if (name === 'dog-lying.foley.json') continue;
      // an MP4 says in whole seconds when it was written, and is otherwise compared by its length
      if (name.endsWith('.mp4')) expect(again[name]!.length).toBe(bytes.length);
      else expect(again[name]!.equals(bytes), name).toBe(true);
    }
    const withoutPlace = (bytes: Buffer) => {
      const { timings: _, ...rest } = record(bytes);
      return { ...rest, request: { ...rest.request, outDir: null } };
    };
    expect(withoutPlace(again['dog-lying.foley.json']!)).toEqual(withoutPlace(made['dog-lying.foley.json']!));
  });

  it('are mixed again from their stems, in the same bytes or at other gains', async () => {
    const { tracks } = record(made['dog-lying.foley.json']!);
    const mix = async (name: string, gains: readonly number[], fields = {}) => {
      const request = parseMixRequest({
        video: example,
        tracks: tracks!.map(({ label, files, pan }, index) => ({
          file: join(root, 'one', files.wav!),
          name: label,
          gain: gains[index],
          pan,
        })),
        outDir: join(root, name),
        ...fields,
      });
      const result = await runMixJob(request);
      return { ...result, bytes: await bytesIn(join(root, name)) };
    };
    const same = await mix('same', [0, -8], { stems: true });
    expect(Object.keys(same.bytes).sort()).toEqual([
      'dog-lying.foley.json',
      'dog-lying.foley.mp4',
      'dog-lying.foley.track-1-dog-barking.wav',
      'dog-lying.foley.track-2-rain.wav',
      'dog-lying.foley.wav',
    ]);
    for (const [name, bytes] of Object.entries(same.bytes))
      if (name.endsWith('.wav')) expect(bytes.equals(made[name]!), name).toBe(true);
    const other = await mix('other', [-12, 0], { name: 'final', format: 'flac', loudness: -30 });
    expect(Object.keys(other.bytes).sort()).toEqual([
      'final.foley.flac',
      'final.foley.json',
      'final.foley.mp4',
    ]);
    expect(other.mix.level.integratedLufs).toBeCloseTo(-30, 1);
  });
});

describe('a mix', () => {
  it('leaves nothing when a track is not there or is no sound', async () => {
    const mix = (file: string) =>
      runMixJob(
        parseMixRequest({ video: example, tracks: [{ file, name: 'a' }], outDir: join(root, 'nothing') }),
      );
    await expect(mix(join(root, 'none.wav'))).rejects.toMatchObject({ code: 'input-missing' });
    await writeFile(join(root, 'text.wav'), 'no sound at all');
    await expect(mix(join(root, 'text.wav'))).rejects.toMatchObject({ code: 'input-rejected' });
    await expect(readdir(join(root, 'nothing'))).rejects.toThrow('ENOENT');
  });

  it.each([
    [{ tracks: [] }, 'tracks must be a list of 1 to 16 tracks, got []'],
    [{ tracks: [{ file: 'a.wav' }] }, 'tracks[0].name is missing'],
    [
      { tracks: [{ file: 'a.wav', name: 'a', gain: 99 }] },
      'tracks[0].gain must be a number from -60 to 24 dB',
    ],
  ])('refuses %j', (fields, message) => {
    expect(() => parseMixRequest({ video: 'a.mp4', ...fields })).toThrow(message);
  });
});
