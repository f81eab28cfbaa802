/** @file What a label that names only a kind of thing stands for in a clip: of its classes, the likeliest by what is shown. */
import type { FrameEmbeddings, ImageTextEncoder } from '../conditions/frame-embeddings.js';
import { placeLogits } from '../conditions/place-sight.js';
import { defaultSimilaritySettings } from '../conditions/similarity.js';
import { vagueLabelNamed, vagueLabels } from '../data/vague-labels.js';
import { rankLabels } from './choose-label.js';

/**
 * The words for the class; the label itself where it says more than a kind, or where nothing of the kind is there. Places
 * were taught classes, not kinds.
 * @param frames of the whole clip
 * @throws as `rankLabels`
 */
export async function seenAs(
  label: string,
  frames: FrameEmbeddings,
  encoder: ImageTextEncoder,
): Promise<string> {
  const vague = vagueLabelNamed(label);
  if (vague === null || frames.places === undefined || encoder.embedPlaceLabels === undefined) return label;
  const ranked = await rankLabels(frames, encoder);
  const likeliest = ranked.find(({ classId }) => vagueLabels[vague]!.includes(classId));
  if (likeliest === undefined) return label;
  const [wanted] = await encoder.embedPlaceLabels([likeliest.label]);
  const clearest = placeLogits(frames.places, wanted!).reduce((most, logit) => Math.max(most, logit));
  return clearest < defaultSimilaritySettings('places').leastClearest ? label : likeliest.label;
}
