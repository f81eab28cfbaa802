/** @file Plays a sound at a speed that varies, as the travel time of a moving source makes it. */
import { FoleyError } from '../errors/foley-error.js';
import { mapChannels, sampleCount, type Wave } from './wave.js';
import { kaiser, sinc } from './windowed-sinc.js';

/** Half length of the filter in samples, at a speed of 1 or less. */
const halfWidthSamples = 32;
/** Kaiser's formula for 96 dB: 0.1102 (96 - 8.7). */
const kaiserBeta = 9.6;
/** Between the values of the filter's table lines are drawn; at 512 a sample they are off by less than -100 dB. */
const stepsPerSample = 512;
/** Faster than this a source is no source in air. */
const fastestSpeed = 4;

/**
 * The sound that has, at each sample, the value of the original at another place: windowed-sinc interpolation, with the
 * cut-off lowered where the sound is played faster, so that nothing folds back. Places that are whole numbers at a speed
 * of 1 give the original bit for bit.
 * @param placeOf where in the original, in samples, the sample `index` is read; must ascend. Before its beginning and after
 * its end the original goes on as its mirror image: a texture goes on, and silence stays silent.
 * @throws FoleyError `usage` where the places do not ascend, or by more than `fastestSpeed` a sample
 */
export function readAt(wave: Wave, placeOf: (index: number) => number): Wave {
  const length = sampleCount(wave);
  if (length === 0) return wave;
  const table = filterTable();
  const places = Float64Array.from({ length }, (_, index) => placeOf(index));
  return mapChannels(wave, (channel) => {
    const out = new Float32Array(length);
    for (let index = 0; index < length; index++) {
      const speed = length === 1 ? 1 : speedAt(places, index);
      if (!(speed > 0 && speed <= fastestSpeed)) {
        throw new FoleyError('usage', `a sound cannot be played at a speed of ${speed}`);
      }
      out[index] = valueAt(channel, places[index]!, Math.max(1, speed), table);
    }
    return out;
  });
}

/** Distance to the next place; of the last one, from the one before. */
function speedAt(places: Float64Array, index: number): number {
  const left = Math.min(index, places.length - 2);
  return places[left + 1]! - places[left]!;
}

/** @param stretch how much longer and lower the filter is */
function valueAt(samples: Float32Array, place: number, stretch: number, table: Float64Array): number {
  const reach = halfWidthSamples * stretch;
  const first = Math.ceil(place - reach);
  const last = Math.floor(place + reach);
  let sum = 0;
  let total = 0;
  for (let at = first; at <= last; at++) {
    const position = (Math.abs(at - place) / stretch) * stepsPerSample;
    const step = Math.floor(position);
    const low = table[step]!;
    const weight = low + (position - step) * (table[step + 1]! - low);
    sum += weight * samples[mirrored(at, samples.length)]!;
    total += weight;
  }
  return sum / total; // a constant passes unchanged
}

/** The index inside that a walk to and fro between the ends is at. */
function mirrored(index: number, length: number): number {
  if (index >= 0 && index < length) return index;
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const inside = ((index % period) + period) % period;
  return inside < length ? inside : period - inside;
}

/** Right half of the filter, and one value beyond; exactly 1 at 0 and 0 at every other whole sample. */
function filterTable(): Float64Array {
  return Float64Array.from({ length: halfWidthSamples * stepsPerSample + 2 }, (_, step) => {
    const time = step / stepsPerSample;
    if (Number.isInteger(time)) return time === 0 ? 1 : 0;
    return sinc(time) * kaiser(time / halfWidthSamples, kaiserBeta);
  });
}
