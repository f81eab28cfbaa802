/** @file What `generate` writes, and what decides its bytes. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeWav, sampleCount, samplePeak } from '../../../src/audio/index.js';
import { hashFile } from '../../../src/conditions/embedding-cache.node.js';
import { readMediaFacts } from '../../../src/video/open-media.node.js';
import { example, useRuns } from './runs.js';

const runs = useRuns();

describe('generate', () => {
  it('writes sound, clip and sidecar, and says so', async () => {
    const { code, stdout, stderr } = await runs.generate(example);
    expect(stderr).toContain('making sound');
    expect(code).toBe(0);
    const names = ['dog-lying.foley.json', 'dog-lying.foley.mp4', 'dog-lying.foley.wav'];
    expect(stdout).toBe(names.map((name) => `${join(runs.out, name)}\n`).join(''));
    expect((await readdir(runs.out)).sort()).toEqual(names);

    const before = await readMediaFacts(example);
    const after = await readMediaFacts(join(runs.out, names[1]!));
    expect(after.video).toEqual(before.video);
    expect(after.audio).toHaveLength(1);
    // containers round to a tick of their clock
    expect(Math.abs(after.durationSeconds - before.durationSeconds)).toBeLessThan(0.002);
    const wave = decodeWav(await readFile(join(runs.out, names[2]!)));
    expect(sampleCount(wave)).toBe(Math.round(before.durationSeconds * 16000));
    expect(samplePeak(wave)).toBeGreaterThan(0.001);

    const record = await runs.sidecar();
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
      expect(sha256, file).toBe(await hashFile(join(runs.model, file)));
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
      expect((await runs.generate(example, '-y', ...args)).code).toBe(0);
      bytes.push(await readFile(join(runs.out, 'dog-lying.foley.wav')));
    }
    expect(bytes[1]!.equals(bytes[0]!)).toBe(true);
    expect(bytes[2]!.equals(bytes[0]!)).toBe(false);
  });

  it('makes the same again from the record of a take whose label the picture chose', async () => {
    const settings = [
      '--model',
      runs.model,
      '--cache-dir',
      join(runs.root, 'cache'),
      '--steps',
      '2',
      '--seed',
      '3',
    ];
    await runs.run('generate', example, '--out-dir', runs.out, ...settings);
    const first = await runs.sidecar();
    expect(first.request.label).toBeNull();
    expect(first.chosenLabel!.runnersUp.length).toBeGreaterThan(0);
    const again = join(runs.out, 'again');
    const from = join(runs.out, 'dog-lying.foley.json');
    expect(await runs.run('generate', '--from', from, '--out-dir', again)).toMatchObject({ code: 0 });
    const second = await runs.sidecar(join('again', 'dog-lying.foley.json'));
    expect(second).toMatchObject({ request: { label: first.chosenLabel!.label }, chosenLabel: null });
    expect(second.windows).toEqual(first.windows);
    expect(await hashFile(join(again, 'dog-lying.foley.wav'))).toBe(
      await hashFile(join(runs.out, 'dog-lying.foley.wav')),
    );
  });

  it('keeps the original as a second track, in another container, with a picture, for every take', async () => {
    const { code } = await runs.generate(
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
    expect((await readdir(runs.out)).sort()).toEqual(
      [1, 2].flatMap((take) => endings.map((ending) => `dog-lying.foley-${take}.${ending}`)),
    );
    expect((await readMediaFacts(join(runs.out, 'dog-lying.foley-1.mkv'))).audio).toHaveLength(2);
    const [one, two] = [
      await readFile(join(runs.out, 'dog-lying.foley-1.wav')),
      await readFile(join(runs.out, 'dog-lying.foley-2.wav')),
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
      expect((await runs.generate(example, '-y', ...args)).code).toBe(0);
      videos.push(await readFile(join(runs.out, 'dog-lying.foley.mp4')));
      expect((await readMediaFacts(join(runs.out, 'dog-lying.foley.mp4'))).audio).toHaveLength(1);
    }
    expect(new Set(videos.map((bytes) => bytes.toString('base64'))).size).toBe(3);
  });

  it('keeps embeddings where it is told, or nowhere', async () => {
    const cache = join(runs.out, 'cache');
    expect((await runs.generate(example, '--cache-dir', cache)).code).toBe(0);
    expect(await readdir(join(cache, 'embeddings'))).toHaveLength(1);
    const { stderr, code } = await runs.generate(example, '-y', '--cache-dir', 'none');
    expect([code, stderr.includes('looking at frames')]).toEqual([0, true]);
  });

  it('obeys a timing that inspect saved and a person changed', async () => {
    const file = join(runs.out, 'timing.json');
    expect(
      (
        await runs.run(
          'inspect',
          example,
          '--label',
          'dog barking',
          '--model',
          runs.model,
          '--save-timing',
          file,
          '--picture',
          join(runs.out, 'seen.png'),
        )
      ).code,
    ).toBe(0);
    expect((await stat(join(runs.out, 'seen.png'))).size).toBeGreaterThan(10_000);
    const timing = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...timing, spans: [{ startSeconds: 0.2, endSeconds: 0.7 }] }));
    expect((await runs.generate(example, '--timing', file)).code).toBe(0);
    expect((await runs.sidecar()).timing!.spans).toEqual([{ startSeconds: 0.2, endSeconds: 0.7 }]);
    await writeFile(file, JSON.stringify({ ...timing, spans: 'always' }));
    const bad = await runs.generate(example, '-y', '--timing', file);
    expect(bad).toMatchObject({ code: 3, stderr: expect.stringContaining(`${file}: spans: `) });
  });
});
