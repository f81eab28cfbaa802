import { describe, expect, it } from 'vitest';
import { soundClass } from '../../src/data/sound-classes.js';
import { vagueLabels } from '../../src/data/vague-labels.js';
import { mayBeRhythmic } from '../../src/foley/clip-events.js';

/** Every text is like the helicopter's, whose sound goes on. */
const encoder = {
  embedTexts: async (texts: readonly string[]) =>
    texts.map((text) => Float32Array.of(1, text.includes('helicopter') || text === 'aircraft' ? 0 : 0.5)),
};

describe('a label that may be rhythmic', () => {
  it('is a vague one with such a class, whatever it is most like', async () => {
    expect(vagueLabels.animal!.map((id) => soundClass(id).kind)).toContain('rhythmic');
    expect(await mayBeRhythmic('animal', encoder)).toBe(true);
    expect(await mayBeRhythmic('a person', encoder)).toBe(true);
  });

  it('is no vague one without, and else goes by its own class', async () => {
    expect(vagueLabels.aircraft!.map((id) => soundClass(id).kind)).not.toContain('rhythmic');
    expect(await mayBeRhythmic('aircraft', encoder)).toBe(false);
    expect(await mayBeRhythmic('footsteps', encoder)).toBe(true);
    expect(await mayBeRhythmic('helicopter flying', encoder)).toBe(false);
  });
});
