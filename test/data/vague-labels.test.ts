import { describe, expect, it } from 'vitest';
import { SOUND_CLASSES } from '../../src/data/sound-classes.js';
import { vagueLabelNamed, vagueLabelOf, vagueLabels } from '../../src/data/vague-labels.js';

describe('vague labels', () => {
  it('are there for every sound class, once', () => {
    const listed = Object.values(vagueLabels).flat();
    expect([...listed].sort()).toEqual(SOUND_CLASSES.map(({ id }) => id).sort());
    expect(vagueLabelOf('siren')).toBe('vehicle');
  });
  it('say nothing that a sharper label says', () => {
    const phrases = SOUND_CLASSES.flatMap(({ phrases: all }) => all);
    for (const label of Object.keys(vagueLabels)) expect(phrases).not.toContain(label);
  });
  it('are known by the word itself, however it is put', () => {
    for (const label of Object.keys(vagueLabels)) expect(vagueLabelNamed(label)).toBe(label);
    for (const text of ['animal ', 'an Animal', 'animals', 'some animal noise', 'animal sounds'])
      expect(vagueLabelNamed(text), text).toBe('animal');
    for (const text of ['', 'vehicle horn', 'wild animal', 'dog barking', 'object falls'])
      expect(vagueLabelNamed(text), text).toBeNull();
  });
  it('are not made up', () => {
    expect(() => vagueLabelOf('unicorn')).toThrow(/"unicorn" has no vague label/);
  });
});
