/** @file The K-weighting of ITU-R BS.1770-4: a high shelf for the head and a high-pass, as two biquads. */

/** A second-order section; the denominator's first coefficient is 1. */
interface Biquad {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly a1: number;
  readonly a2: number;
}

/**
 * The samples as the standard weights them. The standard prints coefficients for 48 kHz only; these are the analogue
 * prototypes that Brecht De Man fitted to them (as in libebur128), so that every rate is weighted alike.
 */
export function kWeighted(samples: Float32Array, sampleRateHz: number): Float64Array {
  const weighted = Float64Array.from(samples);
  filterInPlace(weighted, highShelf(sampleRateHz));
  filterInPlace(weighted, highPass(sampleRateHz));
  return weighted;
}

function highShelf(sampleRateHz: number): Biquad {
  const k = Math.tan((Math.PI * 1681.974450955533) / sampleRateHz);
  const q = 0.7071752369554196;
  const high = 10 ** (3.999843853973347 / 20);
  const band = high ** 0.4996667741545416;
  const norm = 1 + k / q + k * k;
  return {
    b0: (high + (band * k) / q + k * k) / norm,
    b1: (2 * (k * k - high)) / norm,
    b2: (high - (band * k) / q + k * k) / norm,
    a1: (2 * (k * k - 1)) / norm,
    a2: (1 - k / q + k * k) / norm,
  };
}

function highPass(sampleRateHz: number): Biquad {
  const k = Math.tan((Math.PI * 38.13547087602444) / sampleRateHz);
  const q = 0.5003270373238773;
  const norm = 1 + k / q + k * k;
  return { b0: 1, b1: -2, b2: 1, a1: (2 * (k * k - 1)) / norm, a2: (1 - k / q + k * k) / norm };
}

/** Transposed direct form II. */
function filterInPlace(samples: Float64Array, { b0, b1, b2, a1, a2 }: Biquad): void {
  let first = 0;
  let second = 0;
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i]!;
    const y = b0 * x + first;
    first = b1 * x - a1 * y + second;
    second = b2 * x - a2 * y;
    samples[i] = y;
  }
}
