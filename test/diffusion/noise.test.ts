import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveSeed, gaussianNoise, TorchNoise } from '../../src/diffusion/index.js';

interface Golden {
  short: { seed: number; count: number; bits: number[] }[];
  long: { seed: number; count: number; sha256: string }[];
  stream: { seed: number; draws: { count: number; bits: number[] }[] };
}
// Made by: python reference/diffusion/noise.py test/golden/diffusion/noise.json
const golden = JSON.parse(
  readFileSync(new URL('../golden/diffusion/noise.json', import.meta.url), 'utf8'),
) as Golden;

const bitsOf = (samples: Float32Array) => [...new Uint32Array(samples.buffer)];
const seeds = fc.integer({ min: 0, max: 0xffffffff });

describe('gaussianNoise', () => {
  it.each(golden.short)('has the bits of torch.randn($count), seed $seed', ({ seed, count, bits }) => {
    expect(bitsOf(gaussianNoise(count, seed))).toEqual(bits);
  });

  it.each(golden.long)('has the digest of torch.randn($count), seed $seed', ({ seed, count, sha256 }) => {
    const bytes = new Uint8Array(gaussianNoise(count, seed).buffer);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  });

  it('continues a stream as torch does, keeping the spare sample of the short path', () => {
    const source = new TorchNoise(golden.stream.seed);
    for (const { count, bits } of golden.stream.draws) expect(bitsOf(source.normal(count))).toEqual(bits);
  });

  it('is finite, and within what 24 bits allow, for every seed', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 70 }), (seed, count) => {
        const samples = gaussianNoise(count, seed);
        // The smallest uniform is 2^-24, so no block sample exceeds sqrt(2 ln 2^24) = 5.77; pairs of 53 bits reach 8.6.
        return samples.length === count && samples.every((sample) => Math.abs(sample) < 8.7);
      }),
    );
  });

  it.each([-1, 0.5, 2 ** 32, Number.NaN])('refuses the seed %s', (seed) => {
    expect(() => gaussianNoise(4, seed)).toThrow(/seed/);
  });
});

describe('deriveSeed', () => {
  it('keeps the seed for the first item and window', () => {
    fc.assert(fc.property(seeds, (seed) => deriveSeed(seed, { item: 0, window: 0 }) === seed));
  });

  it('never changes: recorded values of MurmurHash3 over three words', () => {
    // scikit-learn: murmurhash3_32(struct.pack('<3I', 42, item, window), seed=0, positive=True)
    expect(deriveSeed(42, { item: 0, window: 1 })).toBe(2947407966);
    expect(deriveSeed(42, { item: 1, window: 0 })).toBe(3669313226);
  });

  it('gives a thousand items and windows different seeds', () => {
    const derived = new Set<number>();
    for (let item = 0; item < 20; item++) {
      for (let window = 0; window < 50; window++) derived.add(deriveSeed(7, { item, window }));
    }
    expect(derived.size).toBe(1000);
  });
});
