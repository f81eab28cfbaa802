/**
 * @file The words of a label as the image encoder knows them: fillers and slips are drawn to what they were about, and of a
 * kind of thing the picture says which.
 */
import type { FrameEmbeddings, ImageTextEncoder, PlaceEmbeddings } from '../conditions/frame-embeddings.js';
import { placeScore } from '../conditions/label-score.js';
import { SCENE_SUBJECTS } from '../data/scene-subjects.js';
import { SOUND_CLASSES, soundClass } from '../data/sound-classes.js';
import { vagueLabels } from '../data/vague-labels.js';
import { FoleyError } from '../errors/foley-error.js';
import { nearestText } from './nearest-text.js';

/** Of each class; more would take longer to read, and tell hardly more. */
export const phraseCount = 2;

/**
 * What places were taught, and the bare names of things: their vectors can be trusted. A label as near as `surely` is taken
 * for the one it is nearest to, a label further than `hardly` for itself, and between the vectors are mixed.
 */
const likeness = { hardly: 0.4, surely: 0.7 } as const;

/** Something that a label may name. */
interface KnownText {
  readonly text: string;
  /** What it looks like: itself, or of a kind each class. */
  readonly looks: readonly string[];
}

/**
 * The label in the space of the places. On 47 scenes, the mean IoU of what is seen with visibility grew from 0.60 to 0.84
 * with filler words, from 0.76 to 0.81 with a slip, from 0.67 to 0.68 with slips throughout; other phrases 0.73 and 0.72.
 *
 * Places were taught classes, not kinds: a label that names a kind ("animal") becomes the class of it that the clip shows
 * most. On 120 scenes of moving things that were told by kind alone, the mean IoU grew from 0.68 to 0.80, as much as
 * their classes reach (0.81); any class of the kind that is seen at a place, or the likeliest two: 0.73, 0.78.
 * @returns [placeWidth + 1]
 * @param frames of the whole clip
 * @throws usage when the encoder tells no places
 */
export async function knownLabel(
  label: string,
  { places }: Pick<FrameEmbeddings, 'places'>,
  encoder: Pick<ImageTextEncoder, 'embedTexts' | 'embedPlaceLabels'>,
): Promise<Float32Array> {
  if (encoder.embedPlaceLabels === undefined || places === undefined) {
    throw new FoleyError(
      'usage',
      "the similarity strategy 'places' needs an encoder that tells places apart",
      { hint: 'This model has none: choose another --strategy.' },
    );
  }
  const { candidate, cosine } = await nearestText(label, knownTexts(), encoder);
  const [own, ...known] = await encoder.embedPlaceLabels([label, ...candidate.looks]);
  const share = (cosine - likeness.hardly) / (likeness.surely - likeness.hardly);
  const weight = Math.max(0, Math.min(1, share));
  const drawn = known.map((look) => own!.map((value, index) => value + weight * (look[index]! - value)));
  return clearestOf(drawn, places);
}

function clearestOf(labels: readonly Float32Array[], places: PlaceEmbeddings): Float32Array {
  if (labels.length === 1) return labels[0]!;
  const scores = labels.map((label) => placeScore(places, label));
  return labels[scores.indexOf(Math.max(...scores))]!;
}

function knownTexts(): readonly KnownText[] {
  const kinds = Object.entries(vagueLabels).map(([text, classIds]) => ({
    text,
    looks: classIds.map((id) => soundClass(id).phrases[0]!),
  }));
  const phrases = SOUND_CLASSES.flatMap((entry) => entry.phrases.slice(0, phraseCount));
  const names = SCENE_SUBJECTS.map(({ id }) => id.replaceAll('-', ' '));
  const itself = [...new Set([...phrases, ...names])].map((text) => ({ text, looks: [text] }));
  return [...kinds, ...itself];
}
