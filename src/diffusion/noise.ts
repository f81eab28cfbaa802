/** @file Gaussian noise equal, bit for bit, to `torch.randn` with a seeded CPU generator. */
import { FoleyError } from '../errors/foley-error.js';
import { float32Log, float32SinCos } from './float32-arithmetic.js';
import { MersenneTwister } from './mersenne-twister.js';

const round = Math.fround;
const blockSize = 16;
const halfBlock = blockSize / 2;
const twoPi = round(2 * Math.PI);
const largestSeed = 0xffffffff;

/** A source of standard normal samples; each call continues the stream. */
export interface NoiseSource {
  /** `count` samples of mean 0 and standard deviation 1. */
  normal(count: number): Float32Array;
}

/**
 * `torch.Generator('cpu').manual_seed(seed)`: successive `normal(n)` calls give what successive
 * `torch.randn(n, generator=g)` calls give. From 16 samples on, PyTorch draws blocks of 16 in float32 (and draws the
 * last 16 anew when 16 does not divide the count); below 16 it draws pairs in double and keeps the second one.
 */
export class TorchNoise implements NoiseSource {
  readonly #twister: MersenneTwister;
  #spare: number | null = null;

  /**
   * @param seed an integer in 0..2^32-1; PyTorch takes 64 bits and silently drops the upper half
   * @throws FoleyError `usage` for any other seed
   */
  constructor(seed: number) {
    this.#twister = new MersenneTwister(checkedSeed(seed));
  }

  normal(count: number): Float32Array {
    if (!Number.isInteger(count) || count < 0) {
      throw new FoleyError('usage', `noise: a sample count must be a whole number, not ${count}`);
    }
    const samples = new Float32Array(count);
    if (count >= blockSize) this.#fillBlocks(samples);
    else for (let index = 0; index < count; index++) samples[index] = this.#single();
    return samples;
  }

  #fillBlocks(samples: Float32Array): void {
    for (let index = 0; index < samples.length; index++) samples[index] = this.#uniform24();
    const whole = samples.length - (samples.length % blockSize);
    for (let offset = 0; offset < whole; offset += blockSize) boxMullerBlock(samples, offset);
    if (whole === samples.length) return;
    const offset = samples.length - blockSize;
    for (let index = offset; index < samples.length; index++) samples[index] = this.#uniform24();
    boxMullerBlock(samples, offset);
  }

  #single(): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    const angle = 2 * Math.PI * this.#uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-this.#uniform53()));
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  #uniform24(): number {
    return (this.#twister.nextWord() & 0xffffff) / 0x1000000;
  }

  #uniform53(): number {
    const high = this.#twister.nextWord() & 0x1fffff;
    return (high * 0x100000000 + this.#twister.nextWord()) / 2 ** 53;
  }
}

/** Turns 16 uniform samples into 16 normal ones in place; sample `j` pairs with sample `j + 8`. */
function boxMullerBlock(samples: Float32Array, offset: number): void {
  for (let index = offset; index < offset + halfBlock; index++) {
    const radius = round(Math.sqrt(round(-2 * float32Log(round(1 - samples[index]!)))));
    const { sin, cos } = float32SinCos(round(twoPi * samples[index + halfBlock]!));
    samples[index] = radius * cos;
    samples[index + halfBlock] = radius * sin;
  }
}

/** `torch.randn(count, generator=torch.Generator().manual_seed(seed))`. */
export function gaussianNoise(count: number, seed: number): Float32Array {
  return new TorchNoise(seed).normal(count);
}

/** What a piece of noise is for. Windows and variations of one request must not share their noise. */
export interface NoiseKey {
  /** Which variation or track of the request, from 0. */
  readonly item: number;
  /** Which window of a long clip, from 0. */
  readonly window: number;
}

/**
 * The seed of one item and window, derived from the request's seed.
 *
 * Item 0, window 0 keeps the seed itself, so that a single short clip starts from what
 * `torch.manual_seed(seed)` gives. Every other pair gets 32 bits of MurmurHash3 (x86, 32 bit) over the three words
 * (seed, item, window). This rule is part of the meaning of a seed and must not change.
 *
 * @throws FoleyError `usage` when a number is not an integer in 0..2^32-1
 */
export function deriveSeed(seed: number, key: NoiseKey): number {
  const words = [checkedSeed(seed), checkedSeed(key.item), checkedSeed(key.window)];
  if (key.item === 0 && key.window === 0) return seed;
  let hash = 0;
  for (const word of words) {
    const scrambled = Math.imul(rotateLeft(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
    hash = (Math.imul(rotateLeft(hash ^ scrambled, 13), 5) + 0xe6546b64) | 0;
  }
  hash ^= words.length * 4;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function checkedSeed(seed: number): number {
  if (Number.isInteger(seed) && seed >= 0 && seed <= largestSeed) return seed;
  throw new FoleyError('usage', `seed ${seed} is not a whole number from 0 to ${largestSeed}`, {
    hint: 'Choose a whole number from 0 to 4294967295.',
  });
}
