import { describe, expect, test } from 'vitest';
import { rmsEnvelope } from '../../src/audio/envelope.js';
import { sine } from './golden.js';

describe('rmsEnvelope', () => {
  test('a full-scale sine is at -3.01 dB, half of it 6.02 dB lower', () => {
    const full = rmsEnvelope(sine(1000, 16_000, 16_000), 16_000);
    expect(full.levelsDb.length).toBe(100);
    for (const level of full.levelsDb) expect(level).toBeCloseTo(-3.01, 1);
    expect(rmsEnvelope(sine(1000, 16_000, 16_000, 0.5), 16_000).levelsDb[50]).toBeCloseTo(-9.03, 1);
  });

  test('a step shows at its time, within half a window', () => {
    const samples = new Float32Array(16_000);
    samples.set(sine(1000, 16_000, 8000), 8000);
    const { levelsDb } = rmsEnvelope(samples, 16_000);
    expect(levelsDb[47]).toBe(-100);
    expect(levelsDb[50]).toBeGreaterThan(-7);
    expect(levelsDb[53]).toBeCloseTo(-3.01, 1);
  });

  test('the floor, empty signals and bad times', () => {
    expect([...rmsEnvelope(new Float32Array(320), 16_000, { floorDb: -60 }).levelsDb]).toEqual([-60, -60]);
    expect(rmsEnvelope(new Float32Array(0), 16_000).levelsDb.length).toBe(0);
    expect(() => rmsEnvelope(new Float32Array(1), 16_000, { hopSeconds: 0 })).toThrow(/positive/);
  });
});
