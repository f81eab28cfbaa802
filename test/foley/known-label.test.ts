import { describe, expect, it } from 'vitest';
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

describe('a label as the places know it', () => {
  it('is itself where it is known, and where nothing is like it', async () => {
    expect([...(await knownLabel('dog barking', encoder))]).toEqual([2, -4]);
    expect([...(await knownLabel('helicopter', encoder))]).toEqual([1, -4]);
    expect([...(await knownLabel('xylophone solo at midnight', encoder))]).toEqual([4, -4]);
  });

  it('is drawn to what it is like, the more the liker', async () => {
    // cosines 0.82 and 0.58 with "dog barking": two words of three, and of six
    expect((await knownLabel('hm dog barking', encoder))[0]).toBeCloseTo(2, 6);
    const [filled] = await knownLabel('hm well so dog barking please', encoder);
    const weight = (2 / Math.sqrt(12) - 0.4) / 0.3;
    expect(filled).toBeCloseTo(6 - 4 * weight, 5);
  });

  it('needs places', async () => {
    const { embedTexts } = encoder;
    await expect(knownLabel('dog barking', { embedTexts })).rejects.toMatchObject({ code: 'usage' });
  });
});
