/** @file Places the sounds of one class on a clip's time: loops for textures, events at random times for the rest. */
import { FoleyError } from '../errors/foley-error.js';
import type { SeededRandom } from './seeded-random.js';
import { type LibrarySound, librarySampleRateHz as rate, readSound } from './sound-library.js';
import { fadeEnds, loopSound } from './wave-shaping.js';

/** An event: a sounding stretch of one take. */
interface Take {
  readonly sound: LibrarySound;
  readonly startSamples: number;
  readonly lengthSamples: number;
}

/**
 * A wave of `count` samples with the sound of one recording group: `takes[0]` decides the kind; further takes of the
 * same group give rhythms and repeated events their variety. Level: the recordings' active RMS is set to 1.
 * @throws FoleyError `usage` without takes
 */
export function placeSounds(
  takes: readonly LibrarySound[],
  count: number,
  random: SeededRandom,
): Float32Array {
  const main = takes[0];
  if (main === undefined) throw new FoleyError('usage', 'placeSounds needs at least one take');
  const wave = new Float32Array(count);
  const speed = 2 ** (random.uniform(-2, 2) / 12);
  if (main.kind === 'sustained') placeTexture(wave, main, speed, random);
  else if (main.kind === 'rhythmic' && soundingSeconds(main) >= 2)
    placeTexture(wave, main, speed, random, 0.75);
  else placeEvents(wave, takes, speed, random);
  return wave;
}

function soundingSeconds(sound: LibrarySound): number {
  return sound.events.reduce((sum, event) => sum + event.endSeconds - event.startSeconds, 0);
}

/** The whole clip, or one or two stretches of it with a start and an end that can be heard. */
function placeTexture(
  wave: Float32Array,
  sound: LibrarySound,
  speed: number,
  random: SeededRandom,
  partialProbability = 0.45,
): void {
  const gain = 1 / sound.activeRms;
  const play = (start: number, end: number): void => {
    const part = loopSound(sound, end - start, speed, random);
    const fades = [start, wave.length - end].map((distance) =>
      distance === 0 ? 0 : Math.round(random.uniform(0.01, 0.4) * rate),
    ) as [number, number];
    fadeEnds(part, fades[0], fades[1]);
    for (let index = 0; index < part.length; index++) wave[start + index]! += gain * part[index]!;
  };
  if (!random.chance(partialProbability)) {
    play(0, wave.length);
    return;
  }
  const at = (share: number): number => Math.round(share * wave.length);
  if (random.chance(0.3)) {
    const cuts = [random.uniform(0, 0.2), random.uniform(0.25, 0.45), random.uniform(0.55, 0.7)];
    play(at(cuts[0]!), at(cuts[1]!));
    play(at(cuts[2]!), at(random.uniform(0.8, 1)));
  } else {
    const start = random.chance(0.25) ? 0 : at(random.uniform(0.02, 0.65));
    const end = random.chance(0.3)
      ? wave.length
      : start + Math.round((wave.length - start) * random.uniform(0.25, 1));
    play(start, Math.max(end, Math.min(wave.length, start + rate / 2)));
  }
}

/** Events one after another with gaps; rhythmic classes in walks of even pace, the others with gaps of every length. */
function placeEvents(
  wave: Float32Array,
  takes: readonly LibrarySound[],
  speed: number,
  random: SeededRandom,
): void {
  const events = takes.flatMap(takesOf);
  const rhythmic = takes[0]!.kind === 'rhythmic';
  const paceSeconds = random.uniform(0.28, 0.8);
  const meanGapSeconds = random.pick([0.15, 0.6, 1.5, 3]);
  let time = random.chance(0.3)
    ? 0
    : Math.min(-Math.log(1 - random.next()) * 1.2, 0.5 * (wave.length / rate));
  let stepsLeft = random.integer(2, 14);
  let placed = 0;
  while (Math.round(time * rate) < wave.length) {
    const event = random.pick(events);
    const start = Math.round(time * rate);
    const length = Math.min(wave.length - start, Math.floor(event.lengthSamples / speed));
    addEvent(wave, event, start, length, speed, 10 ** (random.uniform(-2.5, 1) / 20));
    placed++;
    if (rhythmic) {
      stepsLeft--;
      time += paceSeconds * (1 + 0.06 * random.normal());
      if (stepsLeft <= 0) {
        time += random.uniform(0.6, 3.5);
        stepsLeft = random.integer(2, 14);
      }
    } else {
      time += length / rate + 0.04 - Math.log(1 - random.next()) * meanGapSeconds;
      if (placed >= 1 && random.chance(0.12)) break;
    }
  }
}

/** The events of a recording, each with 15 ms before it and 60 ms after it where the recording has them. */
function takesOf(sound: LibrarySound): Take[] {
  return sound.events.map((event) => {
    const start = Math.max(0, Math.round((event.startSeconds - 0.015) * rate));
    const end = Math.min(sound.samples.length, Math.round((event.endSeconds + 0.06) * rate));
    return { sound, startSamples: start, lengthSamples: Math.max(1, end - start) };
  });
}

function addEvent(
  wave: Float32Array,
  event: Take,
  start: number,
  length: number,
  speed: number,
  gain: number,
): void {
  const part = readSound(event.sound, event.startSamples, length, speed);
  const isCut = length < Math.floor(event.lengthSamples / speed);
  fadeEnds(part, 0.004 * rate, isCut ? 0 : 0.03 * rate);
  const scale = gain / event.sound.activeRms;
  for (let index = 0; index < part.length; index++) wave[start + index]! += scale * part[index]!;
}
