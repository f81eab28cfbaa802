import { describe, expect, it } from 'vitest';
import type { FrameEmbeddings, ImageTextEncoder } from '../../src/conditions/index.js';
import { soundClass } from '../../src/data/sound-classes.js';
import { seenAs } from '../../src/foley/seen-as.js';
import { fakeStations } from './fake-stations.js';

const dog = soundClass('dog-bark').phrases[0]!;
const insects = soundClass('insects').phrases[0]!;
/** A place shows dogs in its first number, insects in its second. */
const encoder: ImageTextEncoder = {
  ...fakeStations([]).encoder,
  async embedPlaceLabels(texts) {
    return texts.map((text) => Float32Array.of(Number(text === dog), Number(text === insects), -4));
  },
};
/** Pictures of one place each. */
const clip = (...places: readonly (readonly [dogs: number, insects: number])[]): FrameEmbeddings => ({
  timesSeconds: Float64Array.from(places, (_, index) => index),
  width: 1,
  data: new Float32Array(places.length),
  places: {
    timesSeconds: Float64Array.from(places, (_, index) => index),
    rows: 1,
    columns: 1,
    width: 2,
    values: Float32Array.from(places.flat()),
  },
});

describe('a label that names a kind', () => {
  it('is the class of it that the clip shows most, wherever in it that is', async () => {
    expect(await seenAs('animal', clip([3, 1], [0, 1]), encoder)).toBe(dog);
    expect(await seenAs('an animal', clip([2, 0], [0, 0], [0, 5], [0, 0]), encoder)).toBe(insects);
  });

  it('is itself where nothing of it is there', async () => {
    expect(await seenAs('animal', clip([0, 1], [0, 1.9]), encoder)).toBe('animal');
    expect(await seenAs('animal', clip([0, 1], [0, 2.1]), encoder)).toBe(insects);
    expect(await seenAs('vehicle', clip([3, 1]), encoder)).toBe('vehicle');
  });

  it('is itself where it says more, or where nothing tells places', async () => {
    expect(await seenAs('dog barking', clip([0, 3]), encoder)).toBe('dog barking');
    const { places: _, ...frames } = clip([3, 1]);
    expect(await seenAs('animal', frames, encoder)).toBe('animal');
  });
});
