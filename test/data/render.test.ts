import { describe, expect, it } from 'vitest';
import { drawScaled, mipmaps, sampleBackground } from '../../src/data/compositing.js';
import { planScene } from '../../src/data/plan-scene.js';
import { createSceneRenderer } from '../../src/data/render.js';
import { positionAt } from '../../src/data/trajectory.js';
import { coverage, projectBox } from '../../src/data/visibility.js';
import { fakeLibrary } from './fake-library.js';
import { fakePictureIndex, plain } from './fake-pictures.js';

const size = { width: 64, height: 48 };

/** Pixels of a frame whose red is above its green: those of a red sprite on a green background. */
function redPixels(frame: Uint8Array): { x: number; y: number }[] {
  const found: { x: number; y: number }[] = [];
  for (let pixel = 0; pixel < frame.length / 3; pixel++) {
    if (frame[3 * pixel]! > frame[3 * pixel + 1]!)
      found.push({ x: pixel % size.width, y: Math.floor(pixel / size.width) });
  }
  return found;
}

describe('drawScaled', () => {
  it('fills exactly its box, whatever the scale', () => {
    for (const [width, height] of [
      [200, 100],
      [7, 5],
      [64, 48],
    ] as const) {
      const frame = plain(64, 48, [0, 255, 0]).data.slice();
      const sprite = mipmaps(plain(width, height, [255, 0, 0, 255]));
      drawScaled(frame, size, sprite, { left: 0.25, top: 0.25, right: 0.75, bottom: 0.5 }, false, 1);
      const pixels = redPixels(frame);
      expect(pixels).toHaveLength(32 * 12);
      expect(Math.min(...pixels.map(({ x }) => x))).toBe(16);
      expect(Math.max(...pixels.map(({ y }) => y))).toBe(23);
    }
  });

  it('blends by alpha, and draws nothing of what is transparent', () => {
    const frame = plain(64, 48, [0, 100, 0]).data.slice();
    drawScaled(
      frame,
      size,
      mipmaps(plain(8, 8, [200, 0, 0, 128])),
      { left: 0, top: 0, right: 1, bottom: 1 },
      false,
      1,
    );
    // 200 * 128/255 = 100 and 100 * 127/255 = 50, give or take the rounding of the premultiplied byte.
    expect(Math.abs(frame[0]! - 100)).toBeLessThanOrEqual(1);
    expect(Math.abs(frame[1]! - 50)).toBeLessThanOrEqual(1);
    const before = frame.slice();
    drawScaled(
      frame,
      size,
      mipmaps(plain(8, 8, [200, 0, 0, 0])),
      { left: 0, top: 0, right: 1, bottom: 1 },
      false,
      1,
    );
    expect(frame).toEqual(before);
  });

  it('mirrors', () => {
    const sprite = plain(2, 1, [255, 0, 0, 255]);
    sprite.data.set([0, 0, 255, 255], 4);
    const draw = (mirrored: boolean): Uint8Array => {
      const frame = plain(64, 48, [0, 255, 0]).data.slice();
      drawScaled(frame, size, mipmaps(sprite), { left: 0, top: 0, right: 1, bottom: 1 }, mirrored, 1);
      return frame;
    };
    expect([draw(false)[0], draw(false)[2]]).toEqual([255, 0]);
    expect([draw(true)[0], draw(true)[2]]).toEqual([0, 255]);
  });
});

describe('sampleBackground', () => {
  it('keeps a plain colour, scaled by the brightness', () => {
    const out = sampleBackground(
      plain(640, 480, [100, 150, 200]),
      { left: 0.1, top: 0, size: 0.8 },
      false,
      0.5,
      size,
    );
    expect([...new Set(out)].sort((a, b) => a - b)).toEqual([50, 75, 100]);
  });

  it('averages what it shrinks: stripes of one pixel become grey', () => {
    const stripes = plain(256, 192, [0, 0, 0]);
    for (let pixel = 0; pixel < 256 * 192; pixel += 2) stripes.data.fill(255, 3 * pixel, 3 * pixel + 3);
    const out = sampleBackground(stripes, { left: 0, top: 0, size: 1 }, false, 1, size);
    const inner = [...out].filter(
      (_, index) => Math.floor(index / 3) % 64 > 0 && Math.floor(index / 3) % 64 < 63,
    );
    // Four taps over four pixels; their bilinear weights leave less than 10 % of the stripes.
    for (const value of inner) expect(Math.abs(value - 127.5)).toBeLessThan(13);
  });
});

describe('createSceneRenderer', () => {
  const library = fakeLibrary();
  const scenes = Array.from({ length: 60 }, (_, seed) =>
    planScene({ split: 'train', seed, pictures: fakePictureIndex, library, durationSeconds: 10.24 }),
  ).filter((scene) => scene.objects.length === 1);

  it('draws the object where the visibility says that it is', () => {
    let compared = 0;
    for (const scene of scenes) {
      const object = { ...scene.objects[0]!, castsShadow: false, brightness: 1, hopsSeconds: [] };
      const bare = { ...scene, objects: [object], background: { ...scene.background, brightness: 1 } };
      const renderer = createSceneRenderer(bare, size, (id) =>
        id === object.picture ? plain(60, 40, [255, 0, 0, 255]) : plain(80, 60, [0, 255, 0]),
      );
      for (const time of [0, 3, 5.5, 9]) {
        const box = projectBox(
          positionAt(object.trajectory, time),
          object.widthMetres,
          object.heightMetres,
          scene.camera,
        );
        const drawn = redPixels(renderer.frameAt(time)).length / (size.width * size.height);
        const { area } = coverage(box);
        // Half a pixel at each edge of the box: at most the half circumference of the picture in pixels.
        expect(Math.abs(drawn - area)).toBeLessThan((size.width + size.height) / (size.width * size.height));
        if (area > 0.05) compared++;
      }
    }
    expect(compared).toBeGreaterThan(20);
  });

  it('draws the same frame each time it is asked', () => {
    const scene = scenes[0]!;
    const make = (): Uint8Array =>
      createSceneRenderer(scene, size, (id) =>
        plain(60, 40, id.startsWith('bg:') ? [9, 99, 9] : [200, 0, 0, 255]),
      ).frameAt(2);
    expect(make()).toEqual(make());
  });
});
