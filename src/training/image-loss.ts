/** @file How far a picture is from another: in its values, in its slopes, and in how rough each patch is. */
import { abs, add, averagePool2d, mean, slice, sub, type Value } from '../graph/index.js';

/** The terms of a reconstruction, all scalars. */
export interface ImageLoss {
  readonly values: Value;
  /** Differences of neighbouring pixels: keeps onsets and harmonics sharp. */
  readonly slopes: Value;
  /**
   * Mean steepness of 8 x 8 patches, wherever in the patch it lies. A texture such as rain cannot be predicted pixel
   * by pixel; without this term the smoothest picture would be the best.
   */
  readonly roughness: Value;
}

const patch = 8;

/** Compares two pictures `[B, C, H, W]`. */
export function imageLoss(made: Value, wanted: Value): ImageLoss {
  const pairs = [2, 3].map((axis) => [slopeAlong(made, axis), slopeAlong(wanted, axis)] as const);
  const [down, right] = pairs as [(typeof pairs)[0], (typeof pairs)[0]];
  return {
    values: meanAbsolute(made, wanted),
    slopes: add(meanAbsolute(...down), meanAbsolute(...right)),
    roughness: add(
      meanAbsolute(steepness(down[0]), steepness(down[1])),
      meanAbsolute(steepness(right[0]), steepness(right[1])),
    ),
  };
}

/** Mean absolute difference of two values of any one shape. */
export function meanAbsolute(a: Value, b: Value): Value {
  return meanOfAll(abs(sub(a, b)));
}

/** Mean over every axis; shape []. */
export function meanOfAll(x: Value): Value {
  return mean(x, [...x.shape.keys()]);
}

/** Differences of neighbours, one fewer than there are pixels along the axis. */
function slopeAlong(image: Value, axis: number): Value {
  const size = image.shape[axis]!;
  return sub(slice(image, axis, 1, size), slice(image, axis, 0, size - 1));
}

/** `[B, C, H, W]` -> mean absolute value of whole patches, `[B, C, floor(H / 8), floor(W / 8)]`. */
function steepness(slope: Value): Value {
  const [, , height, width] = slope.shape as [number, number, number, number];
  const rows = slice(slope, 2, 0, height - (height % patch));
  const whole = slice(rows, 3, 0, width - (width % patch));
  return averagePool2d(abs(whole), { kernel: patch, stride: patch });
}
