import { describe, expect, it } from 'vitest';
import { describeFound } from '../../src/studio/page/words.js';

describe('what an inspection found', () => {
  const chosen = { label: 'dog barking', classId: 'dog', score: 0.81, isUncertain: false };

  it('is the label, or what a kind of thing stood for', () => {
    expect(describeFound('bell', { chosenLabel: null, seenAs: null })).toBe('bell was seen');
    expect(describeFound('vehicle', { chosenLabel: null, seenAs: 'siren wailing' })).toBe(
      'vehicle was seen, as “siren wailing”',
    );
  });

  it('is what the picture chose, and what came next', () => {
    const runnersUp = [{ label: 'cat meowing', classId: 'cat', score: 0.12 }];
    expect(describeFound('', { chosenLabel: { ...chosen, runnersUp }, seenAs: null })).toBe(
      'the picture chose “dog barking” (81 %); next likely: “cat meowing” 12 %',
    );
    expect(describeFound('', { chosenLabel: { ...chosen, runnersUp: [] }, seenAs: null })).toBe(
      'the picture chose “dog barking” (81 %)',
    );
  });
});
