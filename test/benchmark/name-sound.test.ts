import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auffusionMelSpec } from '../../src/audio/mel-spectrogram.js';
import { openSoundNamer, type SoundNamer } from '../../src/benchmark/name-sound.node.js';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';

const weights = fileURLToPath(new URL('../../models/tagger/tagger.safetensors', import.meta.url));
const engine = createOrtEngine({ threads: 1 });
let namer: SoundNamer;
beforeAll(async () => {
  namer = await openSoundNamer(weights, auffusionMelSpec, engine);
});
afterAll(() => engine.close());

/** Steady white noise of so many seconds. */
function noise(seconds: number): Float32Array {
  let state = 7;
  return Float32Array.from({ length: Math.round(16000 * seconds) }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state / 0x40000000 - 1) * 0.1;
  });
}

describe('the tagger that ships', () => {
  it('hears steady noise as one of the sounds that are steady noise', async () => {
    const logits = await namer.logits(noise(8));
    const first = namer.classIds.filter((id) => namer.rankOf(logits, id) < 3);
    const noises = [
      'rain',
      'waterfall',
      'river',
      'wind',
      'sea-waves',
      'steam-or-sparks',
      'jet-airplane',
      'fire',
      'applause',
    ];
    expect(first.filter((id) => noises.includes(id)).length).toBeGreaterThan(0);
  });

  it('judges what sounds and not the silence around it', async () => {
    const alone = await namer.logits(noise(3.1));
    const amidSilence = new Float32Array(16000 * 9.3);
    amidSilence.set(noise(3.1), 16000 * 3.1);
    const among = await namer.logits(amidSilence);
    const best = (logits: Float32Array) => namer.classIds.find((id) => namer.rankOf(logits, id) === 0);
    expect(best(among)).toBe(best(alone));
  });

  it('takes sounds shorter than a crop, and gives unknown classes the last rank', async () => {
    const logits = await namer.logits(noise(0.2));
    expect(logits.every(Number.isFinite)).toBe(true);
    expect(namer.rankOf(logits, 'no such class')).toBe(namer.classIds.length);
  });
});
