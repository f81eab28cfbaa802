/** @file How much a whole clip shows what a text names: the mean over its clearest frames. */
import type { FrameEmbeddings, PlaceEmbeddings } from './frame-embeddings.js';
import { placeLogits } from './place-sight.js';
import { cosineCurve } from './similarity.js';

/** What sounds may be in view for a part of the clip only; so much of it counts. */
export const clearestShare = 0.25;

/** Mean of the highest values: of a `share` of them, at least one. */
export function meanOfHighest(values: Float32Array, share: number = clearestShare): number {
  const count = Math.max(1, Math.round(share * values.length));
  return values
    .toSorted()
    .subarray(-count)
    .reduce((sum, value) => sum + value / count, 0);
}

/**
 * The logit of a label in a clip: each picture's is that of its clearest place.
 * @param label [width + 1], as `placeLogits` takes it
 */
export function placeScore(places: PlaceEmbeddings, label: Float32Array): number {
  const count = places.rows * places.columns;
  const logits = placeLogits(places, label);
  const clearest = Float32Array.from(places.timesSeconds, (_, grid) =>
    logits
      .subarray(grid * count, (grid + 1) * count)
      .reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
  );
  return meanOfHighest(clearest);
}

/** The cosine of a text and a clip, of encoders that do not tell places. */
export function frameScore(frames: FrameEmbeddings, text: Float32Array): number {
  return meanOfHighest(cosineCurve(frames, text));
}
