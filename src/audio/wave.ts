/** @file The wave: samples with a rate, and the small things that are done to one. */
import { FoleyError } from '../errors/foley-error.js';

/** Sound as numbers. Full scale is -1..1; every channel has the same length. Never changed in place. */
export interface Wave {
  readonly sampleRateHz: number;
  /** One `Float32Array` of samples per channel, `[channels][samples]`. */
  readonly channels: readonly Float32Array[];
}

/**
 * Makes a wave and checks it.
 * @throws FoleyError `input-rejected` for no channel, channels of unequal length, or a rate that is not a positive integer.
 */
export function createWave(sampleRateHz: number, channels: readonly Float32Array[]): Wave {
  if (!Number.isInteger(sampleRateHz) || sampleRateHz <= 0) {
    throw new FoleyError('input-rejected', `a wave needs a positive whole sample rate, got ${sampleRateHz}`);
  }
  if (channels.length === 0) throw new FoleyError('input-rejected', 'a wave needs at least one channel');
  const length = channels[0]!.length;
  for (const [index, channel] of channels.entries()) {
    if (channel.length !== length) {
      throw new FoleyError(
        'input-rejected',
        `channel ${index} has ${channel.length} samples, channel 0 has ${length}`,
      );
    }
  }
  return { sampleRateHz, channels };
}

/** A silent wave of `round(seconds * rate)` samples. */
export function silence(seconds: number, sampleRateHz: number, channelCount = 1): Wave {
  const length = secondsToSamples(seconds, sampleRateHz);
  return createWave(
    sampleRateHz,
    Array.from({ length: channelCount }, () => new Float32Array(length)),
  );
}

/** Samples per channel. */
export function sampleCount(wave: Wave): number {
  return wave.channels[0]?.length ?? 0;
}

export function durationSeconds(wave: Wave): number {
  return sampleCount(wave) / wave.sampleRateHz;
}

/** Nearest whole number of samples. */
export function secondsToSamples(seconds: number, sampleRateHz: number): number {
  if (!Number.isFinite(seconds) || seconds < 0) {
    throw new FoleyError(
      'input-rejected',
      `a duration must be a finite number of seconds >= 0, got ${seconds}`,
    );
  }
  return Math.round(seconds * sampleRateHz);
}

/** Largest absolute sample over all channels, 0 for an empty wave. */
export function samplePeak(wave: Wave): number {
  let peak = 0;
  for (const channel of wave.channels) {
    for (let i = 0; i < channel.length; i++) {
      const magnitude = Math.abs(channel[i]!);
      if (magnitude > peak) peak = magnitude;
    }
  }
  return peak;
}

/** Applies `transform` to every channel and keeps the rate. */
export function mapChannels(
  wave: Wave,
  transform: (channel: Float32Array, index: number) => Float32Array,
): Wave {
  return createWave(wave.sampleRateHz, wave.channels.map(transform));
}

/** Multiplies by a linear factor. */
export function scale(wave: Wave, factor: number): Wave {
  return mapChannels(wave, (channel) => channel.map((sample) => sample * factor));
}

/** Gain in decibels; `-Infinity` gives silence. */
export function gain(wave: Wave, gainDb: number): Wave {
  return scale(wave, decibelsToAmplitude(gainDb));
}

export function decibelsToAmplitude(decibels: number): number {
  return 10 ** (decibels / 20);
}

/** `-Infinity` for 0. */
export function amplitudeToDecibels(amplitude: number): number {
  return 20 * Math.log10(amplitude);
}

/** Scales so that the sample peak is `peak`. Silence stays silence. */
export function normalisePeak(wave: Wave, peak: number): Wave {
  const present = samplePeak(wave);
  return present === 0 ? wave : scale(wave, peak / present);
}

/** One channel: the mean of all. A mono wave is returned as it is. */
export function mixdown(wave: Wave): Wave {
  if (wave.channels.length === 1) return wave;
  const mono = new Float32Array(sampleCount(wave));
  for (let i = 0; i < mono.length; i++) {
    let sum = 0;
    for (const channel of wave.channels) sum += channel[i]!;
    mono[i] = sum / wave.channels.length;
  }
  return createWave(wave.sampleRateHz, [mono]);
}

/** Samples `start` (inclusive) to `end` (exclusive), both clamped to the wave. */
export function cut(wave: Wave, startSample: number, endSample: number): Wave {
  const length = sampleCount(wave);
  const start = Math.min(Math.max(0, startSample), length);
  const end = Math.min(Math.max(start, endSample), length);
  return mapChannels(wave, (channel) => channel.slice(start, end));
}

/** Exactly `length` samples: cut at the end, or padded there with silence. */
export function fitSamples(wave: Wave, length: number): Wave {
  return mapChannels(wave, (channel) => {
    const fitted = new Float32Array(length);
    fitted.set(channel.subarray(0, length));
    return fitted;
  });
}

/** Exactly `round(seconds * rate)` samples: cut at the end, or padded there with silence. */
export function fitSeconds(wave: Wave, seconds: number): Wave {
  return fitSamples(wave, secondsToSamples(seconds, wave.sampleRateHz));
}
