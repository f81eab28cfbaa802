import { describe, expect, it } from 'vitest';
import { soundClass } from '../../src/data/sound-classes.js';
import { vagueLabels } from '../../src/data/vague-labels.js';
import { knownLabel } from '../../src/foley/known-label.js';

/** Texts are alike by the words that they share; in the space of the places a text is how many words it has. */
const encoder = {
  async embedTexts(texts: readonly string[]) {
    const words = [...new Set(texts.flatMap((text) => text.split(' ')))];
    return texts.map((text) =>
      Float32Array.from(
        words,
        (word) => Number(text.split(' ').includes(word)) / Math.sqrt(text.split(' ').length),
      ),
    );
  },
  async embedPlaceLabels(texts: readonly string[]) {
    return texts.map((text) => Float32Array.of(text.split(' ').length, -4));
  },
};

/** One picture of one place, `[1, 1]`: the more it shows, the more words a text has. */
const shows = (value: number) => ({
  places: { timesSeconds: Float64Array.of(0), rows: 1, columns: 1, width: 1, values: Float32Array.of(value) },
});
const clip = shows(1);

describe('a label as the places know it', () => {
  it('is itself where it is known, and where nothing is like it', async () => {
    expect([...(await knownLabel('dog barking', clip, encoder))]).toEqual([2, -4]);
    expect([...(await knownLabel('helicopter', clip, encoder))]).toEqual([1, -4]);
    expect([...(await knownLabel('xylophone solo at midnight', clip, encoder))]).toEqual([4, -4]);
  });

  it('is drawn to what it is like, the more the liker', async () => {
    // cosines 0.82 and 0.58 with "dog barking": two words of three, and of six
    expect((await knownLabel('hm dog barking', clip, encoder))[0]).toBeCloseTo(2, 6);
    const [filled] = await knownLabel('hm well so dog barking please', clip, encoder);
    const weight = (2 / Math.sqrt(12) - 0.4) / 0.3;
    expect(filled).toBeCloseTo(6 - 4 * weight, 5);
  });

  it('is, of a kind, the class that the clip shows most', async () => {
    const words = vagueLabels.animal!.map((id) => soundClass(id).phrases[0]!.split(' ').length);
    expect(new Set(words).size).toBeGreaterThan(1);
    expect((await knownLabel('animal', shows(1), encoder))[0]).toBe(Math.max(...words));
    expect((await knownLabel('animal', shows(-1), encoder))[0]).toBe(Math.min(...words));
    // half a kind: cosine 0.71 with "animal"
    expect((await knownLabel('animal noise', shows(1), encoder))[0]).toBeCloseTo(Math.max(...words), 6);
  });

  it('needs places', async () => {
    const { embedTexts } = encoder;
    await expect(knownLabel('dog barking', clip, { embedTexts })).rejects.toMatchObject({ code: 'usage' });
    await expect(knownLabel('dog barking', {}, encoder)).rejects.toMatchObject({ code: 'usage' });
  });
});
