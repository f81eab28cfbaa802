/** @file Whether the pitch of a passing sound falls as it should: shift of the whole spectrum along log frequency. */
import { forEachSpectrum, type StftSpec } from '../audio/stft.js';
import { valueAt } from '../conditions/sampled-curve.js';
import { FoleyError } from '../errors/foley-error.js';
import { correlation } from './statistics.js';

/** Radial velocity of the source seen from the listener: positive when it recedes. */
export interface RadialVelocity {
  /** Ascending. */
  readonly timesSeconds: ArrayLike<number>;
  readonly metresPerSecond: ArrayLike<number>;
}

export interface DopplerAgreement {
  /** Shift of the receding part's spectrum against the approaching part's, negative when pitch falls. */
  readonly measuredSemitones: number;
  /** What the true velocities say. */
  readonly expectedSemitones: number;
  /** Whether the pitch moved the right way, by at least a tenth of the expected shift. */
  readonly hasRightSign: boolean;
  /** Correlation of both spectra at the measured shift, at most 1: how far the figure can be trusted. */
  readonly confidence: number;
}

const speedOfSound = 343;
const binsPerSemitone = 8;
const lowestHz = 120;
/** Shifts to both sides that are tried: so many semitones, or this many times the expected one where that is more. */
const largestShift = { semitones: 4, timesExpected: 1.5 } as const;
const stft: StftSpec = {
  fftSize: 4096,
  hopSamples: 1024,
  windowSamples: 4096,
  padSamples: 0,
  padMode: 'zero',
};

/**
 * Compares the mean log spectrum of the approach with that of the departure. Frames count where the radial speed is at
 * least half of its largest value; each frame's level and the spectrum's broad slope are taken out, so that neither
 * gain nor air absorption is taken for pitch.
 *
 * @returns null when the source does not both approach and recede at `slowestMetresPerSecond` or more, or when the
 *   sound is silent there
 * @throws FoleyError `usage` for an empty or uneven curve
 */
export function dopplerAgreement(
  samples: Float32Array,
  sampleRateHz: number,
  velocity: RadialVelocity,
  slowestMetresPerSecond = 2,
): DopplerAgreement | null {
  const { timesSeconds, metresPerSecond } = velocity;
  if (timesSeconds.length === 0 || timesSeconds.length !== metresPerSecond.length) {
    throw new FoleyError(
      'usage',
      `velocity curve: ${timesSeconds.length} times, ${metresPerSecond.length} velocities`,
    );
  }
  const speeds = Array.from(metresPerSecond);
  const slowest = slowestMetresPerSecond;
  const approachLimit = Math.min(-slowest, Math.min(...speeds) / 2);
  const departLimit = Math.max(slowest, Math.max(...speeds) / 2);
  const grid = logFrequencyGrid(sampleRateHz);
  const approach = new MeanSpectrum(grid.length);
  const depart = new MeanSpectrum(grid.length);
  forEachSpectrum(samples, stft, (frame, real, imaginary) => {
    const seconds = (frame * stft.hopSamples + stft.fftSize / 2) / sampleRateHz;
    const speed = valueAt(timesSeconds, metresPerSecond, seconds);
    if (speed > approachLimit && speed < departLimit) return;
    const group = speed <= approachLimit ? approach : depart;
    group.add(logSpectrum(real, imaginary, grid), pitchRatio(speed));
  });
  if (approach.count === 0 || depart.count === 0) return null;
  const expectedSemitones = 12 * Math.log2(depart.meanRatio / approach.meanRatio);
  const reachSemitones = Math.max(
    largestShift.semitones,
    largestShift.timesExpected * Math.abs(expectedSemitones),
  );
  const shift = bestShift(approach.detrended(), depart.detrended(), reachSemitones);
  if (shift === null) return null;
  const measuredSemitones = shift.bins / binsPerSemitone;
  return {
    measuredSemitones,
    expectedSemitones,
    hasRightSign: measuredSemitones / expectedSemitones >= 0.1,
    confidence: shift.correlation,
  };
}

/** Heard over emitted frequency of a source that recedes at a speed. */
function pitchRatio(metresPerSecond: number): number {
  return speedOfSound / (speedOfSound + metresPerSecond);
}

/** FFT bin (not whole) of each point of the grid, evenly spaced in pitch from 120 Hz to 0.9 of half the rate. */
function logFrequencyGrid(sampleRateHz: number): Float64Array {
  const count = Math.floor(12 * binsPerSemitone * Math.log2((0.45 * sampleRateHz) / lowestHz));
  return Float64Array.from({ length: count }, (_, index) => {
    const hz = lowestHz * 2 ** (index / (12 * binsPerSemitone));
    return (hz * stft.fftSize) / sampleRateHz;
  });
}

/** Log magnitudes on the grid, without their mean; null for silence. */
function logSpectrum(real: Float64Array, imaginary: Float64Array, grid: Float64Array): Float64Array | null {
  const magnitudes = real.map((value, bin) => Math.hypot(value, imaginary[bin]!));
  const loudest = magnitudes.reduce((most, value) => Math.max(most, value), 0);
  if (loudest < 1e-6) return null;
  const logs = grid.map((position) => {
    const bin = Math.floor(position);
    const share = position - bin;
    const magnitude = magnitudes[bin]! * (1 - share) + magnitudes[bin + 1]! * share;
    return Math.log(Math.max(magnitude, loudest * 1e-4)); // 80 dB
  });
  const average = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  return logs.map((value) => value - average);
}

class MeanSpectrum {
  readonly #sum: Float64Array;
  #ratios = 0;
  count = 0;

  constructor(size: number) {
    this.#sum = new Float64Array(size);
  }

  add(spectrum: Float64Array | null, ratio: number): void {
    if (spectrum === null) return;
    for (let index = 0; index < spectrum.length; index++) this.#sum[index]! += spectrum[index]!;
    this.#ratios += ratio;
    this.count++;
  }

  get meanRatio(): number {
    return this.#ratios / this.count;
  }

  /** The mean spectrum without its course over a fifth to each side: peaks and dips remain. */
  detrended(): Float64Array {
    const reach = 7 * binsPerSemitone;
    return this.#sum.map((value, index) => {
      const around = this.#sum.subarray(Math.max(0, index - reach), index + reach + 1);
      return (value - around.reduce((sum, other) => sum + other, 0) / around.length) / this.count;
    });
  }
}

/** The shift, in grid points, that makes the second row most like the first; refined by a parabola. */
function bestShift(
  before: Float64Array,
  after: Float64Array,
  reachSemitones: number,
): { bins: number; correlation: number } | null {
  const reach = Math.ceil(reachSemitones * binsPerSemitone);
  const core = before.subarray(reach, before.length - reach);
  const scores: number[] = [];
  for (let shift = -reach; shift <= reach; shift++) {
    const moved = after.subarray(reach + shift, reach + shift + core.length);
    const score = correlation(core, moved);
    if (score === null) return null;
    scores.push(score);
  }
  const best = scores.indexOf(Math.max(...scores));
  const [left, peak, right] = [scores[best - 1] ?? 0, scores[best]!, scores[best + 1] ?? 0];
  const isInside = best > 0 && best < scores.length - 1;
  const curvature = left - 2 * peak + right;
  const offset = isInside && curvature < 0 ? (left - right) / (2 * curvature) : 0;
  return { bins: best - reach + offset, correlation: peak };
}
