/** @file Varies mel images as rooms, microphones and distance do, so that a classifier learns the sound and not the recording. */
import type { SeededRandom } from '../data/seeded-random.js';

/**
 * One nat of magnitude in image values: the image spans 16.8 of them (audio/mel-image.ts), and a nat is 8.7 dB.
 */
const nat = 1 / 16.8;
/** Each in dB, both ways: the level, the slope from lowest to highest band, and the swing of a slow wave over the bands. */
const largest = { levelDb: 8, slopeDb: 10, waveDb: 4 } as const;
/** Share of images that lose their treble, as with distance, and by how much at most at the highest band. */
const dulled = { share: 0.4, mostDb: 40 } as const;
/** Share of the bands, and of the columns, that one stripe hides at most, as SpecAugment (arXiv 1904.08779). */
const hiddenShare = 0.15;

/**
 * Changes level and colour of a mel image and hides stripes of it, in place. Silence (0) stays silence.
 * @param image `[bands, columns]`, values 0..1, lowest band first
 */
export function varyMel(image: Float32Array, bands: number, random: SeededRandom): void {
  const columns = image.length / bands;
  const gains = bandGains(bands, random);
  for (let band = 0; band < bands; band++) {
    for (let at = band * columns; at < (band + 1) * columns; at++) {
      const value = image[at]!;
      if (value > 0) image[at] = Math.max(0, Math.min(1, value + gains[band]!));
    }
  }
  const [firstBand, lastBand] = stripe(bands, hiddenShare, random);
  image.fill(0, firstBand * columns, lastBand * columns);
  const [firstColumn, lastColumn] = stripe(columns, hiddenShare, random);
  for (let band = 0; band < bands; band++) {
    image.fill(0, band * columns + firstColumn, band * columns + lastColumn);
  }
}

/** Louder or quieter by a constant where there is sound, in place. @param gain in image values */
export function changeLevel(image: Float32Array, gain: number): void {
  image.forEach((value, at) => {
    if (value > 0) image[at] = Math.max(0, value + gain);
  });
}

/** What each band gains, in image values. */
function bandGains(bands: number, random: SeededRandom): Float64Array {
  const decibel = nat / (20 / Math.LN10);
  const level = random.uniform(-largest.levelDb, largest.levelDb);
  const slope = random.uniform(-largest.slopeDb, largest.slopeDb);
  const wave = random.uniform(0, largest.waveDb);
  const turns = random.uniform(0.5, 2.5);
  const phase = random.uniform(0, 2 * Math.PI);
  const lossFrom = random.uniform(0.1, 1);
  const loss = random.chance(dulled.share) ? random.uniform(0, dulled.mostDb) : 0;
  return Float64Array.from({ length: bands }, (_, band) => {
    const height = band / (bands - 1);
    const coloured = level + slope * (height - 0.5) + wave * Math.sin(2 * Math.PI * turns * height + phase);
    return decibel * (coloured - loss * Math.max(0, height - lossFrom));
  });
}

function stripe(length: number, mostShare: number, random: SeededRandom): [first: number, end: number] {
  const width = Math.floor(random.uniform(0, mostShare) * length);
  const first = random.integer(0, length - width);
  return [first, first + width];
}
