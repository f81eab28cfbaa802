/** @file Levels that rise and fall as those of something that passes, comes or goes. */
import type { SeededRandom } from './seeded-random.js';

/** A distance over time, nearest once, as its effect on the level. */
export interface Swell {
  readonly motion: 'pass' | 'approach' | 'recede';
  /** When it is nearest. */
  readonly nearestSeconds: number;
  /** In this time it moves as far as its least distance. */
  readonly widthSeconds: number;
}

/** Below this it is not told from silence. */
export const leastLevelDb = -36;

/** Draws a motion whose nearest point lies within the clip. */
export function drawSwell(random: SeededRandom, durationSeconds: number): Swell {
  return {
    motion: random.pickWeighted(['pass', 'approach', 'recede'] as const, [2, 1, 1]),
    nearestSeconds: durationSeconds * random.uniform(0.1, 0.9),
    widthSeconds: Math.exp(random.uniform(Math.log(0.15), Math.log(2.5))),
  };
}

/** Level in dB, 0 where it is nearest: 6 dB less with each doubling of the distance. */
export function swellLevelDb(swell: Swell, timeSeconds: number): number {
  const away = (timeSeconds - swell.nearestSeconds) / swell.widthSeconds;
  const distance = {
    pass: Math.hypot(1, away),
    approach: 1 + Math.max(0, -away),
    recede: 1 + Math.max(0, away),
  }[swell.motion];
  return Math.max(leastLevelDb, -20 * Math.log10(distance));
}

/** Scales samples in place. */
export function applySwell(samples: Float32Array, swell: Swell, sampleRateHz: number): void {
  for (let index = 0; index < samples.length; index++) {
    samples[index]! *= 10 ** (swellLevelDb(swell, index / sampleRateHz) / 20);
  }
}
