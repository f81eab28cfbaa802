import { beforeAll, describe, expect, it } from 'vitest';
import { measureScene } from '../../src/benchmark/measure-scene.js';
import type { Scene } from '../../src/data/scene.js';
import type { SceneTruth } from '../../src/data/scene-sound.js';

const rate = 16000;
const seconds = 10;
const spans = [
  { startSeconds: 1, endSeconds: 4 },
  { startSeconds: 6, endSeconds: 9 },
];
const onsetsSeconds = [1, 2, 3, 6, 7, 8];
/** Swells to the middle of the clip and away again, by 20 dB. */
const gainAt = (t: number) => 10 ** (-Math.abs(t - seconds / 2) / 5);
const truth: SceneTruth = {
  stepSeconds: 0.01,
  gain: Float32Array.from({ length: seconds * 100 }, (_, step) => gainAt(step / 100)),
  radialVelocity: new Float32Array(seconds * 100),
  pan: new Float32Array(seconds * 100),
  spans,
  onsetsSeconds,
  visibleSpans: spans,
};
const scene = { sound: { events: [{ timeSeconds: 1, take: 0, event: 0, gain: 1 }] } } as unknown as Scene;

/** Bursts that start at the onsets and last 0.6 s, with the given level over time. */
function bursts(level: (t: number) => number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: rate * seconds }, (_, n) => {
    const t = n / rate;
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    const isOn = onsetsSeconds.some((onset) => t >= onset && t < onset + 0.6);
    return isOn ? level(t) * (state / 0x40000000 - 1) * 0.3 : 0;
  });
}

describe('measureScene', () => {
  let faithful: Record<string, number | null>;
  beforeAll(() => {
    faithful = measureScene(bursts(gainAt), rate, scene, truth);
  });

  it('gives full marks to sound that does what the truth says', () => {
    expect(faithful.levelContrastDb).toBeGreaterThan(40);
    // all six are found; a swelling noise also has a few rises of its own
    expect(faithful.onsetF1).toBeGreaterThan(0.65);
    expect(faithful.activityIou).toBeGreaterThan(0.8);
  });

  it('tells a following envelope from a contrary one', () => {
    const contrary = measureScene(
      bursts((t) => 0.01 / gainAt(t)),
      rate,
      scene,
      truth,
    );
    expect(faithful.envelopeCorrelation! - contrary.envelopeCorrelation!).toBeGreaterThan(0.2);
  });

  it('gives none to sound in the wrong places', () => {
    const late = measureScene(bursts(gainAt).slice().reverse(), rate, scene, {
      ...truth,
      spans: [{ startSeconds: 4.2, endSeconds: 5.8 }],
    });
    expect(late.levelContrastDb!).toBeLessThanOrEqual(0);
    expect(late.activityIou!).toBeLessThan(0.2);
  });

  it('leaves out what a scene cannot tell', () => {
    expect(measureScene(bursts(gainAt), rate, scene, { ...truth, spans: [] })).toEqual({});
    const texture = { sound: { events: null } } as unknown as Scene;
    const still = { ...truth, gain: truth.gain.map(() => 1) };
    const values = measureScene(bursts(gainAt), rate, texture, still);
    expect(values.onsetF1).toBeNull();
    expect(values.envelopeCorrelation).toBeNull();
  });
});
