/** @file The baseline that many would build: a recording of the label, played where it is seen, as loud as it is near. */
import { createWave, type Wave } from '../../audio/wave.js';
import { levelDbAt, type MotionPath, panAt } from '../../conditions/motion-path.js';
import type { TimeSpan } from '../../conditions/timeline.js';
import { equalPowerPan } from '../../data/acoustics.js';
import { seededRandom } from '../../data/seeded-random.js';
import { type LibrarySound, librarySampleRateHz, type SoundLibrary } from '../../data/sound-library.js';
import { fadeEnds, loopSound } from '../../data/wave-shaping.js';
import { FoleyError } from '../../errors/foley-error.js';

const fadeSeconds = 0.05;

/** One of the recordings of a class in the train split, by seed. @throws FoleyError `input-missing` without any */
export function drawRecording(library: SoundLibrary, classId: string, seed: string): LibrarySound {
  const ofClass = library.sounds.filter(
    ({ row, soundClass, events }) => row.split === 'train' && soundClass.id === classId && events.length > 0,
  );
  if (ofClass.length === 0) {
    throw new FoleyError('input-missing', `the train split has no recording of "${classId}"`);
  }
  return seededRandom(`sampler/${seed}`).pick(ofClass);
}

/**
 * The recording, repeated as often as it takes, within the spans; with a motion, by 6 dB softer with each doubling of the
 * distance, and panned. At the library's rate; mono without a motion.
 */
export function playRecording(
  recording: LibrarySound,
  spans: readonly TimeSpan[],
  motion: MotionPath | null,
  durationSeconds: number,
  seed: string,
): Wave {
  const rate = librarySampleRateHz;
  const length = Math.round(durationSeconds * rate);
  const mono = new Float32Array(length);
  const random = seededRandom(`sampler/${seed}/play`);
  for (const span of spans) {
    const start = Math.max(0, Math.round(span.startSeconds * rate));
    const end = Math.min(length, Math.round(span.endSeconds * rate));
    if (end <= start) continue;
    const part = loopSound(recording, end - start, 1, random);
    fadeEnds(part, fadeSeconds * rate, fadeSeconds * rate);
    mono.set(part, start);
  }
  if (motion === null) return createWave(rate, [mono]);
  const left = new Float32Array(length);
  const right = new Float32Array(length);
  const step = Math.round(rate / 100); // the motion is asked for each 10 ms
  for (let start = 0; start < length; start += step) {
    const seconds = start / rate;
    const level = 10 ** (levelDbAt(motion, seconds) / 20);
    const gains = equalPowerPan(panAt(motion, seconds));
    for (let index = start; index < Math.min(length, start + step); index++) {
      left[index] = mono[index]! * level * gains.left;
      right[index] = mono[index]! * level * gains.right;
    }
  }
  return createWave(rate, [left, right]);
}
