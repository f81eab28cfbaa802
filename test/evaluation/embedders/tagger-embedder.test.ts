import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOrtEngine } from '../../../src/engine/ort-engine.node.js';
import {
  type AudioEmbedder,
  embedSamples,
  joinEmbeddings,
  meanVector,
} from '../../../src/evaluation/embedders/audio-embedder.js';
import { openEmbedder } from '../../../src/evaluation/embedders/open-embedder.node.js';

const weights = fileURLToPath(new URL('../../../models/tagger/tagger.safetensors', import.meta.url));
const engine = createOrtEngine({ threads: 1 });
let embedder: AudioEmbedder;
beforeAll(async () => {
  embedder = await openEmbedder('tagger', weights, engine);
});
afterAll(() => engine.close());

function tone(seconds: number, sampleRateHz: number): Float32Array {
  return Float32Array.from(
    { length: Math.round(seconds * sampleRateHz) },
    (_, n) => 0.3 * Math.sin((2 * Math.PI * 440 * n) / sampleRateHz),
  );
}

describe('the tagger as an embedder', () => {
  it('gives a vector for each crop and logits for the whole', async () => {
    const { data, width, classLogits } = await embedder.embed(tone(6.1, 16_000));
    expect(width).toBe(embedder.width);
    expect(data.length).toBe(2 * width); // 6.1 s are two crops of 3.04 s
    expect(classLogits!.length).toBe(embedder.classes);
  });

  it('hears the same tone at another rate', async () => {
    const direct = meanVector(await embedder.embed(tone(3.2, 16_000)));
    const resampled = meanVector(await embedSamples(embedder, tone(3.2, 22_050), 22_050));
    const distance = Math.hypot(...direct.map((value, at) => value - resampled[at]!));
    // the onset and the end of the tone are ringing in the one and not in the other
    expect(distance).toBeLessThan(0.1 * Math.hypot(...direct));
  });

  it('leaves out crops that are all but silent', async () => {
    const sound = new Float32Array(16_000 * 9);
    sound.set(tone(3, 16_000));
    expect((await embedder.embed(sound)).data.length).toBe(embedder.width);
  });

  it('hears them as well where all of a sound is to be heard', async () => {
    const whole = await openEmbedder('tagger-whole', weights, engine);
    const sound = new Float32Array(16_000 * 9);
    sound.set(tone(2.9, 16_000));
    const { data, classLogits } = await whole.embed(sound);
    expect(data.length).toBe(3 * whole.width);
    expect(data.subarray(0, whole.width)).toEqual((await embedder.embed(sound)).data);
    expect(data.subarray(whole.width, 2 * whole.width)).toEqual(data.subarray(2 * whole.width)); // silence is silence
    expect(classLogits).toBeNull();
    expect([whole.classes, whole.id]).toEqual([0, 'tagger-whole/tagger.safetensors']);
  });
});

describe('vectors of several sounds', () => {
  it('are joined row by row and averaged column by column', () => {
    const one = { width: 2, data: Float32Array.of(1, 2, 3, 6) };
    const other = { width: 2, data: Float32Array.of(5, 1) };
    expect([...joinEmbeddings([one, other], 2).data]).toEqual([1, 2, 3, 6, 5, 1]);
    expect([...meanVector(one)]).toEqual([2, 4]);
  });
});
