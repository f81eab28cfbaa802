/** @file Words for a clip: one phrase per sound, and templates that join the phrases of several. */

import type { ManifestRow } from './manifest.js';
import type { SeededRandom } from './seeded-random.js';
import type { SoundClass } from './sound-class.js';
import { phrasesOfRow } from './sound-classes.js';

/** A phrase for one recording: its finer label's where it has one (2 of 3), else the class label (1 of 3) or a synonym. */
export function phraseOf(
  row: Pick<ManifestRow, 'label' | 'fineLabel' | 'file'>,
  random: SeededRandom,
): string {
  const { specific, general } = phrasesOfRow(row);
  if (specific.length > 0 && random.chance(2 / 3)) return random.pick(specific);
  return random.chance(1 / 3) ? general[0]! : random.pick(general);
}

const joinsOfTwo = ['{0} and {1}', '{0} with {1}', '{0}, {1}', '{0} while {1}'];
const joinsOfThree = ['{0}, {1} and {2}', '{0}, {1}, {2}', '{0} and {1} with {2}'];

/** The caption of a clip with one, two or three sounds. */
export function joinPhrases(phrases: readonly string[], random: SeededRandom): string {
  const templates = phrases.length === 2 ? joinsOfTwo : phrases.length === 3 ? joinsOfThree : null;
  if (templates === null) return phrases.join(', ');
  return random.pick(templates).replaceAll(/\{(\d)\}/g, (_, index: string) => phrases[Number(index)]!);
}

/** The label shown to people, e.g. "dog barking". */
export function labelOf(soundClass: SoundClass): string {
  return soundClass.phrases[0]!;
}
