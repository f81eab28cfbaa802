import { describe, expect, it } from 'vitest';
import { createWave } from '../../../src/audio/wave.js';
import { measureSound } from '../../../src/benchmark/report/measure-sound.js';
import { equalPowerPan } from '../../../src/data/acoustics.js';
import type { Scene } from '../../../src/data/scene.js';
import type { SceneTruth } from '../../../src/data/scene-sound.js';
import { seededRandom } from '../../../src/data/seeded-random.js';

const rate = 16_000;
const seconds = 8;
const spans = [{ startSeconds: 2, endSeconds: 6 }];
const steps = seconds * 100;
const overTime = (value: (time: number) => number) =>
  Float32Array.from({ length: steps }, (_, step) => value(step / 100));
/** Swells by 12 dB to the middle, and comes and goes at 30 m/s, from left to right. */
const gainAt = (time: number) => 10 ** ((-12 * Math.abs(time - 4)) / 2 / 20);
const speedAt = (time: number) => (time < 4 ? -30 : 30);
const panAt = (time: number) => Math.max(-1, Math.min(1, (time - 4) / 2));
const truth: SceneTruth = {
  stepSeconds: 0.01,
  gain: overTime(gainAt),
  radialVelocity: overTime(speedAt),
  pan: overTime(panAt),
  spans,
  onsetsSeconds: [2],
  visibleSpans: spans,
};
const texture = { sound: { events: null, objectIndex: 0 } } as unknown as Scene;
const pass = { kind: 'fast pass' };

/** A buzz of many harmonics, whose pitch is shifted as that of a moving thing. */
function buzz(ratioAt: (time: number) => number, level = gainAt, pan: typeof panAt | null = panAt) {
  let phase = 0;
  const mono = Float32Array.from({ length: rate * seconds }, (_, n) => {
    const time = n / rate;
    phase += (2 * Math.PI * 210 * ratioAt(time)) / rate;
    if (time < 2 || time >= 6) return 0;
    let sum = 0;
    for (let harmonic = 1; harmonic <= 14; harmonic++) sum += Math.sin(harmonic * phase) / harmonic;
    return 0.1 * level(time) * sum;
  });
  if (pan === null) return createWave(rate, [mono]);
  const side = (name: 'left' | 'right') => mono.map((value, n) => value * equalPowerPan(pan(n / rate))[name]);
  return createWave(rate, [side('left'), side('right')]);
}
const heardRatio = (time: number) => 343 / (343 + speedAt(time));

describe('measureSound', () => {
  it('gives full marks to what is physically true', () => {
    const values = measureSound(buzz(heardRatio), pass, texture, truth);
    expect(values.activityIou).toBeGreaterThan(0.98);
    expect(values.visibleIou).toBeGreaterThan(0.98);
    expect(values.levelContrastDb).toBeGreaterThan(40);
    expect(values.passCorrelation).toBeGreaterThan(0.98);
    expect(values.dopplerSign).toBe(1);
    expect(values.dopplerError).toBeLessThan(0.3); // of 3 semitones
    expect(values.panError).toBeLessThan(0.05);
  });

  it('tells pitch that rises from pitch that falls, and mono from panned', () => {
    const values = measureSound(
      buzz((time) => 1 / heardRatio(time), gainAt, null),
      pass,
      texture,
      truth,
    );
    expect(values.dopplerSign).toBe(0);
    expect(values.panError).toBeCloseTo(0.5, 1); // the mean of |pan| within the spans
  });

  it('hears a level that goes against the distance', () => {
    const values = measureSound(
      buzz(heardRatio, (time) => 0.1 / gainAt(time)),
      pass,
      texture,
      truth,
    );
    expect(values.passCorrelation).toBeLessThan(-0.9);
    expect(values.seenPassCorrelation).toBeLessThan(-0.9);
  });

  it('tells the course while the thing is in view from that beyond it', () => {
    // out of view, in the second half, the level goes the wrong way
    const wrongLater = buzz(heardRatio, (time) => (time < 4 ? gainAt(time) : 1 / gainAt(time)));
    const seenFirst = { ...truth, visibleSpans: [{ startSeconds: 1, endSeconds: 3.7 }] };
    const values = measureSound(wrongLater, pass, texture, seenFirst);
    expect(values.seenPassCorrelation).toBeGreaterThan(0.95);
    expect(values.passCorrelation).toBeLessThan(0.5);
  });

  it('leaves out what a scene cannot tell', () => {
    const silent = measureSound(buzz(heardRatio), pass, texture, { ...truth, spans: [] });
    expect(silent).toEqual({});
    const still = measureSound(buzz(heardRatio), { kind: 'enter' }, texture, {
      ...truth,
      gain: overTime(() => 1),
      pan: overTime(() => 0),
    });
    for (const key of ['envelopeCorrelation', 'passCorrelation', 'dopplerSign', 'panError', 'onsetF1'])
      expect(still[key]).toBeNull();
  });

  it('scores the onsets of single events in every published way', () => {
    const random = seededRandom('bursts');
    const onsetsSeconds = [1, 2, 3, 4.5, 6];
    const burst = Float32Array.from({ length: rate * seconds }, (_, n) => {
      const since = Math.min(...onsetsSeconds.map((onset) => n / rate - onset).filter((t) => t >= 0), 9);
      return since < 0.4 ? 0.4 * Math.exp(-since / 0.04) * random.normal() : 0;
    });
    const scene = { sound: { events: [], objectIndex: 0 } } as unknown as Scene;
    const spansOf = onsetsSeconds.map((onset) => ({ startSeconds: onset, endSeconds: onset + 0.2 }));
    const events = { ...truth, onsetsSeconds, spans: spansOf };
    const values = measureSound(createWave(rate, [burst]), { kind: 'rhythm' }, scene, {
      ...events,
      gain: overTime(() => 1),
    });
    // all five are found, and perhaps one more in a decay of noise
    expect(values.clearRhythmOnsetF1).toBeGreaterThan(0.9);
    expect(values.clearOnsetF1).toBe(values.clearRhythmOnsetF1);
    expect(values).toMatchObject({ onsetAccuracy: 1, onsetAccuracy300: 1 });
    expect(values.onsetAp).toBeGreaterThan(0.9);
    expect(values.envelopeCorrelation).toBeNull();
    // pauses of less than half a second are bridged on both sides
    expect(values.activityIou).toBeGreaterThan(0.7);
    const late = measureSound(createWave(rate, [burst]), { kind: 'rhythm' }, scene, {
      ...events,
      onsetsSeconds: onsetsSeconds.map((onset) => onset + 0.45),
    });
    expect(late.clearRhythmOnsetF1).toBe(0);
    expect(late.onsetAccuracy).toBe(0);
  });
});
