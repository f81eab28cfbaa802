/** @file Moves a sound between left and right over time. */
import { FoleyError } from '../errors/foley-error.js';
import { equalPowerPan } from './mix.js';
import { createWave, type Wave } from './wave.js';

/**
 * Stereo of a mono sound whose direction changes: the squares of both gains sum to 1 at every sample.
 * @param panAt -1 left, 0 middle, 1 right, at a time in seconds of the sound; read each millisecond, and angles between are
 * interpolated
 * @throws FoleyError `usage` for a sound that is not mono
 */
export function panOverTime(wave: Wave, panAt: (timeSeconds: number) => number): Wave {
  const [mono, second] = wave.channels;
  if (mono === undefined || second !== undefined)
    throw new FoleyError(
      'usage',
      `only a mono sound can be moved, this one has ${wave.channels.length} channels`,
    );
  const block = Math.max(1, Math.round(wave.sampleRateHz / 1000));
  const points = Math.ceil(mono.length / block) + 1;
  const angles = Float64Array.from({ length: points }, (_, point) => {
    const [left, right] = equalPowerPan(panAt((point * block) / wave.sampleRateHz));
    return Math.atan2(right, left);
  });
  const left = new Float32Array(mono.length);
  const right = new Float32Array(mono.length);
  mono.forEach((sample, index) => {
    const point = Math.floor(index / block);
    const low = angles[point]!;
    const angle = low + (index / block - point) * (angles[point + 1]! - low);
    left[index] = sample * Math.cos(angle);
    right[index] = sample * Math.sin(angle);
  });
  return createWave(wave.sampleRateHz, [left, right]);
}
