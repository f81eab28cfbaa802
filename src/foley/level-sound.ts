/** @file Brings generated sound to the loudness that was asked for. */
import { measureLoudness } from '../audio/loudness.js';
import { normaliseLoudness } from '../audio/normalise-loudness.js';
import { truePeakDbtp } from '../audio/true-peak.js';
import type { Wave } from '../audio/wave.js';

export interface LevelledSound {
  readonly wave: Wave;
  readonly gainDb: number;
  /** After the gain; null for silence. */
  readonly integratedLufs: number | null;
  /** After the gain; null for silence. */
  readonly truePeakDbtp: number | null;
  readonly warnings: readonly string[];
}

/** EBU R 128. */
const ceilingDbtp = -1;
/** Nothing that needs more is sound; it is the noise floor of the vocoder. */
const largestGainDb = 40;

/** @param targetLufs null leaves the level as the model made it */
export function levelSound(wave: Wave, targetLufs: number | null): LevelledSound {
  if (targetLufs === null) {
    const peak = truePeakDbtp(wave);
    return {
      wave,
      gainDb: 0,
      integratedLufs: finite(measureLoudness(wave).integratedLufs),
      truePeakDbtp: finite(peak),
      warnings:
        peak > 0
          ? [`the sound peaks at ${peak.toFixed(1)} dBTP and is clipped in the WAV; set a loudness`]
          : [],
    };
  }
  const levelled = normaliseLoudness(wave, {
    targetLufs,
    maxTruePeakDbtp: ceilingDbtp,
    maxGainDb: largestGainDb,
  });
  const reached = levelled.integratedLufs.toFixed(1);
  const warnings = {
    target: [],
    'true-peak': [
      `the loudness is ${reached} LUFS, not ${targetLufs}: more would lift peaks above ${ceilingDbtp} dBTP`,
    ],
    'max-gain': [`the loudness is ${reached} LUFS, not ${targetLufs}: the model's sound is close to silence`],
    silence: ['the sound is silent'],
  }[levelled.limitedBy];
  return {
    wave: levelled.wave,
    gainDb: levelled.gainDb,
    integratedLufs: finite(levelled.integratedLufs),
    truePeakDbtp: finite(levelled.truePeakDbtp),
    warnings,
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
