/** @file Fades, and joins of windows that overlap. */
import { FoleyError } from '../errors/foley-error.js';
import { createWave, mapChannels, sampleCount, type Wave } from './wave.js';

/**
 * How two overlapping sounds change over. `equal-power` (cos and sin) keeps the level of unrelated sounds; `equal-gain`
 * (raised cosine, sums to 1) keeps that of sounds that agree, such as one signal cut twice.
 */
export type CrossfadeLaw = 'equal-power' | 'equal-gain';

/** Gain of the sound that comes in, `position` 0..1 into the overlap; the other has `crossfadeGain(law, 1 - position)`. */
export function crossfadeGain(law: CrossfadeLaw, position: number): number {
  const sine = Math.sin((Math.PI / 2) * Math.min(1, Math.max(0, position)));
  return law === 'equal-power' ? sine : sine * sine;
}

/**
 * Joins waves end to end, each overlapping the one before by `overlapSamples`; the result has
 * `sum of lengths - (n - 1) * overlapSamples` samples.
 * @throws FoleyError `input-rejected` when rates or channel counts differ, or an overlap is longer than a wave.
 */
export function joinWaves(
  waves: readonly Wave[],
  overlapSamples: number,
  law: CrossfadeLaw = 'equal-power',
): Wave {
  const first = waves[0];
  if (first === undefined) throw new FoleyError('input-rejected', 'nothing to join');
  for (const [index, wave] of waves.entries()) {
    if (wave.sampleRateHz !== first.sampleRateHz || wave.channels.length !== first.channels.length) {
      throw new FoleyError(
        'input-rejected',
        `window ${index} differs from window 0 in sample rate or channel count`,
      );
    }
    const overlaps = (index > 0 ? 1 : 0) + (index < waves.length - 1 ? 1 : 0);
    if (
      !Number.isInteger(overlapSamples) ||
      overlapSamples < 0 ||
      sampleCount(wave) < overlaps * overlapSamples
    ) {
      throw new FoleyError(
        'input-rejected',
        `window ${index} of ${sampleCount(wave)} samples cannot overlap its neighbours by ${overlapSamples}`,
      );
    }
  }
  const length =
    waves.reduce((sum, wave) => sum + sampleCount(wave), 0) - (waves.length - 1) * overlapSamples;
  const channels = first.channels.map((_, channelIndex) => {
    const joined = new Float32Array(length);
    let start = 0;
    for (const [index, wave] of waves.entries()) {
      const channel = wave.channels[channelIndex]!;
      if (index === 0) joined.set(channel);
      else {
        for (let i = 0; i < overlapSamples; i++) {
          const position = (i + 0.5) / overlapSamples;
          joined[start + i] =
            joined[start + i]! * crossfadeGain(law, 1 - position) +
            channel[i]! * crossfadeGain(law, position);
        }
        joined.set(channel.subarray(overlapSamples), start + overlapSamples);
      }
      start += channel.length - overlapSamples;
    }
    return joined;
  });
  return createWave(first.sampleRateHz, channels);
}

/** Raises the first `seconds` from silence along a raised cosine; a fade longer than the wave covers all of it. */
export function fadeIn(wave: Wave, seconds: number): Wave {
  const samples = fadeSamples(wave, seconds);
  return mapChannels(wave, (channel) => {
    const faded = channel.slice();
    for (let i = 0; i < samples; i++) faded[i]! *= crossfadeGain('equal-gain', (i + 0.5) / samples);
    return faded;
  });
}

/** Lowers the last `seconds` to silence along a raised cosine; a fade longer than the wave covers all of it. */
export function fadeOut(wave: Wave, seconds: number): Wave {
  const samples = fadeSamples(wave, seconds);
  return mapChannels(wave, (channel) => {
    const faded = channel.slice();
    for (let i = 0; i < samples; i++) {
      faded[faded.length - 1 - i]! *= crossfadeGain('equal-gain', (i + 0.5) / samples);
    }
    return faded;
  });
}

function fadeSamples(wave: Wave, seconds: number): number {
  if (!(seconds >= 0)) throw new FoleyError('input-rejected', `a fade must last 0 s or more, got ${seconds}`);
  return Math.min(sampleCount(wave), Math.round(seconds * wave.sampleRateHz));
}
