import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frameStream, openMedia, type RgbFrame } from '../../src/video/index.js';
import {
  type ClipSpec,
  collect,
  encodeClip,
  framesAt,
  readCode,
  steadyFrames,
  temporaryFolder,
} from './clips.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

async function framesOf(
  name: string,
  spec: ClipSpec,
  options: Parameters<typeof frameStream>[1] = {},
): Promise<RgbFrame[]> {
  const media = await openMedia(await encodeClip(folder.path(name), spec));
  try {
    return await collect(frameStream(media, options));
  } finally {
    media.close();
  }
}

const small = { width: 128, height: 96 };

describe('frameStream', () => {
  it.each([
    ['mp4', 'avc'],
    ['mov', 'avc'],
    ['mp4', 'hevc'],
    ['webm', 'vp8'],
    ['webm', 'vp9'],
    ['mkv', 'av1'],
    ['mkv', 'avc'],
  ] as const)('shows every frame of a 30 fps %s clip with %s once', async (container, codec) => {
    const frames = await framesOf(`steady-${codec}.${container}`, {
      container,
      codec,
      ...small,
      frames: steadyFrames(40, 30),
    });
    expect(frames.map(readCode)).toEqual(Array.from({ length: 40 }, (_, index) => index));
    frames.forEach((frame, index) => {
      expect(frame.timeSeconds).toBeCloseTo(index / 30, 9);
      // Matroska stores whole milliseconds.
      expect(Math.abs(frame.sourceTimeSeconds - index / 30)).toBeLessThanOrEqual(0.00051);
    });
  });

  it('samples by presentation time where the rate varies, and marks repeats', async () => {
    // Frame 1 is held for half a second; frames 3 and 4 share one sampling interval.
    const times = [0, 0.1, 0.6, 0.701, 0.72, 0.8];
    const frames = await framesOf(
      'variable.mp4',
      { container: 'mp4', codec: 'avc', ...small, frames: framesAt(times, 0.2) },
      { endSeconds: 1 }, // encoders do not keep the duration of the last frame
    );
    expect(frames).toHaveLength(30);
    for (const frame of frames) {
      const shown = times.findLastIndex((time) => time <= frame.timeSeconds + 1e-4);
      expect(readCode(frame)).toBe(shown);
      expect(frame.sourceTimeSeconds).toBeCloseTo(times[shown] ?? Number.NaN, 4);
    }
    const held = frames.filter((frame) => Math.abs(frame.sourceTimeSeconds - 0.1) < 1e-3);
    expect(held).toHaveLength(15);
    expect(new Set(held.map((frame) => frame.data)).size).toBe(1);
  });

  it('gives the same frames from the middle of a clip as from its start', async () => {
    const path = await encodeClip(folder.path('long.mp4'), {
      container: 'mp4',
      codec: 'avc',
      ...small,
      frames: steadyFrames(150, 25),
    });
    const media = await openMedia(path);
    const all = await collect(frameStream(media));
    expect(all).toHaveLength(180);
    for (const startSeconds of [0.5, 1.1, 3.3, 5.9]) {
      const window = await collect(frameStream(media, { startSeconds, endSeconds: startSeconds + 0.5 }));
      const first = Math.round(startSeconds * 30);
      const expected = Array.from({ length: 15 }, (_, k) => all[Math.min(first + k, 179)]);
      expect(window.map(readCode)).toEqual(expected.map((frame) => frame && readCode(frame)));
    }
    media.close();
  });

  it('shows the first frame before its time, and holds the last one', async () => {
    const frames = framesAt([0.5, 0.7], 0.3);
    const audio = { codec: 'aac', sampleRateHz: 48_000, channels: [new Float32Array(48_000)] } as const;
    const path = await encodeClip(folder.path('late.mp4'), {
      container: 'mp4',
      codec: 'avc',
      ...small,
      frames,
      audio,
    });
    const media = await openMedia(path);
    const codes = (await collect(frameStream(media, { endSeconds: 1.2, framesPerSecond: 10 }))).map(readCode);
    expect(codes).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    expect((await collect(frameStream(media, { endSeconds: 0.2 }))).map(readCode)).toEqual([
      0, 0, 0, 0, 0, 0,
    ]);
    media.close();
  });

  it('reads a clip of a single frame', async () => {
    const spec = { container: 'mp4', codec: 'avc', ...small, frames: framesAt([0], 0.04) } as const;
    expect((await framesOf('single.mp4', spec)).map(readCode)).toEqual([0, 0]);
  });

  it.each([
    [0, 0],
    [90, 1],
    [180, 2],
    [270, 3],
  ] as const)('turns a picture by its rotation of %i degrees', async (rotation, quarterTurns) => {
    // Corners, clockwise from the top left: red, green, blue, white.
    const corners = ['red', 'green', 'blue', 'white'];
    const picture = new Uint8Array(128 * 96 * 4);
    for (let y = 0; y < 96; y++) {
      for (let x = 0; x < 128; x++) {
        const corner = y < 48 ? (x < 64 ? 0 : 1) : x < 64 ? 3 : 2;
        const white = corner === 3 ? 255 : 0;
        picture.set(
          [corner === 0 ? 255 : white, corner === 1 ? 255 : white, corner === 2 ? 255 : white, 255],
          (y * 128 + x) * 4,
        );
      }
    }
    const frames = [{ timeSeconds: 0, durationSeconds: 1 / 30, picture }];
    const [frame] = await framesOf(`turned-${rotation}.mp4`, {
      container: 'mp4',
      codec: 'avc',
      ...small,
      frames,
      rotation,
    });
    if (frame === undefined) throw new Error('no frame');
    expect([frame.width, frame.height]).toEqual(quarterTurns % 2 === 1 ? [96, 128] : [128, 96]);
    const colourAt = (x: number, y: number) => {
      const at = (Math.floor(y * frame.height) * frame.width + Math.floor(x * frame.width)) * 3;
      const [red, green, blue] = [...frame.data.subarray(at, at + 3)].map((value) => value > 127);
      return red && green && blue ? 'white' : red ? 'red' : green ? 'green' : blue ? 'blue' : 'black';
    };
    const shown = [colourAt(0.25, 0.25), colourAt(0.75, 0.25), colourAt(0.75, 0.75), colourAt(0.25, 0.75)];
    // Turned clockwise by one quarter, the bottom left corner comes to the top left.
    expect(shown).toEqual(corners.map((_, index) => corners[(index + 4 - quarterTurns) % 4]));
  });

  it('reads odd sizes and scales to the size asked for', async () => {
    const frames = steadyFrames(8, 30);
    const spec = { container: 'webm', codec: 'vp9', width: 131, height: 77, frames } as const;
    const native = await framesOf('odd.webm', spec);
    expect(native.map((frame) => [frame.width, frame.height, frame.data.length])[0]).toEqual([
      131,
      77,
      131 * 77 * 3,
    ]);
    expect(native.map(readCode)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const scaled = await framesOf('odd.webm', spec, { fit: { kind: 'shortest-side', pixels: 32 } });
    expect(scaled.map((frame) => [frame.width, frame.height])[0]).toEqual([54, 32]);
    expect(scaled.map(readCode)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('stops with "cancelled" when the signal says so', async () => {
    const path = await encodeClip(folder.path('cancel.mp4'), {
      container: 'mp4',
      codec: 'avc',
      ...small,
      frames: steadyFrames(60, 30),
    });
    const media = await openMedia(path);
    const controller = new AbortController();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const frame of frameStream(media, { signal: controller.signal })) {
        seen.push(readCode(frame));
        if (seen.length === 5) controller.abort();
      }
    })();
    await expect(reading).rejects.toMatchObject({ name: 'FoleyError', code: 'cancelled' });
    expect(seen).toHaveLength(5);
    media.close();
  });
});
