/** @file Mixes generated sound with the clip's own. */
import { resample } from '../audio/resample.js';
import { truePeakDbtp } from '../audio/true-peak.js';
import { createWave, decibelsToAmplitude, fitSamples, gain, sampleCount, type Wave } from '../audio/wave.js';

/** What every player and encoder takes; the generated sound has less, the original may have more or an odd rate. */
const mixRateHz = 48_000;
const ceilingDbtp = -1;

export interface MixedSound {
  /** 48 kHz, as many channels as the one that has more (a mono sound is in all of them), as long as the generated one. */
  readonly wave: Wave;
  readonly warnings: readonly string[];
}

/** The sum of both, turned down as a whole where its peaks would pass -1 dBTP. */
export function mixOriginal(generated: Wave, original: Wave, originalGainDb: number): MixedSound {
  const above = resample(generated, mixRateHz);
  const length = sampleCount(above);
  const below = fitSamples(resample(original, mixRateHz), length);
  const factor = decibelsToAmplitude(originalGainDb);
  const sum = createWave(
    mixRateHz,
    Array.from({ length: Math.max(below.channels.length, above.channels.length) }, (_, index) => {
      const channel = below.channels[index % below.channels.length]!;
      const over = above.channels[index % above.channels.length]!;
      return channel.map((sample, at) => factor * sample + over[at]!);
    }),
  );
  const excessDb = truePeakDbtp(sum) - ceilingDbtp;
  if (!(excessDb > 0)) return { wave: sum, warnings: [] };
  return {
    wave: gain(sum, -excessDb),
    warnings: [
      `the mix was turned down by ${excessDb.toFixed(1)} dB, so that its peaks stay below ${ceilingDbtp} dBTP`,
    ],
  };
}
