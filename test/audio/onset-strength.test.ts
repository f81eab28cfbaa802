import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { detectOnsets, onsetStrength, pickPeaks } from '../../src/audio/onset-strength.js';
import { golden, maxDifference, sine } from './golden.js';

const onsets = JSON.parse(await readFile('test/golden/audio/onset.json', 'utf8')) as Record<string, number[]>;

describe('onsets', () => {
  test.each([22_050, 16_000])(
    'strength at %d Hz agrees with librosa (reference/audio/onset.py)',
    async (rate) => {
      const read = await golden('onset');
      const { values } = onsetStrength((await read(`samples-${rate}`)).data, rate);
      const wanted = (await read(`strength-${rate}`)).data;
      expect(Math.max(...wanted)).toBeGreaterThan(8); // decibels: there is something to compare
      expect(maxDifference(values, wanted)).toBeLessThan(1e-4); // librosa's spectra and decibels are float32
    },
  );

  test.each(Object.entries(onsets))("detection %s finds librosa's onsets", async (key, wanted) => {
    const [rate, delta] = key.split('-').map(Number) as [number, number];
    const samples = (await (await golden('onset'))(`samples-${rate}`)).data;
    const found = detectOnsets(samples, rate, { delta }).map(({ timeSeconds }) => timeSeconds);
    expect(found.length).toBe(wanted.length);
    expect(maxDifference(found, wanted)).toBeLessThan(1e-9); // the same hops
  });

  test('silence has none, and the strongest has strength 1', async () => {
    expect(detectOnsets(new Float32Array(16_000), 16_000)).toEqual([]);
    expect(detectOnsets(new Float32Array(0), 16_000)).toEqual([]);
    const samples = new Float32Array(32_000);
    samples.set(sine(800, 16_000, 4000, 0.5), 16_000);
    const found = detectOnsets(samples, 16_000);
    expect(Math.abs(found[0]!.timeSeconds - 1)).toBeLessThan(0.1);
    expect(Math.max(...found.map(({ strength }) => strength))).toBe(1);
  });

  test('a peak waits, and must stand above its surroundings', () => {
    const picking = { peakBefore: 1, peakAfter: 1, meanBefore: 2, meanAfter: 3, delta: 0.2, wait: 2 };
    expect(pickPeaks(Float64Array.of(0, 1, 0, 0, 1, 0), picking)).toEqual([1, 4]);
    expect(pickPeaks(Float64Array.of(0, 1, 0, 1, 0, 0), picking)).toEqual([1]);
    expect(pickPeaks(Float64Array.of(0, 0.1, 0, 0, 0, 0), picking)).toEqual([]);
  });
});
