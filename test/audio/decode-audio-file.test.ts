import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeAudio } from '../../src/audio/decode-audio.js';
import { decodeAudioFile, openAudioFile } from '../../src/audio/decode-audio-file.node.js';
import { ffmpegBlockReader } from '../../src/audio/ffmpeg-audio-blocks.node.js';
import { FoleyError } from '../../src/errors/foley-error.js';
import { golden, maxDifference } from './golden.js';

const folder = 'test/golden/audio';
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'foley-audio-'));
});
afterAll(() => rm(scratch, { recursive: true }));

describe('decodeAudioFile', () => {
  // Vorbis and FLAC decoders are bit-exact up to float rounding. MP3 and Opus are specified with a tolerance;
  // FFmpeg and libsndfile's mpg123 and libopus differ by what is allowed here.
  test.each([
    ['tone.ogg', 'vorbis', 2e-6],
    ['tone.flac', 'flac', 0],
    ['tone.opus', 'opus', 1e-3],
  ])(
    '%s decodes to the same length and samples as libsndfile (reference/audio/files.py)',
    async (name, codec, tolerance) => {
      const wanted = await (await golden('files'))(name);
      const decoded = await openAudioFile(`${folder}/${name}`);
      expect(decoded.codec).toBe(codec);
      expect([decoded.wave.channels.length, decoded.wave.channels[0]!.length]).toEqual(wanted.shape);
      const samples = decoded.wave.channels.flatMap((channel) => [...channel]);
      expect(maxDifference(samples, wanted.data)).toBeLessThanOrEqual(tolerance);
    },
  );

  test('WAV goes through the strict reader', async () => {
    const { codec, wave } = await openAudioFile(`${folder}/tone-u8.wav`);
    expect([codec, wave.sampleRateHz, wave.channels.length]).toEqual(['wav', 16_000, 2]);
  });

  test('a missing file and a file that is no sound are told apart', async () => {
    await expect(decodeAudioFile('no/such.ogg')).rejects.toMatchObject({
      code: 'input-missing',
      message: /no\/such\.ogg/,
    });
    const path = join(scratch, 'text.ogg');
    await writeFile(path, 'this is a text file, not a sound');
    await expect(decodeAudioFile(path)).rejects.toMatchObject({ code: 'input-rejected' });
  });

  test('a track longer than allowed is refused', async () => {
    await expect(decodeAudioFile(`${folder}/tone.ogg`, { maxSeconds: 0.1 })).rejects.toMatchObject({
      code: 'limit-exceeded',
    });
  });

  test.each(['tone.ogg', 'tone.mp3', 'tone.flac', 'tone.opus'])(
    'damaged %s decodes or is refused, never worse',
    async (name) => {
      const good = await readFile(`${folder}/${name}`);
      let state = 12345;
      const random = (below: number) => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0; // a fixed sequence, so a failure can be repeated
        return Math.floor((state / 2 ** 32) * below);
      };
      let refused = 0;
      for (let round = 0; round < 60; round++) {
        const bytes = Uint8Array.from(good.subarray(0, round % 3 === 0 ? random(good.length) : good.length));
        for (let change = 0; change < 8 && bytes.length > 0; change++)
          bytes[random(bytes.length)] = random(256);
        try {
          const { wave } = await decodeAudio(bytes, { name, reader: await ffmpegBlockReader() });
          expect(wave.channels.every((channel) => channel.length > 0)).toBe(true);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(FoleyError);
          refused++;
        }
      }
      expect(refused).toBeGreaterThan(0);
    },
  );
});
