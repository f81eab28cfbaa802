import { afterAll, beforeAll, expect, it } from 'vitest';
import { frameStream, openMedia } from '../../src/video/index.js';
import { encodeClip, readCode, steadyFrames, temporaryFolder } from './clips.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

it('streams ten minutes without holding them', async () => {
  // Five frames a second; sampled at 30, each is shown six times.
  const spec = {
    container: 'mp4',
    codec: 'avc',
    width: 160,
    height: 120,
    frames: steadyFrames(3000, 5),
  } as const;
  const media = await openMedia(await encodeClip(folder.path('long.mp4'), spec));
  expect(media.facts.durationSeconds).toBeCloseTo(600, 0);
  let count = 0;
  let converted = 0;
  let last: Uint8Array | undefined;
  const before = process.memoryUsage().rss;
  let peak = before;
  for await (const frame of frameStream(media)) {
    if (count % 600 === 0) expect(readCode(frame)).toBe((count / 6) % 256);
    if (frame.data !== last) converted++;
    last = frame.data;
    count++;
    if (count % 100 === 0) peak = Math.max(peak, process.memoryUsage().rss);
  }
  expect(count).toBe(18_000);
  expect(converted).toBe(3000); // a repeated picture is not converted again
  // All converted pictures together would be 173 MB; a decoder with four threads and the garbage of a while are less.
  expect(peak - before).toBeLessThan(100e6);
  media.close();
});
