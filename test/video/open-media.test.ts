import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMediaFacts } from '../../src/video/index.js';
import { type ClipSpec, encodeClip, framesAt, steadyFrames, temporaryFolder } from './clips.js';
import { click } from './ffmpeg-reader.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

const clip = { width: 128, height: 96, frames: steadyFrames(50, 25) };

describe('readMediaFacts', () => {
  it('tells everything about a turned MP4 with sound', async () => {
    const audio = {
      codec: 'aac',
      sampleRateHz: 44_100,
      channels: [click(2, 1, 44_100), click(2, 1, 44_100)],
    } as const;
    const path = folder.path('all.mp4');
    await encodeClip(path, { container: 'mp4', codec: 'avc', ...clip, rotation: 90, audio });
    expect(await readMediaFacts(path)).toEqual({
      durationSeconds: expect.closeTo(2, 3),
      container: 'mp4',
      byteLength: (await readFile(path)).byteLength,
      video: {
        codec: 'h264',
        width: 96,
        height: 128,
        rotationDegrees: 90,
        averageFps: expect.closeTo(25, 3),
        isVariableFrameRate: false,
        frameCount: 50,
      },
      audio: [{ codec: 'aac', channels: 2, sampleRateHz: 44_100 }],
    });
  });

  it.each([
    ['mov', 'hevc', 'h265'],
    ['webm', 'vp8', 'vp8'],
    ['webm', 'vp9', 'vp9'],
    ['mkv', 'av1', 'av1'],
  ] as const)('knows %s with %s', async (container, codec, name) => {
    const facts = await readMediaFacts(
      await encodeClip(folder.path(`known.${container}`), { container, codec, ...clip }),
    );
    expect(facts).toMatchObject({
      container,
      video: { codec: name, frameCount: 50, isVariableFrameRate: false },
      audio: [],
    });
    expect(facts.video.averageFps).toBeCloseTo(25, 0);
  });

  it('sees a variable frame rate, a single frame, and ignores the file name', async () => {
    const variable = {
      container: 'mp4',
      codec: 'avc',
      ...clip,
      frames: framesAt([0, 0.1, 0.15, 0.6, 0.61], 0.1),
    } as const;
    expect(
      (await readMediaFacts(await encodeClip(folder.path('variable.avi'), variable))).video,
    ).toMatchObject({
      isVariableFrameRate: true,
      frameCount: 5,
    });
    const single: ClipSpec = { ...variable, frames: framesAt([0], 0.04) };
    const facts = await readMediaFacts(await encodeClip(folder.path('single'), single));
    expect(facts.video.frameCount).toBe(1);
    expect(facts.durationSeconds).toBeGreaterThan(0);
  });

  it('applies limits before anything is decoded', async () => {
    const path = await encodeClip(folder.path('limits.mp4'), { container: 'mp4', codec: 'avc', ...clip });
    const cases = {
      maxBytes: 1000,
      maxDurationSeconds: 1.5,
      maxPixelsPerFrame: 128 * 96 - 1,
      maxFramesPerSecond: 24,
      maxFrameCount: 49,
      maxTracks: 0,
    };
    for (const [name, value] of Object.entries(cases)) {
      await expect(readMediaFacts(path, { limits: { [name]: value } }), name).rejects.toMatchObject({
        code: 'limit-exceeded',
        message: expect.stringContaining('limits.mp4'),
      });
    }
  });
});

describe('files that are refused', () => {
  async function written(name: string, bytes: Uint8Array | string): Promise<string> {
    await writeFile(folder.path(name), bytes);
    return folder.path(name);
  }
  async function refusal(path: string) {
    const error: unknown = await readMediaFacts(path).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'FoleyError',
      message: expect.stringContaining(path),
      hint: expect.any(String),
    });
    expect((error as Error).message).not.toContain('\n');
    return error as { code: string; message: string; hint: string };
  }
  const bytesOf = (text: string, length = 64) =>
    Buffer.alloc(length).fill(0x01).fill(text, 0, text.length, 'latin1');

  it('names what each is and what to do', async () => {
    expect((await refusal(folder.path('absent.mp4'))).code).toBe('input-missing');
    await mkdir(folder.path('folder.mp4'));
    const cases: readonly (readonly [string, Uint8Array | string, RegExp, RegExp])[] = [
      ['empty.mp4', '', /empty/, /again/],
      ['text.mp4', 'Dear diary,\nthis is not a film.\n', /a text file/, /MP4/],
      ['clip.avi', bytesOf('RIFF\x10\x00\x00\x00AVI LIST'), /an AVI file/, /ffmpeg -i/],
      ['clip.mpg', bytesOf('\x00\x00\x01\xba'), /an MPEG program stream/, /ffmpeg -i/],
      ['clip.ts', bytesOf('\x47', 188 * 2).fill(0x47, 188, 189), /an MPEG transport stream/, /ffmpeg -i/],
      ['clip.wmv', bytesOf('\x30\x26\xb2\x75'), /a Windows Media file/, /ffmpeg -i/],
      ['clip.flv', bytesOf('FLV\x01'), /a Flash video/, /ffmpeg -i/],
      ['clip.gif', bytesOf('GIF89a'), /a GIF/, /ffmpeg -i/],
      ['sound.wav', bytesOf('RIFF\x10\x00\x00\x00WAVE'), /a WAV sound file/, /video/],
      ['sound.mp3', bytesOf('ID3\x04'), /an MPEG sound file/, /video/],
      ['list.m3u8', '#EXTM3U\nhttp://example.org/secret\n', /a playlist/, /MP4/],
      ['picture.jpg', bytesOf('\xff\xd8\xff\xe0'), /a picture/, /MP4/],
      [
        'noise.mp4',
        Uint8Array.from({ length: 64 }, (_, i) => (i * 37 + 128) % 256),
        /not a video file/,
        /MP4/,
      ],
    ];
    for (const [name, bytes, message, hint] of cases) {
      const error = await refusal(await written(name, bytes));
      expect(error.code, name).toBe('input-rejected');
      expect(error.message, name).toMatch(message);
      expect(error.hint, name).toMatch(hint);
    }
    expect((await refusal(folder.path('folder.mp4'))).message).toMatch(/not a file/);
  });

  it('sees that a file breaks off, wherever it does', async () => {
    for (const [container, codec] of [
      ['mp4', 'avc'],
      ['webm', 'vp8'],
      ['mkv', 'avc'],
    ] as const) {
      const whole = await readFile(
        await encodeClip(folder.path(`whole.${container}`), { container, codec, ...clip }),
      );
      for (const share of [0.001, 0.1, 0.5, 0.9, 0.999]) {
        const cut = whole.subarray(0, Math.max(40, Math.floor(whole.length * share)));
        const error = await refusal(await written(`cut.${container}`, cut));
        expect(error.code).toBe('input-rejected');
        expect(error.message, `${container} ${share}`).toMatch(/incomplete|damaged/);
      }
    }
  });

  it('wants a picture, not only sound', async () => {
    const path = folder.path('sound-only.mp4');
    const { AudioSample, AudioSampleSource, FilePathTarget, Mp4OutputFormat, Output } = await import(
      'mediabunny'
    );
    const output = new Output({
      format: new Mp4OutputFormat({ fastStart: false }),
      target: new FilePathTarget(path),
    });
    const source = new AudioSampleSource({ codec: 'aac', bitrate: 64_000 });
    output.addAudioTrack(source);
    await output.start();
    await source.add(
      new AudioSample({
        data: click(1, 0.5, 48_000),
        format: 'f32',
        numberOfChannels: 1,
        sampleRate: 48_000,
        timestamp: 0,
      }),
    );
    await output.finalize();
    expect(await refusal(path)).toMatchObject({
      code: 'input-rejected',
      message: expect.stringMatching(/sound but no picture/),
    });
  });

  it('names a codec that cannot be decoded', async () => {
    const whole = await readFile(
      await encodeClip(folder.path('codec.mp4'), { container: 'mp4', codec: 'avc', ...clip }),
    );
    whole.write('mp4v', whole.lastIndexOf('avc1'), 'latin1'); // the sample entry lies in the index, behind the pictures
    const error = await refusal(await written('codec.mp4', whole));
    expect(error.message).toMatch(/cannot be decoded \(mp4v\)/);
    expect(error.hint).toMatch(/ffmpeg -i/);
  });

  it('wants at least one frame', async () => {
    const whole = await readFile(
      await encodeClip(folder.path('none.mp4'), { container: 'mp4', codec: 'avc', ...clip }),
    );
    for (const [table, bytes] of [
      ['stts', 0],
      ['stsz', 4],
      ['stsc', 0],
      ['stco', 0],
      ['ctts', 0],
      ['stss', 0],
    ] as const) {
      const at = whole.lastIndexOf(table);
      if (at >= 0) whole.writeUInt32BE(0, at + 8 + bytes); // the table's count of entries
    }
    expect((await refusal(await written('none.mp4', whole))).message).toMatch(
      /without a single frame|cannot be read/,
    );
  });
});
