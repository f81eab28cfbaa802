/** @file How well a sound goes with the pictures, by an image tower and a sound network that share one space. */
import { FoleyError } from '../errors/foley-error.js';
import { meanVector } from './embedders/audio-embedder.js';
import type { Embeddings } from './frechet-distance.js';

/** Frames that FoleyCrafter's CLIP score looks at: one of so many. */
export const framesPerLook = 30;

/** @throws FoleyError `usage` for vectors of different widths */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length)
    throw new FoleyError('usage', `cosine: ${a.length} numbers against ${b.length}`, {
      hint: 'The two networks do not share a space.',
    });
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    squaresA += a[i]! ** 2;
    squaresB += b[i]! ** 2;
  }
  return product / Math.sqrt(squaresA * squaresB || 1);
}

/**
 * The cosine of the mean frame embedding and the mean embedding of the sound; its mean over clips is the score. With
 * CLIP ViT-B/32 and Wav2CLIP it is FoleyCrafter's CLIP score (its issue 22; published as cosine times 100).
 *
 * @param frames of one frame in `framesPerLook`, as the tower gives them
 */
export function frameAudioScore(frames: Embeddings, sound: Embeddings): number {
  return cosine(meanVector(frames), meanVector(sound));
}
