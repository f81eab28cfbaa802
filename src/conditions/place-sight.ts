/** @file What a label's thing does among the places of the pictures: how surely it is seen, how large and where it is. */
import { FoleyError } from '../errors/foley-error.js';
import type { PlaceEmbeddings } from './frame-embeddings.js';
import type { MotionCurve } from './motion-curve.js';
import { type ScenerySettings, withoutScenery } from './scenery.js';

/** How logits of places become shares of certainty. Pictures differ, so a clip's own clearest place is the measure. */
export interface PlaceSightSettings extends ScenerySettings {
  /** The same as `evenShare`, of "this place belongs to it", which decides size and position ... */
  readonly evenPlaceShare: number;
  /** ... and how sharply it does: 1 is the logistic curve itself. */
  readonly placeSharpness: number;
  /**
   * The covered area is this times the found one to the power of `areaExponent`: a place knows of what is beside it, so
   * that small things are found larger than they are.
   */
  readonly areaFactor: number;
  readonly areaExponent: number;
  /** A thing that is nowhere in the clip seen as clearly as this is not there: the even odds move up to this logit. */
  readonly leastClearest: number;
}

/**
 * The logit of a label at every place.
 * @param label [width + 1]: the label in the space of the places, and its bias as the last number
 * @returns [P, rows * columns]
 * @throws usage when the label has another width
 */
export function placeLogits(places: PlaceEmbeddings, label: Float32Array): Float32Array {
  const { width, values } = places;
  if (label.length !== width + 1) {
    throw new FoleyError(
      'usage',
      `a label of width ${label.length - 1} does not fit places of width ${width}`,
    );
  }
  const bias = label[width]!;
  return Float32Array.from({ length: values.length / width }, (_, place) => {
    let sum = bias;
    for (let i = 0; i < width; i++) sum += values[place * width + i]! * label[i]!;
    return sum;
  });
}

/** The motion of a label's thing through a clip, from the logits of its places; scenery that looks like it is left out. */
export function motionOf(
  places: PlaceEmbeddings,
  label: Float32Array,
  settings: PlaceSightSettings,
): MotionCurve {
  const { rows, columns, timesSeconds } = places;
  const count = rows * columns;
  const logits = withoutScenery(placeLogits(places, label), places, settings);
  const grids = Array.from(timesSeconds, (_, grid) => logits.subarray(grid * count, (grid + 1) * count));
  const clearest = logits.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const { backgroundLogit, evenShare, evenPlaceShare, placeSharpness, leastClearest } = settings;
  const { areaFactor, areaExponent } = settings;
  const between = (share: number) => backgroundLogit + share * Math.max(0, clearest - backgroundLogit);
  const even = clearest < leastClearest ? leastClearest : between(evenShare);
  const evenPlace = between(evenPlaceShare);
  // what background itself would count for, a hundred times over, is no part of the thing
  const ofBackground = logistic(placeSharpness * (backgroundLogit - evenPlace));
  const presence: number[] = [];
  const size: number[] = [];
  const position: number[] = [];
  const height: number[] = [];
  for (const grid of grids) {
    let [best, area, moment, rise] = [Number.NEGATIVE_INFINITY, 0, 0, 0];
    grid.forEach((logit, place) => {
      const raw = logistic(placeSharpness * (logit - evenPlace));
      const share = Math.max(0, (raw - ofBackground) / (1 - ofBackground));
      best = Math.max(best, logit);
      area += share;
      moment += share * (((place % columns) + 0.5) * (2 / columns) - 1);
      rise += share * (1 - (Math.floor(place / columns) + 0.5) * (2 / rows));
    });
    presence.push(logistic(best - even));
    size.push(Math.min(1, areaFactor * (area / count) ** areaExponent));
    position.push(area === 0 ? 0 : moment / area);
    height.push(area === 0 ? 0 : rise / area);
  }
  return { timesSeconds: Array.from(timesSeconds), presence, size, position, height };
}

/** The presence of a motion at other times, ascending; on the line between its neighbours, held outside. */
export function presenceAt(motion: MotionCurve, timesSeconds: ArrayLike<number>): Float32Array {
  const { timesSeconds: known, presence } = motion;
  let right = 0;
  return Float32Array.from({ length: timesSeconds.length }, (_, index) => {
    const time = timesSeconds[index]!;
    while (right < known.length && known[right]! < time) right++;
    if (right === 0) return presence[0]!;
    if (right === known.length) return presence.at(-1)!;
    const share = (time - known[right - 1]!) / (known[right]! - known[right - 1]!);
    return presence[right - 1]! + share * (presence[right]! - presence[right - 1]!);
  });
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
