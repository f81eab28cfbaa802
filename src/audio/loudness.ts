/** @file Loudness after ITU-R BS.1770-4 and EBU R 128: momentary, short-term, integrated with gating, and range. */
import { FoleyError } from '../errors/foley-error.js';
import { kWeighted } from './k-weighting.js';
import { sampleCount, type Wave } from './wave.js';

/** Time between two values of the loudness curves; also the step of the gating blocks. */
export const loudnessStepSeconds = 0.1;

const momentarySteps = 4; // 0.4 s
const shortTermSteps = 30; // 3 s
const absoluteGateLufs = -70;
const relativeGateLu = -10;
const rangeGateLu = -20; // EBU Tech 3342

/** What a meter says of a wave. `-Infinity` where there is nothing above the absolute gate. */
export interface Loudness {
  /** Of the whole, gated at -70 LUFS and at 10 LU below what remains. */
  readonly integratedLufs: number;
  /** One value per 0.1 s, from the 0.4 s that begin there. */
  readonly momentaryLufs: Float64Array;
  /** One value per 0.1 s, from the 3 s that begin there; empty for waves shorter than that. */
  readonly shortTermLufs: Float64Array;
  /** Loudness range (EBU Tech 3342); 0 without short-term values above the gate. */
  readonly rangeLu: number;
}

/**
 * Measures a wave. One or two channels count fully; with five or six (L R C [LFE] Ls Rs) the surrounds count 1.41 and
 * the LFE nothing. A wave shorter than one gating block of 0.4 s is measured as one block of its own length, which the
 * standard leaves undefined.
 * @throws FoleyError `input-rejected` for more than six channels, whose positions would have to be guessed.
 */
export function measureLoudness(wave: Wave): Loudness {
  const powers = stepPowers(wave);
  const momentary =
    powers.lengths.length < momentarySteps ? wholePower(powers) : slidingPower(powers, momentarySteps);
  const shortTerm = slidingPower(powers, shortTermSteps);
  return {
    integratedLufs: gatedLoudness(momentary),
    momentaryLufs: momentary.map(powerToLufs),
    shortTermLufs: shortTerm.map(powerToLufs),
    rangeLu: loudnessRange(shortTerm),
  };
}

/** Integrated loudness alone. */
export function integratedLoudness(wave: Wave): number {
  return measureLoudness(wave).integratedLufs;
}

/** Weighted sums of squares of consecutive steps of 0.1 s. */
interface StepPowers {
  readonly sums: Float64Array;
  readonly lengths: Float64Array;
  /** Whole signal, with the tail that fills no step. */
  readonly totalSum: number;
  readonly totalLength: number;
}

function stepPowers(wave: Wave): StepPowers {
  const length = sampleCount(wave);
  const boundary = (step: number) => Math.round(step * loudnessStepSeconds * wave.sampleRateHz);
  let steps = 0;
  while (boundary(steps + 1) <= length) steps++;
  const sums = new Float64Array(steps);
  const lengths = Float64Array.from({ length: steps }, (_, step) => boundary(step + 1) - boundary(step));
  let totalSum = 0;
  for (const [index, channel] of wave.channels.entries()) {
    const weight = channelWeight(index, wave.channels.length);
    if (weight === 0) continue;
    const weighted = kWeighted(channel, wave.sampleRateHz);
    for (let step = 0; step <= steps; step++) {
      let sum = 0;
      const end = step < steps ? boundary(step + 1) : length;
      for (let i = boundary(step); i < end; i++) sum += weighted[i]! * weighted[i]!;
      if (step < steps) sums[step]! += weight * sum;
      totalSum += weight * sum;
    }
  }
  return { sums, lengths, totalSum, totalLength: length };
}

function channelWeight(index: number, channelCount: number): number {
  if (channelCount > 6) {
    throw new FoleyError(
      'input-rejected',
      `loudness of ${channelCount} channels is not defined here, at most 6 are`,
    );
  }
  if (channelCount < 5 || index < 3) return 1;
  if (channelCount === 6 && index === 3) return 0; // LFE
  return 1.41;
}

/** Mean power of `steps` consecutive steps, from each step on. */
function slidingPower({ sums, lengths }: StepPowers, steps: number): Float64Array {
  const count = Math.max(0, sums.length - steps + 1);
  return Float64Array.from({ length: count }, (_, first) => {
    let sum = 0;
    let length = 0;
    for (let step = first; step < first + steps; step++) {
      sum += sums[step]!;
      length += lengths[step]!;
    }
    return sum / length;
  });
}

function wholePower({ totalSum, totalLength }: StepPowers): Float64Array {
  return totalLength === 0 ? new Float64Array(0) : Float64Array.of(totalSum / totalLength);
}

function powerToLufs(power: number): number {
  return -0.691 + 10 * Math.log10(power);
}

function gatedLoudness(blockPowers: Float64Array): number {
  const audible = blockPowers.filter((power) => powerToLufs(power) > absoluteGateLufs);
  if (audible.length === 0) return Number.NEGATIVE_INFINITY;
  const gate = powerToLufs(mean(audible)) + relativeGateLu;
  return powerToLufs(mean(audible.filter((power) => powerToLufs(power) > gate)));
}

function loudnessRange(shortTermPowers: Float64Array): number {
  const audible = shortTermPowers.filter((power) => powerToLufs(power) >= absoluteGateLufs);
  if (audible.length === 0) return 0;
  const gate = powerToLufs(mean(audible)) + rangeGateLu;
  const sorted = audible
    .map(powerToLufs)
    .filter((lufs) => lufs >= gate)
    .sort();
  const percentile = (share: number) => sorted[Math.round((sorted.length - 1) * share)]!;
  return percentile(0.95) - percentile(0.1);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
