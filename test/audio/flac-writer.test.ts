import { describe, expect, test } from 'vitest';
import { decodeAudio } from '../../src/audio/decode-audio.js';
import { ffmpegBlockReader } from '../../src/audio/ffmpeg-audio-blocks.node.js';
import { encodeFlac } from '../../src/audio/flac-writer.js';
import { decodeWav } from '../../src/audio/wav-reader.js';
import { encodeWav } from '../../src/audio/wav-writer.js';
import { createWave, silence } from '../../src/audio/wave.js';
import { loadCodecs } from '../../src/video/codecs.node.js';
import { maxDifference, sine } from './golden.js';

describe('encodeFlac', () => {
  test.each([
    [16, 'pcm16', 1],
    [24, 'pcm24', 2],
  ] as const)(
    '%d bits hold exactly what WAV %s holds (%d channels)',
    async (bitsPerSample, format, channelCount) => {
      // Two blocks of the encoder's input, and some clipping.
      const channels = Array.from({ length: channelCount }, (_, c) =>
        sine(300 * (c + 1), 16_000, 70_001, 1.05),
      );
      const wave = createWave(16_000, channels);
      const bytes = await encodeFlac(wave, { bitsPerSample });
      const decoded = await decodeAudio(bytes, { reader: await ffmpegBlockReader() });
      const wanted = decodeWav(encodeWav(wave, { format }));
      expect([decoded.codec, decoded.wave.sampleRateHz, decoded.wave.channels.length]).toEqual([
        'flac',
        16_000,
        channelCount,
      ]);
      for (const [c, channel] of wanted.channels.entries())
        expect(maxDifference(decoded.wave.channels[c]!, channel)).toBe(0);
      expect(bytes.length).toBeLessThan(encodeWav(wave, { format }).length);
    },
  );

  test('refuses what FLAC cannot hold', async () => {
    await expect(encodeFlac(silence(0, 16_000))).rejects.toMatchObject({ code: 'output-failed' });
    await expect(encodeFlac(silence(1, 12_345))).rejects.toMatchObject({
      code: 'output-failed',
      message: /12345 Hz/,
    });
    await expect(encodeFlac(silence(1, 16_000, 9))).rejects.toMatchObject({
      code: 'output-failed',
      message: /9 channels/,
    });
  });

  test('gives the same bytes, of the same length in samples, beside the codecs of FFmpeg', async () => {
    const wave = createWave(16_000, [Float32Array.from({ length: 4099 }, (_, at) => Math.sin(at * 0.1))]);
    await loadCodecs();
    const bytes = await encodeFlac(wave);
    expect(Buffer.from(await encodeFlac(wave)).equals(bytes)).toBe(true);
    // the 36 lowest bits before the checksum of the header say how many samples there are
    expect(Buffer.from(bytes).readUInt32BE(8 + 14)).toBe(4099);
  });
});
