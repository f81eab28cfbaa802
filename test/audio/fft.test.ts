import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RealFft } from '../../src/audio/fft.js';
import { maxDifference } from './golden.js';

const sizes = fc.integer({ min: 2, max: 9 }).map((power) => 2 ** power);
const signals = sizes.chain((size) =>
  fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: size, maxLength: size }),
);

function transformed(samples: readonly number[]) {
  const fft = new RealFft(samples.length);
  const real = new Float64Array(fft.bins);
  const imaginary = new Float64Array(fft.bins);
  fft.forward(samples, real, imaginary);
  return { fft, real, imaginary };
}

describe('RealFft', () => {
  test('agrees with the definition', () => {
    fc.assert(
      fc.property(signals, (samples) => {
        const { real, imaginary, fft } = transformed(samples);
        const size = samples.length;
        const wanted = Array.from({ length: fft.bins }, (_, k) => {
          let [re, im] = [0, 0];
          for (const [n, x] of samples.entries()) {
            re += x * Math.cos((2 * Math.PI * ((k * n) % size)) / size);
            im -= x * Math.sin((2 * Math.PI * ((k * n) % size)) / size);
          }
          return [re, im] as const;
        });
        // 512 terms of double precision, each at most 1: rounding stays below 1e-12.
        expect(
          maxDifference(
            real,
            wanted.map(([re]) => re),
          ),
        ).toBeLessThan(1e-12);
        expect(
          maxDifference(
            imaginary,
            wanted.map(([, im]) => im),
          ),
        ).toBeLessThan(1e-12);
      }),
      { numRuns: 60 },
    );
  });

  test('the inverse undoes the forward transform', () => {
    fc.assert(
      fc.property(signals, (samples) => {
        const { fft, real, imaginary } = transformed(samples);
        const back = new Float64Array(samples.length);
        fft.inverse(real, imaginary, back);
        expect(maxDifference(back, samples)).toBeLessThan(1e-13);
      }),
    );
  });

  test.each([0, 2, 3, 6, 1000, 2.5, Number.NaN])('refuses size %d', (size) => {
    expect(() => new RealFft(size)).toThrow(/power of two/);
  });
});
