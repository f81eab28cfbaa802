import { describe, expect, it } from 'vitest';
import type { Session } from '../../src/engine/engine.js';
import { floats, type Tensor, tensor } from '../../src/graph/index.js';
import type { ImagePreprocessing } from '../../src/models/image-preprocessing.js';
import { type EncoderFrame, embedStream, openTower } from '../../src/models/image-text-encoder.js';

const preprocessing: ImagePreprocessing = {
  imageSize: 1,
  fit: 'stretch',
  mean: [0, 0, 0],
  deviation: [1, 1, 1],
};

/** Embeds a picture as its red value, and each place of a grid of two as that and the place's number. */
function fakeTower(batch: number, atOnce = 1) {
  return openTower(
    batch,
    atOnce,
    async (count) =>
      ({
        async run({ image }: Readonly<Record<string, Tensor>>) {
          const red = Array.from({ length: count }, (_, row) => Math.round(255 * floats(image!)[3 * row]!));
          return {
            embedding: tensor([count, 1], Float32Array.from(red)),
            places: tensor([count, 2, 2], Float32Array.from(red.flatMap((value) => [value, 0, value, 1]))),
          };
        },
      }) as unknown as Session, // only `run` is asked for
  );
}

async function* frames(count: number, framesPerSecond: number): AsyncGenerator<EncoderFrame> {
  yield* framesAt(Array.from({ length: count }, (_, index) => index / framesPerSecond));
}

async function* framesAt(timesSeconds: readonly number[]): AsyncGenerator<EncoderFrame> {
  for (const [index, timeSeconds] of timesSeconds.entries())
    yield {
      timeSeconds,
      width: 1,
      height: 1,
      data: Uint8Array.of(index, 0, 0),
    };
}

/** A tower that takes its time, and looks at what it was given only at the end of it; later pictures are done sooner. */
function slowTower(atOnce: number, failsAt = Number.POSITIVE_INFINITY) {
  let [underWay, most] = [0, 0];
  const tower = openTower(
    1,
    atOnce,
    async () =>
      ({
        async run({ image }: Readonly<Record<string, Tensor>>) {
          most = Math.max(most, ++underWay);
          await new Promise((done) => setTimeout(done, underWay % 2 === 0 ? 1 : 4));
          underWay--;
          const red = Math.round(255 * floats(image!)[0]!);
          if (red === failsAt) throw new Error(`the tower broke at ${red}`);
          return { embedding: tensor([1, 1], Float32Array.of(red)) };
        },
      }) as unknown as Session,
  );
  return { tower, atOnce: () => most, underWay: () => underWay };
}

describe('a tower with several threads', () => {
  it('is kept busy, and gives what came in the order in which it came', async () => {
    const slow = slowTower(3);
    const { data, timesSeconds } = await embedStream(slow.tower, 'embedding', preprocessing, frames(40, 10));
    expect([...data]).toEqual(Array.from({ length: 40 }, (_, index) => index));
    expect([...timesSeconds]).toEqual(Array.from({ length: 40 }, (_, index) => index / 10));
    expect(slow.atOnce()).toBeGreaterThanOrEqual(3);
  });
  it('is at rest when it has failed, or the pictures have', async () => {
    const slow = slowTower(3, 7);
    await expect(embedStream(slow.tower, 'embedding', preprocessing, frames(40, 10))).rejects.toThrow(
      'the tower broke at 7',
    );
    expect(slow.underWay()).toBe(0);
    async function* broken() {
      yield* frames(5, 10);
      throw new Error('the clip ends here');
    }
    const other = slowTower(3);
    await expect(embedStream(other.tower, 'embedding', preprocessing, broken())).rejects.toThrow(
      'the clip ends here',
    );
    expect(other.underWay()).toBe(0);
  });
});

describe('a stream of frames through a tower', () => {
  const grid = { output: 'places', rows: 1, columns: 2 };
  it.each([1, 4])('keeps places eight times a second at most, %i pictures at once', async (batch) => {
    const seen = await embedStream(fakeTower(batch), 'embedding', preprocessing, frames(30, 30), grid);
    expect([...seen.data]).toEqual(Array.from({ length: 30 }, (_, index) => index));
    // every fourth of thirty a second is the first that is an eighth of a second on; the last one always counts
    const kept = [0, 4, 8, 12, 16, 20, 24, 28, 29];
    expect([...seen.places!.timesSeconds]).toEqual(kept.map((index) => index / 30));
    expect(seen.places).toMatchObject({ rows: 1, columns: 2, width: 2 });
    expect([...seen.places!.values]).toEqual(kept.flatMap((value) => [value, 0, value, 1]));
  });
  it('keeps the last picture before a pause, which stands for all of it', async () => {
    const times = [0, 0.1, 0.2, 0.3, 2, 2.1, 2.15];
    const seen = await embedStream(fakeTower(1), 'embedding', preprocessing, framesAt(times), grid);
    expect([...seen.places!.timesSeconds]).toEqual([0, 0.2, 0.3, 2, 2.15]);
    expect([...seen.places!.values].filter((_, index) => index % 4 === 0)).toEqual([0, 2, 3, 4, 6]);
  });
  it('keeps the places of every frame where there are few', async () => {
    const seen = await embedStream(fakeTower(1), 'embedding', preprocessing, frames(5, 5), grid);
    expect(seen.places!.timesSeconds).toHaveLength(5);
  });
  it('has no places where none are asked for', async () => {
    expect(await embedStream(fakeTower(1), 'embedding', preprocessing, frames(5, 5))).not.toHaveProperty(
      'places',
    );
  });
});
