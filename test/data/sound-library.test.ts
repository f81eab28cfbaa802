import { mkdir, mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeWav } from '../../src/audio/wav-writer.js';
import { MANIFEST_COLUMNS } from '../../src/data/manifest.js';
import { readSound } from '../../src/data/sound-library.js';
import { openSoundLibrary } from '../../src/data/sound-library.node.js';

describe('openSoundLibrary', () => {
  let folder = '';
  const options = (): { audioFolder: string; cacheFolder: string } => ({
    audioFolder: join(folder, 'audio'),
    cacheFolder: join(folder, 'cache'),
  });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sounds-'));
    await mkdir(options().audioFolder);
    // 1 s of a 440 Hz tone at 32 kHz in stereo (left only), after 0.5 s of silence.
    const left = Float32Array.from({ length: 48000 }, (_, index) =>
      index < 16000 ? 0 : 0.4 * Math.sin((2 * Math.PI * 440 * index) / 32000),
    );
    const wave = { sampleRateHz: 32000, channels: [left, new Float32Array(48000)] };
    await writeFile(join(options().audioFolder, 'tone.wav'), encodeWav(wave));
    const row = [
      'tone.wav',
      'dog bark',
      'dog bark',
      'A',
      'own',
      '1',
      '-',
      '1.5',
      '1',
      '32000',
      '',
      '',
      'own:tone',
      'train',
      '',
    ];
    await writeFile(
      join(options().audioFolder, 'manifest.tsv'),
      `${MANIFEST_COLUMNS.join('\t')}\n${row.join('\t')}\n`,
    );
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('decodes to 16 kHz mono with its events and level, then reads the kept file without decoding', async () => {
    let decoded = 0;
    const first = await openSoundLibrary({ ...options(), onProgress: () => decoded++ });
    const sound = first.sounds[0]!;
    expect(sound.samples).toHaveLength(24000);
    expect(sound.events).toHaveLength(1);
    expect(sound.events[0]!.startSeconds).toBeCloseTo(0.5, 1.5); // the low-pass rings for some milliseconds
    // Half of a sine of amplitude 0.4, since the right channel is silent: 0.2 / sqrt(2).
    expect(sound.activeRms).toBeCloseTo(0.2 / Math.SQRT2, 2);
    const again = await openSoundLibrary({ ...options(), onProgress: () => decoded++ });
    expect(decoded).toBe(1);
    expect(again).toEqual(first);
    const [a, b] = [readSound(sound, 12000, 4, 1), readSound(sound, 12000.5, 4, 1)];
    expect(Math.abs(b[0]! - (a[0]! + a[1]!) / 2)).toBeLessThan(0.01);
  });

  it('decodes afresh when the kept file is not whole', async () => {
    const [name] = await readdir(options().cacheFolder);
    const path = join(options().cacheFolder, name!);
    const whole = (await stat(path)).size;
    await truncate(path, whole - 10);
    let decoded = 0;
    await openSoundLibrary({ ...options(), onProgress: () => decoded++ });
    expect(decoded).toBe(1);
    expect((await stat(path)).size).toBe(whole);
  });

  it('says where the manifest is missing', async () => {
    await expect(openSoundLibrary({ ...options(), audioFolder: join(folder, 'none') })).rejects.toMatchObject(
      {
        code: 'input-missing',
      },
    );
  });
});
