import { describe, expect, it } from 'vitest';
import { energyTiming } from '../../../src/benchmark/report/picture-energy.js';
import { drawRecording, playRecording } from '../../../src/benchmark/report/sampler.js';
import { defaultMotionSettings, motionPath } from '../../../src/conditions/motion-path.js';
import type { RgbFrame } from '../../../src/video/rgb-frame.js';
import { fakeLibrary } from '../../data/fake-library.js';

/** A square that moves by `pixelsAt` a frame, 15 frames a second. */
async function* movingSquare(seconds: number, pixelsAt: (time: number) => number): AsyncGenerator<RgbFrame> {
  const [width, height] = [64, 32];
  let left = 0;
  for (let index = 0; index < seconds * 15; index++) {
    const timeSeconds = index / 15;
    left = (left + pixelsAt(timeSeconds)) % 48;
    const data = new Uint8Array(width * height * 3);
    for (let y = 10; y < 22; y++)
      for (let x = Math.floor(left); x < Math.floor(left) + 12; x++)
        data.fill(255, 3 * (y * width + x), 3 * (y * width + x) + 3);
    yield { timeSeconds, sourceTimeSeconds: timeSeconds, width, height, data };
  }
}

describe('energyTiming', () => {
  it('sounds while something moves', async () => {
    const spans = await energyTiming(
      movingSquare(6, (time) => (time >= 2 && time < 4 ? 3 : 0)),
      6,
    );
    expect(spans).toHaveLength(1);
    // smoothed over 0.3 s
    expect(Math.abs(spans[0]!.startSeconds - 2)).toBeLessThan(0.3);
    expect(Math.abs(spans[0]!.endSeconds - 4)).toBeLessThan(0.3);
  });

  it('sounds throughout where nothing moves', async () => {
    expect(
      await energyTiming(
        movingSquare(2, () => 0),
        2,
      ),
    ).toEqual([{ startSeconds: 0, endSeconds: 2 }]);
  });
});

describe('the sampler', () => {
  const library = fakeLibrary();
  const spans = [{ startSeconds: 1, endSeconds: 3 }];
  const levelOf = (samples: Float32Array, from: number, to: number): number => {
    const part = samples.subarray(from * 16000, to * 16000);
    return Math.sqrt(part.reduce((sum, value) => sum + value * value, 0) / part.length);
  };

  it('takes a recording of the train split, by seed', () => {
    const drawn = drawRecording(library, 'helicopter', 'a');
    expect(drawn.row.split).toBe('train');
    expect(drawRecording(library, 'helicopter', 'a')).toBe(drawn);
    expect(() => drawRecording(library, 'siren', 'a')).toThrow(/no recording of "siren"/);
  });

  it('plays it within the spans alone', () => {
    const { channels } = playRecording(drawRecording(library, 'rain', 'a'), spans, null, 4, 'a');
    expect(channels).toHaveLength(1);
    expect(levelOf(channels[0]!, 0, 1)).toBe(0);
    expect(levelOf(channels[0]!, 1.2, 2.8)).toBeGreaterThan(0.05);
    expect(levelOf(channels[0]!, 3, 4)).toBe(0);
  });

  it('makes it softer the smaller its thing is seen, and puts it where it is seen', () => {
    const times = Array.from({ length: 41 }, (_, k) => k / 10);
    const curve = {
      timesSeconds: times,
      presence: times.map(() => 1),
      size: times.map((time) => (time < 2 ? 0.16 : 0.04)), // twice as far
      position: times.map(() => 1),
    };
    const motion = motionPath(curve, { ...defaultMotionSettings, windowsSeconds: [0.1] })!;
    const [left, right] = playRecording(drawRecording(library, 'rain', 'a'), spans, motion, 4, 'a').channels;
    const fall = 20 * Math.log10(levelOf(right!, 2.6, 2.9) / levelOf(right!, 1.1, 1.4));
    expect(fall).toBeCloseTo(-6, 0);
    expect(levelOf(right!, 1.1, 2.9)).toBeGreaterThan(1.5 * levelOf(left!, 1.1, 2.9));
  });
});
