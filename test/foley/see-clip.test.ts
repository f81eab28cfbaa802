/** @file What is seen of labels that no thing makes: the picture does not say when they sound. */
import { describe, expect, it } from 'vitest';
import { soundClass } from '../../src/data/sound-classes.js';
import { vagueLabels } from '../../src/data/vague-labels.js';
import { StageClock } from '../../src/foley/progress.js';
import { type SeenTrack, seeClip } from '../../src/foley/see-clip.js';
import { fakeClip, fakeStations, settled } from './fake-stations.js';

async function see(label: string, strategy: string, more: { prompt?: string } = {}): Promise<SeenTrack> {
  const stations = fakeStations([]);
  const encoder = {
    ...stations.encoder,
    // two kinds of text: the label itself, and all others
    embedTexts: async (texts: readonly string[]) =>
      texts.map((text) => (text === label ? Float32Array.of(1, 0) : Float32Array.of(0, 1))),
  };
  const seen = await seeClip({
    request: { ...settled({ label, strategy }), ...more },
    clip: fakeClip([]),
    stations: { ...stations, encoder },
    clock: new StageClock(),
    hooks: {},
  });
  return seen.tracks[0]!;
}

describe('with the strategy "places"', () => {
  it('what no thing makes sounds throughout, and that is said', async () => {
    const { timing, warnings } = await see('rain falling', 'places');
    expect(timing!.spans).toEqual([{ startSeconds: 0, endSeconds: 2 }]);
    expect(warnings).toEqual([expect.stringMatching(/no thing makes the sound of "rain falling"/)]);
  });

  it('what a thing makes sounds while the thing is seen', async () => {
    const { timing, warnings } = await see('dog barking', 'places');
    expect(Math.max(...timing!.similarity)).toBeGreaterThan(0.5);
    expect(timing!.spans).toHaveLength(1);
    expect(warnings).toEqual([]);
  });
});

it('other strategies look for whatever they are told', async () => {
  const { timing, warnings } = await see('rain falling', 'min-max');
  expect(timing!.spans).not.toEqual([{ startSeconds: 0, endSeconds: 2 }]);
  expect(warnings).toEqual([]);
});

it('a text is the prompt, or what the label stands for', async () => {
  expect(await see('rain falling', 'min-max')).toMatchObject({
    plan: { prompt: 'rain falling' },
    seenAs: null,
  });
  expect((await see('animal', 'places', { prompt: 'animal' })).plan.prompt).toBe('animal');
  expect((await see('animal', 'places', { prompt: '' })).plan.prompt).toBe('');
});

it('a kind of thing is looked for, timed and made as what the clip shows of it, under its own name', async () => {
  const asked = await see('animal', 'places');
  const { timing, warnings } = asked;
  const { label, prompt } = asked.plan;
  expect(label).toBe('animal');
  expect(vagueLabels.animal!.map((id) => soundClass(id).phrases[0])).toContain(prompt);
  expect(asked.seenAs).toBe(prompt);
  expect(timing!.label).toBe('animal');
  expect(timing!.spans).toHaveLength(1);
  expect(warnings).toEqual([expect.stringMatching(`"animal" names a kind .* shows "${prompt}" most`)]);
});
