/** @file What a person writes who names only the kind of thing: the words that say less than the picture does. */
import { FoleyError } from '../errors/foley-error.js';

/** Every sound class under the words for its kind. */
export const vagueLabels: Readonly<Record<string, readonly string[]>> = {
  animal: [
    ...[
      'dog-bark',
      'cat-meow',
      'rooster',
      'chicken',
      'duck-or-goose',
      'birds-chirping',
      'crow-or-gull',
      'owl',
    ],
    ...['cow', 'sheep-or-goat', 'pig', 'horse-neigh', 'horse-gallop', 'big-cat', 'elephant', 'wild-animal'],
    ...['wolf-howl', 'frog', 'insects', 'sea-animal'],
  ],
  person: ['baby-cry', 'sneeze-or-cough', 'laugh', 'footsteps', 'crowd', 'applause'],
  vehicle: ['car', 'truck-or-traffic', 'train', 'boat', 'siren', 'horn', 'skid-or-crash'],
  aircraft: ['helicopter', 'jet-airplane', 'propeller-airplane', 'rocket'],
  nature: ['rain', 'wind', 'thunder', 'sea-waves', 'river', 'waterfall', 'drips', 'splash', 'fire'],
  tool: ['hammering', 'sawing-or-chopping', 'chainsaw', 'machine', 'steam-or-sparks', 'small-mechanical'],
  weapon: ['sword', 'arrow', 'gunshot', 'cannon', 'explosion'],
  object: ['bell', 'clock', 'door', 'knock', 'glass-breaking', 'ball-bounce'],
};

/** The words for the kind of a sound class. @throws FoleyError `usage` for a class without one */
export function vagueLabelOf(classId: string): string {
  const found = Object.entries(vagueLabels).find(([, classIds]) => classIds.includes(classId));
  if (found === undefined) {
    throw new FoleyError('usage', `sound class "${classId}" has no vague label`, {
      hint: 'Add it to src/data/vague-labels.ts.',
    });
  }
  return found[0];
}

/** Words that may stand around a vague label. */
const beside = { before: /^(?:an?|the|some|any)\s+/, after: /\s+(?:sounds?|noises?)$/ } as const;

/** The vague label that a text is, and nothing else: the word itself, in the plural, with an article, or as a "noise"; or null. */
export function vagueLabelNamed(text: string): string | null {
  const words = text.trim().toLowerCase().replace(beside.before, '').replace(beside.after, '');
  return Object.keys(vagueLabels).find((label) => words === label || words === `${label}s`) ?? null;
}
