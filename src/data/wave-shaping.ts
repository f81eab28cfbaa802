/** @file Small shapings of a wave for variety: fades, spectral tilt, a short room, and a cross-faded loop. */

import type { SeededRandom } from './seeded-random.js';
import { type LibrarySound, librarySampleRateHz, readSound } from './sound-library.js';

/** Fades the two ends in place with raised cosines. */
export function fadeEnds(wave: Float32Array, fadeInSamples: number, fadeOutSamples: number): void {
  const ramp = (index: number, length: number): number =>
    0.5 - 0.5 * Math.cos((Math.PI * (index + 0.5)) / length);
  const fadeIn = Math.min(fadeInSamples, wave.length);
  for (let index = 0; index < fadeIn; index++) wave[index]! *= ramp(index, fadeIn);
  const fadeOut = Math.min(fadeOutSamples, wave.length);
  for (let index = 0; index < fadeOut; index++) wave[wave.length - 1 - index]! *= ramp(index, fadeOut);
}

/** Tilts the spectrum in place around 1 kHz: highs by +tiltDb, lows by -tiltDb (one-pole split). */
export function tiltSpectrum(wave: Float32Array, tiltDb: number): void {
  const pole = Math.exp((-2 * Math.PI * 1000) / librarySampleRateHz);
  const high = 10 ** (tiltDb / 20);
  const low = 1 / high;
  let state = 0;
  for (let index = 0; index < wave.length; index++) {
    const value = wave[index]!;
    state = value + pole * (state - value);
    wave[index] = high * (value - state) + low * state;
  }
}

/**
 * Adds a short synthetic room in place: four feedback combs and two all-passes (Schroeder, 1962), mixed under the dry
 * wave. Silence of at least `reverberationSeconds` after an event stays near silence.
 */
export function addRoom(wave: Float32Array, random: SeededRandom): void {
  const reverberationSeconds = random.uniform(0.12, 0.45);
  const wet = random.uniform(0.08, 0.3);
  const room = new Float32Array(wave.length);
  for (const base of [0.0297, 0.0371, 0.0411, 0.0437]) {
    const delay = Math.round(base * random.uniform(0.45, 1) * librarySampleRateHz);
    const feedback = 10 ** ((-3 * delay) / (librarySampleRateHz * reverberationSeconds));
    const line = new Float32Array(delay);
    for (let index = 0, at = 0; index < wave.length; index++, at = at + 1 === delay ? 0 : at + 1) {
      const echo = line[at]!;
      line[at] = wave[index]! + feedback * echo;
      room[index]! += 0.25 * echo;
    }
  }
  for (const delay of [80, 27]) {
    const line = new Float32Array(delay);
    for (let index = 0, at = 0; index < room.length; index++, at = at + 1 === delay ? 0 : at + 1) {
      const delayed = line[at]!;
      const value = room[index]! + 0.7 * delayed;
      line[at] = value;
      room[index] = delayed - 0.7 * value;
    }
  }
  for (let index = 0; index < wave.length; index++) wave[index]! += wet * room[index]!;
}

/**
 * `count` samples of a sustained recording from a random place: straight where it is long enough, else looped with
 * equal-power cross-fades.
 */
export function loopSound(
  sound: LibrarySound,
  count: number,
  speed: number,
  random: SeededRandom,
): Float32Array {
  const first = sound.events[0]!.startSeconds * librarySampleRateHz;
  const end = Math.min(sound.samples.length, sound.events.at(-1)!.endSeconds * librarySampleRateHz);
  const available = Math.floor((end - first) / speed) - 4; // in samples of the output
  if (available >= count) {
    return readSound(sound, first + random.uniform(0, available - count) * speed, count, speed);
  }
  const overlap = Math.max(1, Math.min(Math.round(0.3 * librarySampleRateHz), Math.floor(available / 4)));
  const period = Math.max(1, available - overlap);
  const once = readSound(sound, first, period + overlap, speed);
  const loop = once.slice(0, period);
  for (let index = 0; index < overlap; index++) {
    const angle = (0.5 * Math.PI * (index + 0.5)) / overlap;
    loop[index] = once[index]! * Math.sin(angle) + once[period + index]! * Math.cos(angle);
  }
  const phase = random.integer(0, period - 1);
  return Float32Array.from({ length: count }, (_, index) => loop[(index + phase) % period]!);
}
