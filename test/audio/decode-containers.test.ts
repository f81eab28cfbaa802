import { registerMediabunnyServer } from '@mediabunny/server';
import {
  AudioSample,
  AudioSampleSource,
  BufferTarget,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
} from 'mediabunny';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeAudio } from '../../src/audio/decode-audio.js';
import { ffmpegBlockReader } from '../../src/audio/ffmpeg-audio-blocks.node.js';
import { maxDifference, sine } from './golden.js';

const rate = 48_000;
/** Silence with a burst from 0.25 s to 0.5 s. */
const burst = new Float32Array(rate);
burst.set(sine(1000, rate, rate / 4, 0.5), rate / 4);

async function container(codec: 'aac' | 'pcm-s16', startSeconds: number): Promise<Uint8Array> {
  const target = new BufferTarget();
  const output = new Output({
    format: codec === 'aac' ? new Mp4OutputFormat() : new MovOutputFormat(),
    target,
  });
  const source = new AudioSampleSource(codec === 'aac' ? { codec, bitrate: 128_000 } : { codec });
  output.addAudioTrack(source);
  await output.start();
  const sample = new AudioSample({
    data: burst,
    format: 'f32',
    numberOfChannels: 1,
    sampleRate: rate,
    timestamp: startSeconds,
  });
  await source.add(sample);
  sample.close();
  await output.finalize();
  return new Uint8Array(target.buffer!);
}

describe('soundtracks in containers', () => {
  beforeAll(() => registerMediabunnyServer({ hardwareContext: null }));

  test('PCM in MOV is exact, and the start of a late track is told', async () => {
    const { wave, codec, startSeconds } = await decodeAudio(await container('pcm-s16', 0.5), {
      reader: await ffmpegBlockReader(),
    });
    expect([codec, wave.sampleRateHz, wave.channels.length, wave.channels[0]!.length]).toEqual([
      'pcm-s16',
      rate,
      1,
      rate,
    ]);
    expect(startSeconds).toBeCloseTo(0.5, 3);
    expect(maxDifference(wave.channels[0]!, burst)).toBeLessThan(1 / 32768);
  });

  // FFmpeg's AAC encoder puts 1024 samples first, and mediabunny's muxer shifts them to time 0 unless the samples begin
  // that much before it; then it writes the edit list that a reader has to follow.
  test('AAC in MP4 starts and ends where it should', async () => {
    const { wave, codec, startSeconds } = await decodeAudio(await container('aac', -1024 / rate), {
      reader: await ffmpegBlockReader(),
    });
    const decoded = wave.channels[0]!;
    expect(codec).toBe('aac');
    expect(startSeconds).toBe(0);
    // The lag at which the decoded burst agrees best with the original, together with the reported start.
    let best = { lag: 0, score: -1 };
    for (let lag = -2400; lag <= 2400; lag++) {
      let score = 0;
      for (let i = 11_000; i < 25_000; i += 3) score += burst[i]! * (decoded[i + lag] ?? 0);
      if (score > best.score) best = { lag, score };
    }
    expect(Math.abs(best.lag / rate + startSeconds)).toBeLessThan(0.001);
    expect(Math.abs(decoded.length - rate)).toBeLessThan(1100); // one AAC frame of 1024 samples
  });
});
