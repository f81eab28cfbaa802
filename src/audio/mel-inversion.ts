/** @file Mel magnitudes back to spectrum magnitudes: non-negative least squares against the filterbank. */
import { type MelFilter, melFilters } from './mel-filterbank.js';
import { type Mel, type MelSpec, melMagnitudeFloor } from './mel-spectrogram.js';

/**
 * The non-negative magnitudes `[columns, fftSize / 2 + 1]` whose mel is nearest to the given one, column by column.
 *
 * Multiplicative updates (Lee and Seung 2001) on `|A x - b|^2`: x stays non-negative, and the error never grows. The
 * problem has more bins than bands; the smooth start, the bands spread back over their bins, decides among solutions.
 */
export function invertMel(mel: Mel, spec: MelSpec, iterations = 50): Float64Array {
  const filters = melFilters(spec);
  const bins = spec.fftSize / 2 + 1;
  const magnitudes = new Float64Array(mel.columns * bins);
  const wanted = new Float64Array(mel.bands);
  const present = new Float64Array(mel.bands);
  const upper = new Float64Array(bins);
  const lower = new Float64Array(bins);
  const coverage = spread(filters, Float64Array.from(filters, sumOfWeights), new Float64Array(bins));
  for (let column = 0; column < mel.columns; column++) {
    for (let band = 0; band < mel.bands; band++) {
      const magnitude = Math.exp(mel.data[band * mel.columns + column]!);
      wanted[band] = magnitude <= melMagnitudeFloor * 1.001 ? 0 : magnitude;
    }
    const x = magnitudes.subarray(column * bins, (column + 1) * bins);
    spread(filters, wanted, upper);
    for (let bin = 0; bin < bins; bin++) x[bin] = coverage[bin]! > 0 ? upper[bin]! / coverage[bin]! : 0;
    for (let iteration = 0; iteration < iterations; iteration++) {
      gather(filters, x, present);
      spread(filters, present, lower);
      for (let bin = 0; bin < bins; bin++) if (lower[bin]! > 0) x[bin]! *= upper[bin]! / lower[bin]!;
    }
  }
  return magnitudes;
}

function sumOfWeights({ weights }: MelFilter): number {
  return weights.reduce((sum, weight) => sum + weight, 0);
}

/** A x: bins to bands. */
function gather(filters: readonly MelFilter[], x: Float64Array, into: Float64Array): void {
  for (let band = 0; band < filters.length; band++) {
    const { firstBin, weights } = filters[band]!;
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += weights[i]! * x[firstBin + i]!;
    into[band] = sum;
  }
}

/** A^T y: bands to bins. */
function spread(filters: readonly MelFilter[], y: Float64Array, into: Float64Array): Float64Array {
  into.fill(0);
  for (let band = 0; band < filters.length; band++) {
    const { firstBin, weights } = filters[band]!;
    const value = y[band]!;
    for (let i = 0; i < weights.length; i++) into[firstBin + i]! += weights[i]! * value;
  }
  return into;
}
