import { describe, expect, it } from 'vitest';
import type { FrameEmbeddings, ImageTextEncoder } from '../../src/conditions/frame-embeddings.js';
import { meanOfHighest, placeScore } from '../../src/conditions/label-score.js';
import { soundClass } from '../../src/data/sound-classes.js';
import { chooseLabel, describeChoice, rankLabels } from '../../src/foley/choose-label.js';
import { generate } from '../../src/foley/generate.js';
import { needsOf } from '../../src/foley/model/model-needs.js';
import { StageClock } from '../../src/foley/progress.js';
import { parseRequest } from '../../src/foley/request.js';
import { fakeClip, fakeDefaults, fakeStations, settled } from './fake-stations.js';

/** An encoder for which a text has the logit that a table gives its words, and -6 where they are in none. */
function encoderOf(logits: Readonly<Record<string, number>>, tellsPlaces = true): ImageTextEncoder {
  const logitOf = (text: string): number =>
    Object.entries(logits).find(([classId]) => soundClass(classId).phrases.includes(text))?.[1] ?? -6;
  return {
    id: 'table',
    width: 2,
    imageSize: 1,
    async embedFrames(stream) {
      const times: number[] = [];
      for await (const { timeSeconds } of stream) times.push(timeSeconds);
      const data = Float32Array.from(times.flatMap(() => [1, 0]));
      return { ...frames, timesSeconds: Float64Array.from(times), data };
    },
    // of the cosine with (1, 0) a hundredth of the logit is asked for
    embedTexts: async (texts) =>
      texts.map((text) => Float32Array.of(logitOf(text) / 100, Math.sqrt(1 - (logitOf(text) / 100) ** 2))),
    ...(tellsPlaces && {
      embedPlaceLabels: async (texts: readonly string[]) =>
        texts.map((text) => Float32Array.of(0, logitOf(text))),
    }),
  };
}

const frames: FrameEmbeddings = {
  timesSeconds: Float64Array.of(0, 1),
  width: 2,
  data: Float32Array.of(1, 0, 1, 0),
  places: { timesSeconds: Float64Array.of(0), rows: 1, columns: 1, width: 1, values: Float32Array.of(0) },
};

describe('the clearest part of a clip', () => {
  it('is a quarter of its pictures, and one at least', () => {
    expect(meanOfHighest(Float32Array.of(1, 5, 2, 3, 4, 0, 0, 0))).toBe(4.5);
    expect(meanOfHighest(Float32Array.of(-3, -2))).toBe(-2);
    expect(meanOfHighest(Float32Array.of(1, 2, 3), 1)).toBeCloseTo(2, 6);
  });
  it('is the clearest place of a picture', () => {
    const places = {
      timesSeconds: Float64Array.of(0, 1, 2, 3),
      rows: 1,
      columns: 2,
      width: 1,
      values: Float32Array.of(0, 1, 9, -9, 2, 3, 0, 0),
    };
    expect(placeScore(places, Float32Array.of(2, -1))).toBe(17);
  });
});

describe('a label from the picture', () => {
  it.each([true, false])('is the class that it shows most (places: %s)', async (tellsPlaces) => {
    const encoder = encoderOf({ 'dog-bark': 4, 'cat-meow': 1 }, tellsPlaces);
    const choice = await chooseLabel(frames, encoder);
    expect(choice).toMatchObject({ label: 'dog barking', classId: 'dog-bark', isUncertain: false });
    expect(choice.runnersUp[0]).toMatchObject({ classId: 'cat-meow' });
    expect(choice.runnersUp).toHaveLength(3);
    // cat by dog: three logits apart
    expect(choice.runnersUp[0]!.score / choice.score).toBeCloseTo(Math.exp(-3), 2);
  });
  it('gives what makes several sounds to each by how often it makes it', async () => {
    const ranked = await rankLabels(frames, encoderOf({ car: 8 }));
    // cars and motorcycles are seen alike; a car drives three times of five
    const scoreOf = (id: string) => ranked.find(({ classId }) => classId === id)!.score;
    expect(ranked[0]!.classId).toBe('car');
    expect(scoreOf('horn')).toBeCloseTo(0.1, 2);
    expect(scoreOf('skid-or-crash')).toBeCloseTo(0.1, 2);
    expect(ranked.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 2);
  });
  it('is uncertain when all others together are likelier, and says so', async () => {
    const choice = await chooseLabel(frames, encoderOf({ frog: 3, owl: 2.9, cow: 2.9 }));
    expect(choice).toMatchObject({ classId: 'frog', isUncertain: true });
    expect(describeChoice(choice)).toMatch(/^the picture shows "[^"]+" \(\d+ %; next: "/);
  });
  it('needs a picture', async () => {
    const none = { timesSeconds: new Float64Array(0), width: 2, data: new Float32Array(0) };
    await expect(rankLabels(none, encoderOf({}))).rejects.toThrow('no frame embeddings');
  });
  it('is asked of the model where a request names nothing', () => {
    const off = { video: 'a.mp4', frameScale: 0, timingScale: 0 };
    const needs = (fields: object) => needsOf(parseRequest({ ...off, ...fields }), fakeDefaults);
    expect(needs({})).toMatchObject({ sight: true, labels: true });
    expect(needs({ label: 'dog' })).toMatchObject({ sight: false, labels: false });
  });

  async function takesOf(fields: object, encoder: ImageTextEncoder | null, readsLabels = true) {
    const stations = { ...fakeStations([]), readsLabels };
    const job = {
      request: settled({ label: null, steps: 1, ...fields }),
      clip: fakeClip([]),
      stations: encoder === null ? stations : { ...stations, encoder },
      clock: new StageClock(),
      hooks: {},
    };
    const takes = [];
    for await (const take of generate(job)) takes.push(take);
    return takes;
  }
  it('makes the sound that the same label would make', async () => {
    const encoder = encoderOf({ owl: 5 });
    const [chosen] = await takesOf({}, encoder);
    const [asked] = await takesOf({ label: soundClass('owl').phrases[0] }, encoder);
    expect(chosen!.chosenLabel).toMatchObject({ classId: 'owl', label: soundClass('owl').phrases[0] });
    expect(chosen!.timing!.label).toBe(soundClass('owl').phrases[0]);
    expect(chosen!.warnings).toEqual([]);
    expect(asked!.chosenLabel).toBeNull();
    expect(chosen!.wave).toEqual(asked!.wave);
  });
  it('warns of a doubtful choice, even with frames and timing left out', async () => {
    const [take] = await takesOf(
      { frameScale: 0, timingScale: 0 },
      encoderOf({ frog: 3, owl: 2.9, cow: 2.9 }),
    );
    expect(take!.warnings).toEqual([
      expect.stringMatching(/^nothing said what is heard, and the picture shows/),
    ]);
  });
  it('cannot come from a model that finds no labels', async () => {
    await expect(takesOf({}, null, false)).rejects.toThrow('the label is missing');
  });
});
