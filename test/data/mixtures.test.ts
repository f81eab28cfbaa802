import { describe, expect, it } from 'vitest';
import { createMixtureSampler } from '../../src/data/mixtures.js';
import { activeSpans, levelEnvelope } from '../../src/data/sound-activity.js';
import { classOfRow } from '../../src/data/sound-classes.js';
import { fakeLibrary } from './fake-library.js';

const library = fakeLibrary();

describe('createMixtureSampler', () => {
  const sampler = createMixtureSampler(library, { split: 'train' });

  it('gives the same clip for the same seed, and another for another', () => {
    expect(sampler.draw(7)).toEqual(sampler.draw(7));
    expect(sampler.draw(7).samples).not.toEqual(sampler.draw(8).samples);
  });

  it('gives 10.24 s at 16 kHz that never clip, with a caption, and tracks of different classes', () => {
    for (let seed = 0; seed < 60; seed++) {
      const { samples, caption, tracks } = sampler.draw(seed);
      expect(samples).toHaveLength(163840);
      expect(samples.every((value) => Math.abs(value) <= 0.9801)).toBe(true);
      expect(tracks.length).toBeGreaterThanOrEqual(1);
      expect(new Set(tracks.map((track) => track.classId)).size).toBe(tracks.length);
      for (const track of tracks) expect(caption).toContain(track.phrase);
    }
  });

  it('draws most clips with one sound, and keeps to the split', () => {
    const valFiles = new Set(
      library.sounds.filter((sound) => sound.row.split === 'val').map((sound) => sound.row.file),
    );
    const drawn = Array.from({ length: 300 }, (_, seed) => sampler.draw(seed));
    const single = drawn.filter((mixture) => mixture.tracks.length === 1).length / drawn.length;
    // 300 draws at 0.75: three standard deviations are 0.075.
    expect(single).toBeGreaterThan(0.67);
    expect(single).toBeLessThan(0.83);
    expect(
      drawn
        .flatMap((mixture) => mixture.tracks)
        .flatMap((track) => track.files)
        .some((file) => valFiles.has(file)),
    ).toBe(false);
  });

  it('tells the truth about when it sounds: loud inside the spans, quiet outside', () => {
    const dry = createMixtureSampler(library, {
      split: 'train',
      roomProbability: 0,
      soundCountWeights: [1, 0, 0],
    });
    for (let seed = 0; seed < 40; seed++) {
      const { samples, spans } = dry.draw(seed);
      const { levelsDb, hopSeconds } = levelEnvelope(samples, 16000);
      const isOn = (frame: number): boolean =>
        spans.some(
          (span) =>
            frame >= Math.round(span.startSeconds / hopSeconds) &&
            frame < Math.round(span.endSeconds / hopSeconds),
        );
      const on = [...levelsDb].filter((_, frame) => isOn(frame));
      const off = [...levelsDb].filter((_, frame) => !isOn(frame));
      const loud = on.sort((a, b) => a - b)[Math.floor(on.length * 0.95)]!;
      // The gate's range is 32 dB and its hysteresis 6 dB: nothing outside may come within 20 dB of the loud part.
      for (const level of off) expect(level).toBeLessThan(loud - 20);
    }
  });

  it('marks the onsets of separate events within 15 ms', () => {
    const bangs = createMixtureSampler(library, {
      classIds: ['gunshot'],
      roomProbability: 0,
      soundCountWeights: [1, 0, 0],
    });
    const { spans, onsetsSeconds } = bangs.draw(3);
    expect(spans.length).toBeGreaterThan(0);
    for (const span of spans) {
      expect(Math.min(...onsetsSeconds.map((onset) => Math.abs(onset - span.startSeconds)))).toBeLessThan(
        0.015,
      );
    }
  });

  it('draws from the asked classes only, and refuses when none is left', () => {
    const rain = createMixtureSampler(library, { classIds: ['rain'] });
    expect(rain.draw(1).tracks.map((track) => track.classId)).toEqual(['rain']);
    expect(() => createMixtureSampler(library, { classIds: ['owl'] })).toThrow('no recording is left');
  });
});

describe('activeSpans', () => {
  it('finds a tone between silences, and nothing in silence', () => {
    const samples = new Float32Array(32000);
    for (let index = 8000; index < 16000; index++) samples[index] = 0.3 * Math.sin(index);
    expect(activeSpans(levelEnvelope(samples, 16000))).toEqual([{ startSeconds: 0.5, endSeconds: 1 }]);
    expect(activeSpans(levelEnvelope(new Float32Array(16000), 16000))).toEqual([]);
  });
});

describe('classOfRow', () => {
  it('splits a label by its finer labels, and names a label it does not know', () => {
    const of = (label: string, fineLabel: string): string =>
      classOfRow({ label, fineLabel, file: 'a.ogg' }).id;
    expect(of('siren or horn', 'car horn')).toBe('horn');
    expect(of('siren or horn', 'siren')).toBe('siren');
    expect(of('wild animal (lion, bear, elephant, ape)', 'hyena')).toBe('wild-animal');
    expect(() => of('kazoo', 'kazoo')).toThrow('a.ogg: label "kazoo"');
  });
});
