import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PictureStore } from '../../src/data/picture-store.node.js';
import { planScene } from '../../src/data/plan-scene.js';
import { encodeSceneClip } from '../../src/data/scene-clip.node.js';
import { framesOfScene } from '../../src/data/scene-frames.node.js';
import { soundOfScene } from '../../src/data/scene-sound.js';
import { openMedia } from '../../src/video/index.js';
import { fakeLibrary } from './fake-library.js';
import { fakePictureIndex, plain } from './fake-pictures.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clip-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const library = fakeLibrary();
const scene = planScene({ split: 'train', seed: 3, pictures: fakePictureIndex, library, durationSeconds: 2 });
const pictures: PictureStore = {
  index: fakePictureIndex,
  load: (id) => Promise.resolve(plain(60, 40, id.startsWith('bg:') ? [20, 120, 60] : [200, 40, 40, 255])),
};
const options = { width: 64, height: 48, framesPerSecond: 10 };

it('streams frames at the asked rate and size', async () => {
  const times: number[] = [];
  for await (const frame of framesOfScene(scene, pictures, options)) {
    expect(frame.data).toHaveLength(64 * 48 * 3);
    times.push(frame.timeSeconds);
  }
  expect(times).toEqual(Array.from({ length: 20 }, (_, index) => index / 10));
});

it('writes a clip that opens with its duration, size and sound', async () => {
  const { sampleRateHz, left, right } = soundOfScene(scene, library);
  const path = join(folder, 'clip.mp4');
  await encodeSceneClip(scene, pictures, { sampleRateHz, channels: [left, right] }, path, options);
  const media = await openMedia(path);
  try {
    expect(media.facts.video).toMatchObject({ width: 64, height: 48, frameCount: 20 });
    expect(media.facts.durationSeconds).toBeCloseTo(2, 1);
    expect(media.audioTracks).toHaveLength(1);
  } finally {
    media.close();
  }
});
