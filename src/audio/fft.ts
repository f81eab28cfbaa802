/** @file Fast Fourier transform of real signals in double precision, for power-of-two sizes. */
import { FoleyError } from '../errors/foley-error.js';

/**
 * A planned transform of one size. It owns scratch memory: use one instance from one place at a time.
 *
 * The real transform of N samples is a complex one of N/2 (even samples real, odd samples imaginary), unpacked
 * afterwards. The complex transform is an iterative radix-2 decimation in time with exact table twiddles.
 */
export class RealFft {
  readonly size: number;
  /** Bins of the spectrum, `size / 2 + 1`. */
  readonly bins: number;
  readonly #half: number;
  readonly #real: Float64Array;
  readonly #imaginary: Float64Array;
  readonly #reversed: Uint32Array;
  /** cos and sin of 2 pi k / size, for k < size / 2. */
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;

  /** @throws FoleyError `input-rejected` unless `size` is a power of two and at least 4. */
  constructor(size: number) {
    if (!Number.isInteger(size) || size < 4 || (size & (size - 1)) !== 0 || size > 1 << 26) {
      throw new FoleyError(
        'input-rejected',
        `an FFT size must be a power of two from 4 to 2^26, got ${size}`,
      );
    }
    this.size = size;
    this.bins = size / 2 + 1;
    const half = size / 2;
    this.#half = half;
    this.#real = new Float64Array(half);
    this.#imaginary = new Float64Array(half);
    this.#cos = Float64Array.from({ length: half }, (_, k) => Math.cos((2 * Math.PI * k) / size));
    this.#sin = Float64Array.from({ length: half }, (_, k) => Math.sin((2 * Math.PI * k) / size));
    this.#reversed = new Uint32Array(half);
    for (let i = 1; i < half; i++)
      this.#reversed[i] = (this.#reversed[i >> 1]! >> 1) | (i & 1 ? half >> 1 : 0);
  }

  /** X[k] = sum_n x[n] exp(-2 pi i k n / N), for k = 0..N/2. `samples` has N values, the outputs N/2+1. */
  forward(samples: ArrayLike<number>, real: Float64Array, imaginary: Float64Array): void {
    const half = this.#half;
    const a = this.#real;
    const b = this.#imaginary;
    for (let i = 0; i < half; i++) {
      const to = this.#reversed[i]!;
      a[to] = samples[2 * i]!;
      b[to] = samples[2 * i + 1]!;
    }
    this.#complexInPlace();
    // With Z = E + iO of the even and odd samples: X[k] = E[k] + W^k O[k], and Z[half-k] gives the conjugates.
    real[0] = a[0]! + b[0]!;
    imaginary[0] = 0;
    real[half] = a[0]! - b[0]!;
    imaginary[half] = 0;
    for (let k = 1; k < half; k++) {
      const mirror = half - k;
      const evenReal = 0.5 * (a[k]! + a[mirror]!);
      const evenImaginary = 0.5 * (b[k]! - b[mirror]!);
      const oddReal = 0.5 * (b[k]! + b[mirror]!);
      const oddImaginary = -0.5 * (a[k]! - a[mirror]!);
      const cos = this.#cos[k]!;
      const sin = this.#sin[k]!;
      real[k] = evenReal + oddReal * cos + oddImaginary * sin;
      imaginary[k] = evenImaginary + oddImaginary * cos - oddReal * sin;
    }
  }

  /** The inverse, with the 1/N factor: `inverse(forward(x))` is `x`. The imaginary parts of bins 0 and N/2 are ignored. */
  inverse(real: Float64Array, imaginary: Float64Array, samples: Float64Array): void {
    const half = this.#half;
    const a = this.#real;
    const b = this.#imaginary;
    // The inverse of a complex transform is the forward one with real and imaginary parts exchanged.
    b[0] = 0.5 * (real[0]! + real[half]!);
    a[0] = 0.5 * (real[0]! - real[half]!);
    for (let k = 1; k < half; k++) {
      const mirror = half - k;
      const evenReal = 0.5 * (real[k]! + real[mirror]!);
      const evenImaginary = 0.5 * (imaginary[k]! - imaginary[mirror]!);
      const differenceReal = 0.5 * (real[k]! - real[mirror]!);
      const differenceImaginary = 0.5 * (imaginary[k]! + imaginary[mirror]!);
      const cos = this.#cos[k]!;
      const sin = this.#sin[k]!;
      const oddReal = differenceReal * cos - differenceImaginary * sin;
      const oddImaginary = differenceImaginary * cos + differenceReal * sin;
      const to = this.#reversed[k]!;
      b[to] = evenReal - oddImaginary;
      a[to] = evenImaginary + oddReal;
    }
    this.#complexInPlace();
    for (let i = 0; i < half; i++) {
      samples[2 * i] = b[i]! / half;
      samples[2 * i + 1] = a[i]! / half;
    }
  }

  /** Complex forward transform of the scratch arrays, whose values are already in bit-reversed order. */
  #complexInPlace(): void {
    const half = this.#half;
    const a = this.#real;
    const b = this.#imaginary;
    const cosines = this.#cos;
    const sines = this.#sin;
    for (let i = 0; i < half; i += 2) {
      const upperReal = a[i + 1]!;
      const upperImaginary = b[i + 1]!;
      a[i + 1] = a[i]! - upperReal;
      b[i + 1] = b[i]! - upperImaginary;
      a[i] = a[i]! + upperReal;
      b[i] = b[i]! + upperImaginary;
    }
    for (let span = 2; span < half; span *= 2) {
      const stride = half / span; // twiddle exp(-2 pi i j / (2 span)) is table entry j * stride of 2 * half
      for (let block = 0; block < half; block += 2 * span) {
        for (let j = 0, w = 0; j < span; j++, w += stride) {
          const low = block + j;
          const high = low + span;
          const cos = cosines[w]!;
          const sin = sines[w]!;
          const highReal = a[high]!;
          const highImaginary = b[high]!;
          const turnedReal = highReal * cos + highImaginary * sin;
          const turnedImaginary = highImaginary * cos - highReal * sin;
          const lowReal = a[low]!;
          const lowImaginary = b[low]!;
          a[low] = lowReal + turnedReal;
          b[low] = lowImaginary + turnedImaginary;
          a[high] = lowReal - turnedReal;
          b[high] = lowImaginary - turnedImaginary;
        }
      }
    }
  }
}
