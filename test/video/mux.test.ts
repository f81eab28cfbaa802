import { readdir, readFile, writeFile } from 'node:fs/promises';
import { EncodedPacketSink, type InputTrack } from 'mediabunny';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  chooseOutputContainer,
  frameStream,
  muxSoundtrack,
  openMedia,
  readSoundtrack,
} from '../../src/video/index.js';
import { type ClipSpec, collect, encodeClip, readCode, steadyFrames, temporaryFolder } from './clips.js';
import { click, loudestSeconds, readWithFfmpeg } from './ffmpeg-reader.js';

/** Closer than a sound can be seen to be early or late; encoders smear a click by about a millisecond. */
const TOLERANCE_SECONDS = 0.002;
const CLICK_SECONDS = 1.237;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

const clip = { width: 64, height: 48, frames: steadyFrames(75, 30) };
const silentMp4 = { container: 'mp4', codec: 'avc', ...clip } as const satisfies ClipSpec;

async function packetsOf(track: InputTrack | undefined) {
  if (track === undefined) throw new Error('no such track');
  const packets = await collect(new EncodedPacketSink(track).packets());
  return packets.map(({ timestamp, data, type }) => ({
    timestamp,
    type,
    bytes: Buffer.from(data).toString('base64'),
  }));
}

describe('muxSoundtrack', () => {
  it.each([
    ['mp4', 'avc', 16_000, 1, 'mp4'],
    ['mp4', 'avc', 48_000, 2, 'mp4'],
    ['mov', 'hevc', 44_100, 2, 'mp4'],
    ['webm', 'vp9', 16_000, 1, 'webm'],
    ['webm', 'vp8', 44_100, 2, 'webm'], // Opus has no such rate: resampled
    ['mkv', 'av1', 24_000, 1, 'webm'],
    ['mkv', 'avc', 48_000, 1, 'mkv'],
  ] as const)(
    'puts a soundtrack in place beside a %s clip of %s, %i Hz, %i channels',
    async (container, codec, rate, channelCount, expected) => {
      const name = `${container}-${codec}-${rate}`;
      const media = await openMedia(
        await encodeClip(folder.path(`${name}.${container}`), { container, codec, ...clip }),
      );
      expect(chooseOutputContainer(media.facts, false)).toBe(expected);
      const outputPath = folder.path(`${name}.out.${expected}`);
      // Longer than the picture on purpose: it has to be cut.
      const wave = click(4, CLICK_SECONDS, rate);
      const soundtrack = { sampleRateHz: rate, channels: Array.from({ length: channelCount }, () => wave) };
      const written = await muxSoundtrack(media, { outputPath, soundtrack });
      expect(written).toMatchObject({ path: outputPath, container: expected });

      const again = await openMedia(outputPath);
      expect(again.facts.video).toEqual({
        ...media.facts.video,
        averageFps: expect.closeTo(media.facts.video.averageFps, 1),
      });
      expect(again.facts.audio).toHaveLength(1);
      const before = await packetsOf(media.videoTrack);
      const after = await packetsOf(again.videoTrack);
      expect(after.map(({ bytes, type }) => ({ bytes, type }))).toEqual(
        before.map(({ bytes, type }) => ({ bytes, type })),
      );
      // MP4 is written with 57,600 ticks a second, Matroska with 1,000.
      const tickSeconds = expected === 'mp4' ? 1 / 57_600 : 1 / 1000;
      after.forEach((packet, index) => {
        expect(Math.abs(packet.timestamp - (before[index]?.timestamp ?? Number.NaN))).toBeLessThanOrEqual(
          tickSeconds,
        );
      });

      const ours = await readSoundtrack(again);
      expect(ours.channels).toHaveLength(channelCount);
      const heard = loudestSeconds(ours.channels[0] ?? new Float32Array(), ours.sampleRateHz);
      expect(Math.abs(heard - CLICK_SECONDS)).toBeLessThanOrEqual(TOLERANCE_SECONDS);
      const theirs = await readWithFfmpeg(outputPath);
      const heardByFfmpeg = loudestSeconds(theirs.samples, theirs.sampleRateHz, theirs.startSeconds);
      expect(Math.abs(heardByFfmpeg - CLICK_SECONDS)).toBeLessThanOrEqual(TOLERANCE_SECONDS);
      // One AAC frame; for Opus two frames of 20 ms: the encoder's delay is flushed in a frame of its own.
      const frameSeconds = expected === 'mp4' ? 1024 / rate : 0.04;
      const endSeconds = theirs.startSeconds + theirs.samples.length / theirs.sampleRateHz;
      expect(Math.abs(endSeconds - media.facts.durationSeconds)).toBeLessThanOrEqual(frameSeconds);
      again.close();
      media.close();
    },
  );

  it('keeps the rotation', async () => {
    for (const rotation of [90, 180, 270] as const) {
      for (const [container, codec] of [
        ['mp4', 'avc'],
        ['mkv', 'vp9'],
      ] as const) {
        const spec: ClipSpec = { container, codec, ...clip, frames: steadyFrames(3, 30), rotation };
        const media = await openMedia(await encodeClip(folder.path(`turned.${container}`), spec));
        const outputPath = folder.path(`turned.out.${chooseOutputContainer(media.facts, false)}`);
        await muxSoundtrack(media, {
          outputPath,
          soundtrack: { sampleRateHz: 16_000, channels: [click(0.1, 0.05, 16_000)] },
        });
        const again = await openMedia(outputPath);
        expect(again.facts.video.rotationDegrees).toBe(rotation);
        const [mine, theirs] = [await collect(frameStream(media)), await collect(frameStream(again))];
        expect(theirs.map((frame) => frame.data)).toEqual(mine.map((frame) => frame.data));
        again.close();
        media.close();
      }
    }
  });

  it.each([
    ['mp4', 'avc', 'aac', 44_100],
    ['mp4', 'avc', 'mp3', 44_100],
    ['mp4', 'avc', 'opus', 48_000],
    ['webm', 'vp8', 'opus', 48_000],
    ['webm', 'vp8', 'vorbis', 44_100],
    ['mkv', 'avc', 'aac', 48_000],
    ['mov', 'avc', 'pcm-s16', 44_100],
  ] as const)(
    'keeps the original sound of a %s clip (%s, %s) as a second track, untouched and in place',
    async (container, codec, audioCodec, rate) => {
      const audio = { codec: audioCodec, sampleRateHz: rate, channels: [click(2.5, 0.75, rate)] };
      const path = await encodeClip(folder.path(`keep-${audioCodec}.${container}`), {
        container,
        codec,
        ...clip,
        audio,
      });
      const media = await openMedia(path);
      const outputPath = folder.path(`keep-${audioCodec}.out.${chooseOutputContainer(media.facts, true)}`);
      const soundtrack = { sampleRateHz: 48_000, channels: [click(2.5, CLICK_SECONDS, 48_000)] };
      await muxSoundtrack(media, { outputPath, soundtrack, keepsOriginal: true });

      const again = await openMedia(outputPath);
      expect(again.facts.audio.map((track) => track.codec)).toEqual([
        expect.stringMatching(/aac|opus/),
        audioCodec,
      ]);
      const before = (await packetsOf(media.audioTracks[0])).map((packet) => packet.bytes).join('');
      const after = (await packetsOf(again.audioTracks[1])).map((packet) => packet.bytes).join('');
      if (audioCodec === 'pcm-s16') {
        // PCM is a run of samples; muxers cut it into packets as they like.
        const bytes = (text: string[]) => Buffer.concat(text.map((packet) => Buffer.from(packet, 'base64')));
        const [a, b] = [await packetsOf(media.audioTracks[0]), await packetsOf(again.audioTracks[1])];
        expect(bytes(b.map((packet) => packet.bytes)).equals(bytes(a.map((packet) => packet.bytes)))).toBe(
          true,
        );
      } else expect(after).toBe(before);

      const fresh = await readSoundtrack(again, { trackIndex: 0 });
      const heardFresh = loudestSeconds(fresh.channels[0] ?? new Float32Array(), fresh.sampleRateHz);
      expect(Math.abs(heardFresh - CLICK_SECONDS)).toBeLessThanOrEqual(TOLERANCE_SECONDS);
      // Wherever the original's click was heard in the clip, there it is heard in the result.
      const [was, is] = [await readSoundtrack(media), await readSoundtrack(again, { trackIndex: 1 })];
      const heardBefore = loudestSeconds(was.channels[0] ?? new Float32Array(), was.sampleRateHz);
      const heardAfter = loudestSeconds(is.channels[0] ?? new Float32Array(), is.sampleRateHz);
      expect(Math.abs(heardAfter - heardBefore)).toBeLessThanOrEqual(0.001);
      again.close();
      media.close();
    },
  );

  it('drops the original sound unless it is asked to keep it', async () => {
    const audio = { codec: 'aac', sampleRateHz: 48_000, channels: [click(2.5, 0.5, 48_000)] } as const;
    const media = await openMedia(await encodeClip(folder.path('drop.mp4'), { ...silentMp4, audio }));
    const outputPath = folder.path('drop.out.mp4');
    await muxSoundtrack(media, {
      outputPath,
      soundtrack: { sampleRateHz: 16_000, channels: [new Float32Array(8)] },
    });
    const { audioStreams, samples } = await readWithFfmpeg(outputPath);
    expect(audioStreams).toBe(1);
    // AAC turns digital silence into digital silence; anything louder would be the original shining through.
    expect(Math.max(...samples.map(Math.abs))).toBeLessThan(1e-4);
    media.close();
  });

  it('starts at the first picture of a clip whose times start late', async () => {
    const frames = steadyFrames(30, 30).map((frame) => ({ ...frame, timeSeconds: frame.timeSeconds + 5 }));
    const media = await openMedia(
      await encodeClip(folder.path('late.mkv'), { container: 'mkv', codec: 'avc', ...clip, frames }),
    );
    expect(media.facts.durationSeconds).toBeCloseTo(1, 1);
    expect((await collect(frameStream(media, { endSeconds: 0.2 }))).map(readCode)).toEqual([
      0, 1, 2, 3, 4, 5,
    ]);
    const outputPath = folder.path('late.out.mp4');
    const soundtrack = { sampleRateHz: 16_000, channels: [click(1, 0.5, 16_000)] };
    await muxSoundtrack(media, { outputPath, soundtrack });
    const again = await openMedia(outputPath);
    expect(again.originSeconds).toBe(0);
    expect((await packetsOf(again.videoTrack))[0]?.timestamp).toBeCloseTo(0, 3);
    again.close();
    media.close();
  });

  it.each([
    ['clip.avi', /written as .mp4/],
    ['clip.webm', /does not hold h264/],
    ['clip', /written as .mp4/],
  ])('refuses to write %s and says what to use', async (name, message) => {
    const media = await openMedia(await encodeClip(folder.path('refuse.mp4'), silentMp4));
    const soundtrack = { sampleRateHz: 16_000, channels: [new Float32Array(16)] };
    await expect(muxSoundtrack(media, { outputPath: folder.path(name), soundtrack })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('.mp4'),
    });
    media.close();
  });

  it('leaves the old file and nothing else when it fails or is cancelled', async () => {
    const media = await openMedia(await encodeClip(folder.path('fail.mp4'), silentMp4));
    const outputPath = folder.path('fail.out.mp4');
    await writeFile(outputPath, 'the old file');
    const soundtrack = { sampleRateHz: 16_000, channels: [click(2.5, 1, 16_000)] };
    const signal = AbortSignal.abort();
    await expect(muxSoundtrack(media, { outputPath, soundtrack, signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    const nowhere = folder.path('no-such-folder/x.mp4');
    await expect(muxSoundtrack(media, { outputPath: nowhere, soundtrack })).rejects.toMatchObject({
      code: 'output-failed',
    });
    expect(await readFile(outputPath, 'utf8')).toBe('the old file');
    expect((await readdir(folder.path('.'))).filter((name) => name.includes('partial'))).toEqual([]);
    media.close();
  });
});
