/** @file A small seeded random generator (sfc32) with the draws that data synthesis needs. */

/** Draws that depend on nothing but the seed and their order. */
export interface SeededRandom {
  /** A number in [0, 1). */
  next(): number;
  /** A number in [low, high). */
  uniform(low: number, high: number): number;
  /** A whole number in [low, high], both ends included. */
  integer(low: number, high: number): number;
  /** Standard normal, by Box and Muller. */
  normal(): number;
  chance(probability: number): boolean;
  /** One of the items, each as likely; the list must not be empty. */
  pick<T>(items: readonly T[]): T;
  /** One of the items by weight; weights must be positive. */
  pickWeighted<T>(items: readonly T[], weights: readonly number[]): T;
  /** A generator of its own for a named part, so that a further draw in one part does not move another. */
  fork(name: string): SeededRandom;
}

/** A generator for a seed of any text or number. */
export function seededRandom(seed: string | number): SeededRandom {
  const text = String(seed);
  const hash = hashWords(text);
  let [a, b, c] = hash as [number, number, number];
  let counter = 1;
  // sfc32, Chris Doty-Humphrey, PractRand: passes its tests, 32-bit arithmetic only.
  const next32 = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) next32();
  const next = (): number => next32() / 4294967296;
  const self: SeededRandom = {
    next,
    uniform: (low, high) => low + (high - low) * next(),
    integer: (low, high) => low + Math.floor(next() * (high - low + 1)),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)]!,
    pickWeighted: (items, weights) => {
      let rest = next() * weights.reduce((sum, weight) => sum + weight, 0);
      const index = weights.findIndex((weight) => {
        rest -= weight;
        return rest < 0;
      });
      return items[index < 0 ? items.length - 1 : index]!;
    },
    fork: (name) => seededRandom(`${text}/${name}`),
  };
  return self;
}

/** Three 32-bit words from a text (FNV-1a with three offsets, then a final mix). */
function hashWords(text: string): number[] {
  return [0x811c9dc5, 0x9e3779b9, 0x85ebca6b].map((offset) => {
    let hash = offset;
    for (let index = 0; index < text.length; index++)
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 12)) | 0;
  });
}
