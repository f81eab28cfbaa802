import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { melToImage } from '../../src/audio/mel-image.js';
import { melSpectrogram } from '../../src/audio/mel-spectrogram.js';
import { createMixtureSampler } from '../../src/data/mixtures.js';
import { openCorpus } from '../../src/training/corpus.node.js';
import { fakeLibrary } from '../data/fake-library.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foley-corpus-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const settings = {
  source: 'fake',
  count: 3,
  seed: 5,
  mixtures: { durationSeconds: 1, split: 'train' },
} as const;
const notCalled = async (): Promise<never> => {
  throw new Error('the library was opened');
};

describe('openCorpus', () => {
  it('draws clips once, and reads waves, mels and facts back', async () => {
    const drawn = await openCorpus(folder, settings, async () => fakeLibrary());
    await drawn.close();
    const corpus = await openCorpus(folder, settings, notCalled);
    const wanted = createMixtureSampler(fakeLibrary(), settings.mixtures).draw('5/2');
    expect(corpus.items).toHaveLength(3);
    expect(corpus.items[2]).toMatchObject({ caption: wanted.caption, spans: wanted.spans });

    const wave = await corpus.wave(2, 1000, 500);
    wave.forEach((value, i) => {
      expect(Math.abs(value - wanted.samples[1000 + i]!)).toBeLessThanOrEqual(0.5 / 32767 + 1e-7); // 16 bits
    });
    const image = melToImage(melSpectrogram(wanted.samples));
    expect([corpus.bands, corpus.columns]).toEqual([image.bands, image.columns]);
    const crop = await corpus.melImage(2, 30, 20);
    for (let band = 0; band < corpus.bands; band += 17) {
      for (let c = 0; c < 20; c++) {
        // 11 significant bits
        expect(Math.abs(crop[band * 20 + c]! - image.data[band * corpus.columns + 30 + c]!)).toBeLessThan(
          1e-3,
        );
      }
    }
    await corpus.close();
  });

  it('keeps corpora of other settings apart, and refuses a damaged one', async () => {
    await (await openCorpus(folder, settings, async () => fakeLibrary())).close();
    await (await openCorpus(folder, { ...settings, seed: 6 }, async () => fakeLibrary())).close();
    const [first] = await readdir(folder);
    expect(await readdir(folder)).toHaveLength(2);
    await truncate(join(folder, first!, 'mels.f16'), 100);
    const opened = [settings, { ...settings, seed: 6 }].map((one) =>
      openCorpus(folder, one, notCalled).then(async (corpus) => {
        await corpus.close();
        return 'whole';
      }),
    );
    const outcomes = await Promise.allSettled(opened);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toMatchObject({ code: 'input-rejected' });
  });
});
