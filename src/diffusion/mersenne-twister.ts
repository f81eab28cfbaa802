/** @file The 32-bit Mersenne Twister (MT19937), seeded as PyTorch's CPU generator seeds it. */

const stateSize = 624;
const shiftSize = 397;
const twistMatrix = 0x9908b0df;

/** A stream of unsigned 32-bit words. Source: Matsumoto and Nishimura, 1998, with the 2002 seeding. */
export class MersenneTwister {
  readonly #state = new Uint32Array(stateSize);
  #position = stateSize;

  /** @param seed an integer in 0..2^32-1 */
  constructor(seed: number) {
    const state = this.#state;
    state[0] = seed;
    for (let index = 1; index < stateSize; index++) {
      const previous = state[index - 1]! ^ (state[index - 1]! >>> 30);
      state[index] = Math.imul(1812433253, previous) + index;
    }
  }

  /** The next word, 0..2^32-1. */
  nextWord(): number {
    if (this.#position === stateSize) this.#twist();
    let word = this.#state[this.#position++]!;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    word ^= word >>> 18;
    return word >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let index = 0; index < stateSize; index++) {
      const mixed = (state[index]! & 0x80000000) | (state[(index + 1) % stateSize]! & 0x7fffffff);
      const twisted = (mixed >>> 1) ^ (mixed & 1 ? twistMatrix : 0);
      state[index] = state[(index + shiftSize) % stateSize]! ^ twisted;
    }
    this.#position = 0;
  }
}
