/** @file What people might write in place of a scene's label: other words, slips of the finger, filler, or something else. */
import { labelOf } from '../data/captions.js';
import { BACKGROUNDS } from '../data/picture-packages.js';
import type { Scene } from '../data/scene.js';
import { SCENE_SUBJECTS } from '../data/scene-subjects.js';
import { type SeededRandom, seededRandom } from '../data/seeded-random.js';
import { soundClass } from '../data/sound-classes.js';
import { vagueLabelOf } from '../data/vague-labels.js';

/** In the order of the table; all others are compared with the first. */
export const labelVariantNames = [
  'as it should be',
  'another phrase',
  'the bare name',
  'the kind of thing',
  'one typo',
  'typos throughout',
  'filler words',
  'wrong',
  'another thing in the picture',
  'missing',
] as const;
export type LabelVariantName = (typeof labelVariantNames)[number];

export interface LabelVariant {
  readonly name: LabelVariantName;
  /** Null where the picture has to choose one. */
  readonly label: string | null;
  /** The class that the label asks for; the scene's own where there is no label. */
  readonly classId: string;
  /** The object that the label names, among the scene's; null where it names none of them. */
  readonly objectIndex: number | null;
}

/** Every variant that the scene allows. The same scene and seed give the same ones. */
export function labelVariants(scene: Scene, seed: number): LabelVariant[] {
  const { classId, label, objectIndex } = scene.sound;
  const random = seededRandom(`label-variants/${seed}/${scene.id}`);
  const own = (name: LabelVariantName, text: string | null): LabelVariant => ({
    name,
    label: text,
    classId,
    objectIndex,
  });
  const variants = [own('as it should be', label)];
  const synonyms = soundClass(classId).phrases.filter((phrase) => phrase !== label);
  if (synonyms.length > 0) variants.push(own('another phrase', random.pick(synonyms)));
  const subject = objectIndex === null ? undefined : scene.objects[objectIndex]?.subject;
  if (subject !== undefined) variants.push(own('the bare name', nameOfSubject(subject)));
  variants.push(own('the kind of thing', vagueLabelOf(classId)));
  variants.push(own('one typo', withTypos(label, 'longest', random.fork('typo'))));
  variants.push(own('typos throughout', withTypos(label, 'all', random.fork('typos'))));
  variants.push(own('filler words', random.pick(fillers).replace('{}', label)));
  const wrong = absentClass(scene, random.fork('wrong'));
  variants.push({ name: 'wrong', label: labelOf(soundClass(wrong)), classId: wrong, objectIndex: null });
  const bystander = bystanderOf(scene);
  if (bystander !== null) variants.push({ name: 'another thing in the picture', ...bystander });
  variants.push(own('missing', null));
  return variants;
}

/** Something else that is seen and could sound; null where there is nothing. */
export function bystanderOf(scene: Scene): Omit<LabelVariant, 'name'> | null {
  for (const [objectIndex, object] of scene.objects.entries()) {
    if (objectIndex === scene.sound.objectIndex) continue;
    const subject = SCENE_SUBJECTS.find(({ id }) => id === object.subject);
    const classId = subject?.soundClassIds.find((id) => id !== scene.sound.classId);
    if (classId !== undefined) return { label: labelOf(soundClass(classId)), classId, objectIndex };
  }
  return null;
}

/** Every class that the thing that sounds could be heard as; a picture cannot tell a car's engine from its horn. */
export function classesOfThing(scene: Scene): string[] {
  const { objectIndex, classId } = scene.sound;
  const subjects = SCENE_SUBJECTS.filter(({ id, train, val }) =>
    objectIndex === null
      ? [...train, ...val].includes(scene.background.picture)
      : id === scene.objects[objectIndex]!.subject,
  );
  return [...new Set([classId, ...subjects.flatMap(({ soundClassIds }) => soundClassIds)])];
}

/** A class whose thing can be seen elsewhere, but neither seen nor heard here. */
export function absentClass(scene: Scene, random: SeededRandom): string {
  const shown = new Set(scene.objects.map(({ subject }) => subject));
  const place = BACKGROUNDS.find(({ id }) => id === scene.background.picture);
  const present = new Set([
    scene.sound.classId,
    ...(place?.soundClassIds ?? []),
    ...SCENE_SUBJECTS.filter(({ id, train, val }) => {
      // the photograph itself may be the background
      return shown.has(id) || [...train, ...val].includes(scene.background.picture);
    }).flatMap(({ soundClassIds }) => soundClassIds),
  ]);
  const absent = new Set(SCENE_SUBJECTS.flatMap(({ soundClassIds }) => soundClassIds));
  for (const id of present) absent.delete(id);
  return random.pick([...absent]);
}

/** What a person calls the thing itself, e.g. "big cat". */
function nameOfSubject(subject: string): string {
  return subject.replaceAll('-', ' ');
}

const fillers = [
  'um, so like, {} or something',
  'please can you add the sound of {} here, thanks a lot',
  'i think it is basically just {} you know',
  'a video, hmm, well, with {} in it, more or less',
];

/** Shorter words are seldom mistyped, and would often become other words. */
const leastTypoLetters = 4;

/** Slips in the longest word, or in every word of four letters or more. */
export function withTypos(text: string, where: 'longest' | 'all', random: SeededRandom): string {
  const words = text.split(' ');
  const longest = words.reduce((best, word, index) => (word.length > words[best]!.length ? index : best), 0);
  return words
    .map((word, index) => {
      const isMeant = where === 'all' || index === longest;
      return isMeant && word.length >= leastTypoLetters ? mistyped(word, random) : word;
    })
    .join(' ');
}

/** A letter left out, doubled, or changed with its neighbour; never the first. */
function mistyped(word: string, random: SeededRandom): string {
  const at = random.integer(1, word.length - 2);
  const [before, here, next, after] = [word.slice(0, at), word[at]!, word[at + 1]!, word.slice(at + 2)];
  // two equal letters look the same when they have changed places
  const kind = random.pick(here === next ? ['omit', 'double'] : ['omit', 'double', 'swap']);
  if (kind === 'omit') return before + next + after;
  if (kind === 'double') return before + here + here + next + after;
  return before + next + here + after;
}
