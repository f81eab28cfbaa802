/** @file Levels that rise and fall: nearest is loudest, twice as far is 6 dB less, and mixtures use them as told. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMixtureSampler } from '../../src/data/mixtures.js';
import { seededRandom } from '../../src/data/seeded-random.js';
import { applySwell, drawSwell, leastLevelDb, type Swell, swellLevelDb } from '../../src/data/swell.js';
import { fakeLibrary } from './fake-library.js';

const pass: Swell = { motion: 'pass', nearestSeconds: 4, widthSeconds: 1 };

describe('a swell', () => {
  test('loses 6 dB where a pass has doubled its distance, on both sides', () => {
    const away = Math.sqrt(3); // hypot(1, sqrt 3) = 2
    expect(swellLevelDb(pass, 4)).toBeCloseTo(0, 10);
    expect(swellLevelDb(pass, 4 + away)).toBeCloseTo(-6.0206, 3);
    expect(swellLevelDb(pass, 4 - away)).toBeCloseTo(-6.0206, 3);
  });

  test('stays near after an approach, begins near when it recedes', () => {
    const approach = { ...pass, motion: 'approach' } as const;
    expect(swellLevelDb(approach, 9)).toBeCloseTo(0, 10);
    expect(swellLevelDb(approach, 3)).toBeCloseTo(-6.0206, 3);
    const recede = { ...pass, motion: 'recede' } as const;
    expect(swellLevelDb(recede, 0)).toBeCloseTo(0, 10);
    expect(swellLevelDb(recede, 5)).toBeCloseTo(-6.0206, 3);
  });

  test('is loudest where it is nearest and never below the least level', () => {
    fc.assert(
      fc.property(fc.string(), fc.double({ min: 0, max: 20, noNaN: true }), (seed, time) => {
        const swell = drawSwell(seededRandom(seed), 10);
        const level = swellLevelDb(swell, time);
        expect(level).toBeLessThanOrEqual(1e-9);
        expect(level).toBeGreaterThanOrEqual(leastLevelDb);
        expect(swellLevelDb(swell, swell.nearestSeconds)).toBeCloseTo(0, 10);
      }),
    );
  });

  test('scales samples at their own times', () => {
    const samples = new Float32Array(8000).fill(1);
    applySwell(samples, pass, 1000);
    expect(samples[4000]).toBeCloseTo(1, 6);
    expect(20 * Math.log10(samples[5732]!)).toBeCloseTo(-6.02, 1);
  });
});

test('mixtures swell when told to, and say how', () => {
  const always = createMixtureSampler(fakeLibrary(), { swellProbability: 1, soundCountWeights: [1, 0, 0] });
  const never = createMixtureSampler(fakeLibrary(), { soundCountWeights: [1, 0, 0] });
  const swells = [1, 2, 3, 4].map((seed) => always.draw(seed).tracks[0]!.swell);
  expect(swells.every((swell) => swell !== null)).toBe(true);
  expect(new Set(swells.map((swell) => swell!.nearestSeconds)).size).toBe(4);
  expect(never.draw(1).tracks[0]!.swell).toBeNull();
});
