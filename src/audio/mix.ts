/** @file Adds waves up: placed in time, with gain and equal-power pan. */
import { FoleyError } from '../errors/foley-error.js';
import {
  createWave,
  decibelsToAmplitude,
  mixdown,
  sampleCount,
  secondsToSamples,
  type Wave,
} from './wave.js';

/** One part of a mix. */
export interface MixPart {
  readonly wave: Wave;
  /** Default 0 dB. `-Infinity` mutes. */
  readonly gainDb?: number;
  /** -1 left, 0 middle, 1 right; default 0. Only a stereo mix can pan. */
  readonly pan?: number;
  /** Where the part begins in the mix; default 0. */
  readonly startSeconds?: number;
}

export interface MixOptions {
  readonly channelCount: 1 | 2;
  /** Length of the mix; parts are cut there. Default: to the end of the last part. */
  readonly lengthSamples?: number;
}

/**
 * Sums parts of one sample rate. A mono part pans with equal power: -3 dB on both sides in the middle, full on one side
 * at its end. A stereo part keeps its picture and is balanced: the far side is turned down by the same law, the near
 * side never up. A mono mix takes the mean of a stereo part's channels. Nothing is clipped.
 * @throws FoleyError `input-rejected` for differing rates, no parts, more than two channels, or a pan outside -1..1.
 */
export function mix(parts: readonly MixPart[], options: MixOptions): Wave {
  const first = parts[0];
  if (first === undefined) throw new FoleyError('input-rejected', 'a mix needs at least one part');
  const { sampleRateHz } = first.wave;
  const starts = parts.map((part) => secondsToSamples(part.startSeconds ?? 0, sampleRateHz));
  const length =
    options.lengthSamples ?? Math.max(...parts.map((part, index) => starts[index]! + sampleCount(part.wave)));
  const sums = Array.from({ length: options.channelCount }, () => new Float64Array(length));
  for (const [index, part] of parts.entries()) {
    checkPart(part, sampleRateHz, options.channelCount);
    const amplitude = decibelsToAmplitude(part.gainDb ?? 0);
    const sources = options.channelCount === 1 ? mixdown(part.wave).channels : part.wave.channels;
    const gains = options.channelCount === 1 ? [1] : sideGains(part.pan ?? 0, sources.length);
    for (const [side, sum] of sums.entries()) {
      addInto(sum, sources[Math.min(side, sources.length - 1)]!, starts[index]!, amplitude * gains[side]!);
    }
  }
  return createWave(
    sampleRateHz,
    sums.map((sum) => Float32Array.from(sum)),
  );
}

/** Left and right gain of the equal-power law: their squares sum to 1. */
export function equalPowerPan(pan: number): readonly [left: number, right: number] {
  const angle = ((pan + 1) * Math.PI) / 4;
  return pan >= 1 ? [0, 1] : pan <= -1 ? [1, 0] : [Math.cos(angle), Math.sin(angle)];
}

function sideGains(pan: number, channelCount: number): readonly [left: number, right: number] {
  const [left, right] = equalPowerPan(pan);
  if (channelCount === 1) return [left, right];
  return [Math.min(1, left * Math.SQRT2), Math.min(1, right * Math.SQRT2)];
}

function addInto(sum: Float64Array, source: Float32Array, start: number, factor: number): void {
  if (factor === 0) return;
  const end = Math.min(source.length, sum.length - start);
  for (let i = 0; i < end; i++) sum[start + i]! += factor * source[i]!;
}

function checkPart(part: MixPart, sampleRateHz: number, channelCount: number): void {
  if (part.wave.sampleRateHz !== sampleRateHz) {
    throw new FoleyError('input-rejected', `a mix of ${sampleRateHz} Hz and ${part.wave.sampleRateHz} Hz`, {
      hint: 'Resample the parts to one rate first.',
    });
  }
  if (part.wave.channels.length > 2) {
    throw new FoleyError(
      'input-rejected',
      `a part of a mix has ${part.wave.channels.length} channels, at most 2 fit`,
    );
  }
  const pan = part.pan ?? 0;
  if (!(pan >= -1 && pan <= 1)) throw new FoleyError('input-rejected', `pan must lie in -1..1, got ${pan}`);
  if (pan !== 0 && channelCount === 1) throw new FoleyError('input-rejected', 'a mono mix cannot pan');
  if (Number.isNaN(part.gainDb)) throw new FoleyError('input-rejected', 'gain must be a number of decibels');
}
