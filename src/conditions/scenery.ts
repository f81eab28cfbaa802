/** @file Scenery that looks like a label's thing: what a place shows of the label while the thing is seen elsewhere. */
import type { PlaceEmbeddings } from './frame-embeddings.js';

/** How scenery is told from the thing, in logits of places. */
export interface ScenerySettings {
  /** The logit of places that show nothing of the kind. */
  readonly backgroundLogit: number;
  /** Even odds of "seen" lie this far from the background to the clearest place of the clip, 0..1. */
  readonly evenShare: number;
  /**
   * Up to this share of the way from the background to the clearest place, what a place shows while the thing is elsewhere
   * is scenery, and is taken off; more than that is another of the kind, and stays. 0 takes nothing off.
   */
  readonly sceneryMost: number;
}

/** How the places of one look lie, row by row. */
type PlaceGrid = Pick<PlaceEmbeddings, 'rows' | 'columns'>;

/**
 * The logits without what is scenery: a chimney's smoke is not the train. A place's scenery is the median of its logits over
 * the looks in which the clearest place, with all that is lit around it, lies elsewhere. Where a look shows clearly more
 * than that, the thing is there, and its logit stays whole. A place that is never away from the thing has none.
 * @param logits [P, rows * columns] of one label in a clip
 * @returns [P, rows * columns]
 */
export function withoutScenery(
  logits: Float32Array,
  grid: PlaceGrid,
  { backgroundLogit, evenShare, sceneryMost }: ScenerySettings,
): Float32Array {
  const count = grid.rows * grid.columns;
  const clearest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const range = clearest - backgroundLogit;
  if (range <= 0 || sceneryMost === 0) return logits;
  const elsewhere = logitsElsewhere(logits, grid, backgroundLogit + evenShare * range);
  const scenery = elsewhere.map((values) => {
    if (values.length < leastLooks) return 0;
    const height = lowerMedian(values) - backgroundLogit;
    return height > sceneryMost * range ? 0 : Math.max(0, height);
  });
  return logits.map((logit, index) => {
    const height = scenery[index % count]!;
    const more = logit - (backgroundLogit + height) - clearlyMoreLogits;
    return logit - height / (1 + Math.exp(more / clearlyMoreWidth));
  });
}

/** For every place, its logits in the looks that show the thing elsewhere. @returns [rows * columns][] */
function logitsElsewhere(logits: Float32Array, grid: PlaceGrid, even: number): number[][] {
  const count = grid.rows * grid.columns;
  const elsewhere = Array.from({ length: count }, (): number[] => []);
  for (let start = 0; start < logits.length; start += count) {
    const look = logits.subarray(start, start + count);
    const best = look.reduce((at, logit, place) => (logit > look[at]! ? place : at), 0);
    if (look[best]! < even) continue;
    const near = around(litFrom(best, look, grid, even), grid, haloPlaces);
    look.forEach((logit, place) => {
      if (!near.has(place)) elsewhere[place]!.push(logit);
    });
  }
  return elsewhere;
}

/** The places that hang together with one, from lit to lit. */
function litFrom(first: number, look: Float32Array, grid: PlaceGrid, even: number): Set<number> {
  const lit = new Set([first]);
  // a set's own iteration reaches what is added on the way
  for (const place of lit) {
    for (const next of around([place], grid, 1)) if (look[next]! >= even) lit.add(next);
  }
  return lit;
}

/** All places at most `reach` rows and columns from one of `places`, these included. */
function around(places: Iterable<number>, { rows, columns }: PlaceGrid, reach: number): Set<number> {
  const near = new Set<number>();
  for (const place of places) {
    const [row, column] = [Math.floor(place / columns), place % columns];
    for (let r = Math.max(0, row - reach); r <= Math.min(rows - 1, row + reach); r++) {
      for (let c = Math.max(0, column - reach); c <= Math.min(columns - 1, column + reach); c++) {
        near.add(r * columns + c);
      }
    }
  }
  return near;
}

/** Of an even number, the lower of the two in the middle. */
function lowerMedian(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1]!;
}

/** With fewer looks elsewhere, a place's scenery is not known. */
const leastLooks = 3;

/** A place knows of what is beside it: so far around what is lit, places still glow of it. */
const haloPlaces = 2;

/** By how much a place has to exceed its scenery for even odds that the thing is there, and how sharply they turn. */
const clearlyMoreLogits = 1;
const clearlyMoreWidth = 0.5;
