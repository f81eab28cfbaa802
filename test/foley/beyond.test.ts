import { describe, expect, it } from 'vitest';
import { inspectFields } from '../../src/cli/commands/inspect.js';
import type { ImageTextEncoder, PlaceEmbeddings } from '../../src/conditions/frame-embeddings.js';
import { soundClass } from '../../src/data/sound-classes.js';
import { kindOfLabel } from '../../src/foley/clip-events.js';
import { generate } from '../../src/foley/generate.js';
import { StageClock } from '../../src/foley/progress.js';
import { inspectRequestSchema } from '../../src/service/contract.js';
import { fakeClip, fakeStations, settled } from './fake-stations.js';

/** One value a place, the logit of any label: a thing that crosses the picture from left to right within two seconds. */
function passing(timesSeconds: Float64Array): PlaceEmbeddings {
  const columns = 8;
  const values = Float32Array.from({ length: timesSeconds.length * columns }, (_, index) => {
    const [look, column] = [Math.floor(index / columns), index % columns];
    return 4 - 6 * Math.abs(column - 4 * timesSeconds[look]!);
  });
  return { timesSeconds, rows: 1, columns, width: 1, values };
}

/** The fake stations, with an encoder for which every word is a direction of its own. */
function stationsOf() {
  const stations = fakeStations([]);
  const words = new Map<string, number>();
  const encoder: ImageTextEncoder = {
    ...stations.encoder,
    async embedFrames(frames) {
      const seen = await stations.encoder.embedFrames(frames);
      return { ...seen, places: passing(seen.timesSeconds) };
    },
    embedTexts: async (texts) =>
      texts.map((text) => {
        const embedding = new Float32Array(400);
        for (const word of text.split(' ')) {
          if (!words.has(word)) words.set(word, words.size);
          embedding[words.get(word)!] = 1;
        }
        return embedding;
      }),
  };
  return { ...stations, encoder };
}

/** A clip of four seconds. */
async function takeOf(label: string, fields: object) {
  const stations = stationsOf();
  const request = settled({ label, steps: 1, frameScale: 0, strategy: 'places', dynamics: 1, ...fields });
  const clip = fakeClip([], 4, () => 255);
  for await (const take of generate({ request, clip, stations, clock: new StageClock(), hooks: {} }))
    return take;
  throw new Error('no take');
}

const engine = soundClass('car').phrases[0]!;
const timing = { spans: [{ startSeconds: 1, endSeconds: 2 }], timesSeconds: [], similarity: [] };
const idle = (take: { warnings: readonly string[] }) =>
  take.warnings.filter((warning) => warning.startsWith('beyond had no effect'));

describe('beyond the picture', () => {
  it('is looked for by whatever asks when a label sounds, beside the level that it needs', () => {
    for (const field of ['beyond', 'dynamics']) {
      expect(inspectFields.map(({ name }) => name)).toContain(field);
      expect(Object.keys(inspectRequestSchema.shape)).toContain(field);
    }
  });
  it('a sustained sound goes on after what makes it has left, falling, and fades where it is cut off', async () => {
    expect(await kindOfLabel(engine, stationsOf().encoder)).toBe('sustained');
    const [within, tail] = [await takeOf(engine, {}), await takeOf(engine, { beyond: 1 })];
    const [seen, heard] = [within.timing!.spans.at(-1)!, tail.timing!.spans.at(-1)!];
    expect(seen.endSeconds).toBeLessThan(3);
    expect(heard.endSeconds - seen.endSeconds).toBeCloseTo(1, 3);
    expect(idle(tail)).toEqual([]);
    const rate = tail.wave.sampleRateHz;
    const levelAt = (seconds: number): number => {
      const part = tail.wave.channels[0]!.subarray(
        Math.round(seconds * rate),
        Math.round((seconds + 0.1) * rate),
      );
      return Math.sqrt(part.reduce((sum, sample) => sum + sample ** 2, 0) / part.length);
    };
    const levels = [0.1, 0.4, 0.6, 0.8].map((seconds) => levelAt(seen.endSeconds + seconds));
    levels.slice(1).forEach((level, index) => {
      expect(level).toBeLessThan(levels[index]!);
    });
    expect(levelAt(heard.endSeconds + 0.1)).toBeLessThan(0.01 * levels[0]!);
  });
  it('says why it has no effect', async () => {
    expect(idle(await takeOf(engine, { beyond: 1, timing }))).toEqual([
      'beyond had no effect: the timing was given',
    ]);
    expect(idle(await takeOf(engine, { beyond: 1, dynamics: 0 }))).toEqual([
      'beyond had no effect: the level does not follow the motion of the thing (dynamics)',
    ]);
    const bark = soundClass('dog-bark').phrases[0]!;
    expect(idle(await takeOf(bark, { beyond: 1 }))).toEqual([
      `beyond had no effect: "${bark}" is no sound that goes on by itself`,
    ]);
  });
});
