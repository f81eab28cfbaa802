/** @file A sound in the space of pictures and labels, by way of a classifier: the mean of the labels it may be. */
import { FoleyError } from '../../errors/foley-error.js';
import { logSoftmaxOf } from '../class-distributions.js';
import type { AudioEmbedder } from './audio-embedder.js';

/**
 * Turns a classifier into the sound's side of a pair with an image tower: the embedding of a sound is the mean of the
 * label embeddings, each of length 1, weighted by the probabilities of the classes. It needs no published weights, and
 * says no more than the classifier does: only what is in its list of classes can be told apart.
 *
 * @param labels one embedding of the image tower's space for each class of the embedder, in its order
 * @throws FoleyError `usage` when labels and classes do not fit
 */
export function labelSpaceEmbedder(embedder: AudioEmbedder, labels: readonly Float32Array[]): AudioEmbedder {
  const width = labels[0]?.length ?? 0;
  if (labels.length !== embedder.classes || labels.some((label) => label.length !== width)) {
    throw new FoleyError('usage', `${embedder.id} has ${embedder.classes} classes, not ${labels.length}`);
  }
  const directions = labels.map((label) => {
    const length = Math.hypot(...label);
    return label.map((value) => value / length);
  });
  return {
    ...embedder,
    id: `${embedder.id}/labels`,
    width,
    async embed(samples) {
      const { classLogits } = await embedder.embed(samples);
      const data = new Float32Array(width);
      for (const [index, log] of logSoftmaxOf(classLogits!).entries()) {
        const share = Math.exp(log);
        directions[index]!.forEach((value, at) => {
          data[at]! += share * value;
        });
      }
      return { width, data, classLogits };
    },
  };
}
