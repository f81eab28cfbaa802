/** @file The words of a label as the image encoder knows them: fillers and slips are drawn to what they were about. */
import type { ImageTextEncoder } from '../conditions/frame-embeddings.js';
import { SCENE_SUBJECTS } from '../data/scene-subjects.js';
import { SOUND_CLASSES } from '../data/sound-classes.js';
import { FoleyError } from '../errors/foley-error.js';
import { nearestText } from './nearest-text.js';

/** Of each class; more would take longer to read, and tell hardly more. */
export const phraseCount = 2;

/**
 * What places were taught, and the bare names of things: their vectors can be trusted. A label as near as `surely` is taken
 * for the one it is nearest to, a label further than `hardly` for itself, and between the vectors are mixed.
 */
const likeness = { hardly: 0.4, surely: 0.7 } as const;

/**
 * The label in the space of the places. On 47 scenes, the mean IoU of what is seen with visibility grew from 0.60 to 0.84
 * with filler words, from 0.76 to 0.81 with a slip, from 0.67 to 0.68 with slips throughout; other phrases 0.73 and 0.72.
 * @returns [placeWidth + 1]
 * @throws usage when the encoder tells no places
 */
export async function knownLabel(
  label: string,
  encoder: Pick<ImageTextEncoder, 'embedTexts' | 'embedPlaceLabels'>,
): Promise<Float32Array> {
  if (encoder.embedPlaceLabels === undefined) {
    throw new FoleyError(
      'usage',
      "the similarity strategy 'places' needs an encoder that tells places apart",
      { hint: 'This model has none: choose another --strategy.' },
    );
  }
  const { candidate, cosine } = await nearestText(label, knownTexts(), encoder);
  const [own, known] = await encoder.embedPlaceLabels([label, candidate.text]);
  const share = (cosine - likeness.hardly) / (likeness.surely - likeness.hardly);
  const weight = Math.max(0, Math.min(1, share));
  return own!.map((value, index) => value + weight * (known![index]! - value));
}

function knownTexts(): { readonly text: string }[] {
  const phrases = SOUND_CLASSES.flatMap((entry) => entry.phrases.slice(0, phraseCount));
  const names = SCENE_SUBJECTS.map(({ id }) => id.replaceAll('-', ' '));
  return [...new Set([...phrases, ...names])].map((text) => ({ text }));
}
