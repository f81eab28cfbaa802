import { describe, expect, it } from 'vitest';
import type { EmbeddingKey } from '../../src/conditions/embedding-cache.node.js';
import { defaultTimelineSpec, type EncoderFrame, type PlaceEmbeddings } from '../../src/conditions/index.js';
import { Timeline } from '../../src/conditions/timeline.js';
import { embedClip } from '../../src/foley/embed-clip.js';
import type { Clip } from '../../src/foley/stations.js';
import { fakeClip, type Trace } from './fake-stations.js';

/** One frame for each value at 30 a second; sources change with `sourceOf`. */
function clipOf(values: readonly number[], sourceOf = (index: number) => index): Clip {
  return {
    ...fakeClip([], values.length / 30),
    async *frames({ framesPerSecond }) {
      for (let index = 0; index < values.length; index += 30 / framesPerSecond) {
        const value = values[index]!;
        yield {
          timeSeconds: index / 30,
          sourceTimeSeconds: sourceOf(index) / 30,
          width: 2,
          height: 2,
          data: new Uint8Array(12).fill(value),
        };
      }
    },
  };
}

/** Embeds a picture as its brightness, and tells which pictures it saw and under which key. */
async function embed(
  clip: Clip,
  frameTolerance = 0,
  looksPerSecond = 60,
  tellPlaces?: (timesSeconds: Float64Array, brightness: Float32Array) => PlaceEmbeddings,
  watchesChanges = false,
) {
  const seen: number[] = [];
  const keys: EmbeddingKey[] = [];
  const encoder = {
    id: 'fake',
    width: 1,
    imageSize: 2,
    embedTexts: async () => [],
    async embedFrames(frames: AsyncIterable<EncoderFrame>) {
      const times: number[] = [];
      for await (const frame of frames) {
        seen.push(frame.data[0]!);
        times.push(frame.timeSeconds);
      }
      const [timesSeconds, data] = [Float64Array.from(times), Float32Array.from(seen)];
      return {
        timesSeconds,
        width: 1,
        data,
        ...(tellPlaces && { places: tellPlaces(timesSeconds, data) }),
      };
    },
  };
  const embeddingCache = {
    read: async () => null,
    write: async (key: EmbeddingKey) => {
      keys.push(key);
    },
  };
  const range = { startSeconds: 0, durationSeconds: clip.facts.durationSeconds };
  const timeline = new Timeline(defaultTimelineSpec);
  const speed = { frameTolerance, looksPerSecond };
  const {
    data,
    places: kept,
    changes,
  } = await embedClip(clip, range, timeline, { encoder, embeddingCache }, {}, speed, watchesChanges);
  return { seen, embeddings: [...data], places: kept, changes, encoderId: keys[0]!.encoderId };
}

describe('changes', () => {
  it('are those between all pictures, however seldom the encoder looks', async () => {
    const values = [10, 10, 10, 40, 40, 40, 20, 20, 20, 20];
    const { seen, changes, encoderId } = await embed(clipOf(values), 0, 10, undefined, true);
    expect(seen).toEqual([10, 40, 20]); // the fourth look shows the same
    expect([...changes!.values].map(Math.round)).toEqual([0, 0, 0, 30, 0, 0, 20, 0, 0, 0]);
    expect([...changes!.timesSeconds].map((time) => Math.round(30 * time))).toEqual(values.map((_, i) => i));
    expect(encoderId).toBe('fake/looks-10/changes');
  });

  it('are left out where nobody asks', async () => {
    const { changes } = await embed(clipOf([10, 20, 30, 40]), 0, 10);
    expect(changes).toBeUndefined();
  });
});

describe('looks', () => {
  it('further apart than the frames leave the rest to interpolation', async () => {
    const { seen, embeddings } = await embed(clipOf([10, 1, 1, 40, 1, 1, 20, 1]), 0, 10);
    expect(seen).toEqual([10, 40, 20]);
    // after the last look its embedding stays
    expect(embeddings).toEqual([
      10,
      20,
      30,
      40,
      expect.closeTo(100 / 3, 5),
      expect.closeTo(80 / 3, 5),
      20,
      20,
    ]);
  });
});

describe('places', () => {
  /** One place a picture, whose only value is the picture's brightness. */
  const tellPlaces = (timesSeconds: Float64Array, brightness: Float32Array): PlaceEmbeddings => ({
    timesSeconds,
    rows: 1,
    columns: 1,
    width: 1,
    values: brightness,
  });

  it('stay with the pictures that were seen', async () => {
    const { places } = await embed(clipOf([1, 2, 3, 9, 8, 4]), 0, 30, tellPlaces);
    expect([...places!.values]).toEqual([1, 2, 3, 9, 8, 4]);
    const { places: fewer } = await embed(clipOf([1, 2, 3, 9, 8, 4]), 0, 10, tellPlaces);
    expect([...fewer!.values]).toEqual([1, 9]);
  });

  it('hold for as long as their picture does: a still stretch is no slow change into what follows it', async () => {
    const values = [5, 5, 5, 5, 5, 5, 9, 8, 3, 3, 3, 3];
    const { places } = await embed(clipOf(values), 0, 30, tellPlaces);
    expect([...places!.values]).toEqual([5, 5, 9, 8, 3, 3]);
    expect([...places!.timesSeconds].map((time) => Math.round(30 * time))).toEqual([0, 5, 6, 7, 8, 11]);
  });
});

describe('distinct pictures', () => {
  it('are seen once, whether their source is held or equal', async () => {
    expect(await embed(clipOf([1, 1, 1, 9, 9, 1]))).toMatchObject({
      seen: [1, 9, 1],
      embeddings: [1, 1, 1, 9, 9, 1],
    });
    const held = await embed(clipOf([1, 2, 3, 4], (index) => Math.floor(index / 2)));
    expect(held).toMatchObject({ seen: [1, 3], embeddings: [1, 1, 3, 3] });
  });

  it('share an embedding within the tolerance, measured from the one that was seen', async () => {
    // a slow change cannot drift away unseen: 104 is compared with 100, and not with 103
    const { seen, embeddings } = await embed(clipOf([100, 101, 102, 103, 104, 105, 107, 108]), 3);
    expect(seen).toEqual([100, 104, 108]);
    expect(embeddings).toEqual([100, 100, 100, 100, 104, 104, 104, 108]);
  });

  it('are cached under their tolerance', async () => {
    const ids = [undefined, 0, 2, 3].map(
      async (tolerance) => (await embed(clipOf([1]), tolerance)).encoderId,
    );
    expect(await Promise.all(ids)).toEqual(['fake', 'fake', 'fake/tolerance-2', 'fake/tolerance-3']);
  });
});

describe('pictures', () => {
  const timeline = new Timeline(defaultTimelineSpec);
  const range = { startSeconds: 0, durationSeconds: 0.2 };
  const encoder = {
    id: 'fake',
    width: 1,
    imageSize: 384,
    embedTexts: async () => [],
    embedFrames: async (frames: AsyncIterable<EncoderFrame>) => {
      let count = 0;
      for await (const _ of frames) count++;
      return { timesSeconds: new Float64Array(count), width: 1, data: new Float32Array(count) };
    },
  };
  const fitOf = async (more: object) => {
    const trace: Trace = [];
    const stations = { encoder: { ...encoder, ...more }, embeddingCache: null };
    await embedClip(fakeClip(trace), range, timeline, stations, {});
    return (trace[0] as { frames: { fit: unknown } }).frames.fit;
  };

  it('come in their own proportions, unless the encoder stretches them to its square', async () => {
    expect(await fitOf({})).toEqual({ kind: 'shortest-side', pixels: 384 });
    expect(await fitOf({ pictureFilter: 'bicubic' })).toEqual({
      kind: 'shortest-side',
      pixels: 384,
      filter: 'bicubic',
    });
    expect(await fitOf({ pictureFilter: 'bicubic', stretchesPictures: true })).toEqual({
      kind: 'exact',
      width: 384,
      height: 384,
      filter: 'bicubic',
    });
  });

  it('are not looked at again for changes that are not asked for', async () => {
    const kept = { timesSeconds: new Float64Array(1), width: 1, data: Float32Array.of(7) };
    const asked: string[] = [];
    const embeddingCache = {
      read: async ({ encoderId }: EmbeddingKey) => {
        asked.push(encoderId);
        return encoderId.endsWith('/changes') ? kept : null;
      },
      write: async () => {},
    };
    const stations = { encoder, embeddingCache };
    expect(await embedClip(fakeClip([]), range, timeline, stations, {})).toBe(kept);
    expect(asked).toEqual(['fake', 'fake/changes']);
  });
});
