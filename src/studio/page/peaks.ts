/** @file Extremes of samples at several resolutions, so that a waveform of any length is drawn at any zoom in no time. */

/** Least and greatest sample of equal stretches. */
export interface PeakLevel {
  readonly samplesPerPeak: number;
  readonly low: Float32Array;
  readonly high: Float32Array;
}

export interface Peaks {
  readonly sampleRateHz: number;
  readonly samples: Float32Array;
  /** From fine to coarse, each a multiple of the one before. */
  readonly levels: readonly PeakLevel[];
}

const finest = 64;
const growth = 8;

export function measurePeaks(samples: Float32Array, sampleRateHz: number): Peaks {
  const levels: PeakLevel[] = [];
  let source = { samplesPerPeak: 1, low: samples, high: samples };
  for (let samplesPerPeak = finest; samplesPerPeak < samples.length; samplesPerPeak *= growth) {
    source = coarser(source, samplesPerPeak / source.samplesPerPeak);
    levels.push(source);
  }
  return { sampleRateHz, samples, levels };
}

function coarser(source: PeakLevel, factor: number): PeakLevel {
  const count = Math.ceil(source.low.length / factor);
  const low = new Float32Array(count);
  const high = new Float32Array(count);
  for (let peak = 0; peak < count; peak++) {
    const end = Math.min(source.low.length, (peak + 1) * factor);
    let [least, most] = [source.low[peak * factor]!, source.high[peak * factor]!];
    for (let index = peak * factor + 1; index < end; index++) {
      least = Math.min(least, source.low[index]!);
      most = Math.max(most, source.high[index]!);
    }
    low[peak] = least;
    high[peak] = most;
  }
  return { samplesPerPeak: source.samplesPerPeak * factor, low, high };
}

/**
 * Extremes for each of `width` pixels over a stretch of time. At least one sample stands behind every pixel inside the
 * sound; pixels outside are 0.
 */
export function peaksOver(
  peaks: Peaks,
  startSeconds: number,
  lengthSeconds: number,
  width: number,
): { readonly low: Float32Array; readonly high: Float32Array } {
  const low = new Float32Array(width);
  const high = new Float32Array(width);
  const perPixel = (lengthSeconds * peaks.sampleRateHz) / width;
  const level = peaks.levels.findLast((candidate) => candidate.samplesPerPeak <= perPixel) ?? {
    samplesPerPeak: 1,
    low: peaks.samples,
    high: peaks.samples,
  };
  const perPeak = level.samplesPerPeak;
  for (let x = 0; x < width; x++) {
    const from = Math.floor((startSeconds * peaks.sampleRateHz + x * perPixel) / perPeak);
    const to = Math.floor((startSeconds * peaks.sampleRateHz + (x + 1) * perPixel) / perPeak);
    const end = Math.min(level.low.length, Math.max(to, from + 1));
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let index = Math.max(0, from); index < end; index++) {
      least = Math.min(least, level.low[index]!);
      most = Math.max(most, level.high[index]!);
    }
    if (most >= least) {
      low[x] = least;
      high[x] = most;
    }
  }
  return { low, high };
}
