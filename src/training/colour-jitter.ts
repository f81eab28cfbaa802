/** @file Random changes of a picture's light and colour, so that what is learned of few pictures holds for others. */
import type { SeededRandom } from '../data/seeded-random.js';

/** Rec. 601 luma, as used for pictures in R'G'B'. */
const luma = [0.299, 0.587, 0.114] as const;

/**
 * A jittered copy of a picture: saturation between none and 1.4 times, contrast, brightness, and a cast of colour.
 * @param pixels `[height, width, 3]` R'G'B' of 0..255
 */
export function jitterColours(pixels: Uint8Array, random: SeededRandom): Uint8Array {
  const saturation = random.chance(0.15) ? 0 : random.uniform(0.5, 1.4);
  const contrast = random.uniform(0.7, 1.25);
  const brightness = random.uniform(-30, 30);
  const casts = luma.map(() => random.uniform(0.85, 1.15));
  const jittered = new Uint8Array(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    const grey = luma[0] * pixels[at]! + luma[1] * pixels[at + 1]! + luma[2] * pixels[at + 2]!;
    for (let channel = 0; channel < 3; channel++) {
      const saturated = grey + saturation * (pixels[at + channel]! - grey);
      const value = ((saturated - 128) * contrast + 128 + brightness) * casts[channel]!;
      jittered[at + channel] = Math.max(0, Math.min(255, Math.round(value)));
    }
  }
  return jittered;
}
