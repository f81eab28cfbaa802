/** @file NumPy's older generator, as far as published metrics shuffle and draw with it: `np.random.RandomState(seed)`. */
import { MersenneTwister } from '../diffusion/mersenne-twister.js';

/** numpy/random/mtrand.pyx and _legacy: one stream of draws. */
export class NumpyRandomState {
  readonly #words: MersenneTwister;

  /** @param seed an integer in 0..2^32-1 */
  constructor(seed: number) {
    this.#words = new MersenneTwister(seed);
  }

  /** `permutation(count)`: 0 to `count - 1` in random order. */
  permutation(count: number): number[] {
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.#upTo(i);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  /** `choice(count, size, replace=False)` */
  chooseWithoutReplacement(count: number, size: number): number[] {
    return this.permutation(count).slice(0, size);
  }

  /** Uniform in 0..most: words are masked, and drawn again as long as they are too large. */
  #upTo(most: number): number {
    const mask = 2 ** Math.ceil(Math.log2(most + 1)) - 1;
    for (;;) {
      const value = (this.#words.nextWord() & mask) >>> 0;
      if (value <= most) return value;
    }
  }
}
