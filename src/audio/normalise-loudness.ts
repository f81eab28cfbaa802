/** @file Brings a wave to a loudness with one gain, without letting its true peak pass a ceiling. */
import { measureLoudness } from './loudness.js';
import { truePeakDbtp } from './true-peak.js';
import { gain, type Wave } from './wave.js';

export interface NormaliseLoudnessOptions {
  /** EBU R 128 asks for -23; streaming services play at about -14. */
  readonly targetLufs: number;
  /** EBU R 128 asks for -1. */
  readonly maxTruePeakDbtp: number;
  /** Quiet waves are raised by no more than this. Default: no limit. */
  readonly maxGainDb?: number;
}

export interface NormalisedLoudness {
  readonly wave: Wave;
  readonly gainDb: number;
  /** After the gain. */
  readonly integratedLufs: number;
  /** After the gain. */
  readonly truePeakDbtp: number;
  /** What decided the gain: the target, the ceiling, the gain limit, or that there is nothing above -70 LUFS to measure. */
  readonly limitedBy: 'target' | 'true-peak' | 'max-gain' | 'silence';
}

/** Applies one gain to the whole wave; dynamics stay as they are. Silence is returned as it is. */
export function normaliseLoudness(wave: Wave, options: NormaliseLoudnessOptions): NormalisedLoudness {
  const { integratedLufs } = measureLoudness(wave);
  const peakDbtp = truePeakDbtp(wave);
  if (integratedLufs === Number.NEGATIVE_INFINITY) {
    return { wave, gainDb: 0, integratedLufs, truePeakDbtp: peakDbtp, limitedBy: 'silence' };
  }
  const candidates = [
    { limitedBy: 'target', gainDb: options.targetLufs - integratedLufs },
    { limitedBy: 'true-peak', gainDb: options.maxTruePeakDbtp - peakDbtp },
    { limitedBy: 'max-gain', gainDb: options.maxGainDb ?? Number.POSITIVE_INFINITY },
  ] as const;
  const { limitedBy, gainDb } = candidates.reduce((least, next) =>
    next.gainDb < least.gainDb ? next : least,
  );
  return {
    wave: gain(wave, gainDb),
    gainDb,
    integratedLufs: integratedLufs + gainDb,
    truePeakDbtp: peakDbtp + gainDb,
    limitedBy,
  };
}
