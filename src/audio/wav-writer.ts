/** @file Waves to WAV bytes: 16-bit, 24-bit or float32, whole or in chunks. */
import { type WavHeaderFields, type WavSampleFormat, wavBytesPerSample, wavHeader } from './wav-format.js';
import { sampleCount, type Wave } from './wave.js';

export interface EncodeWavOptions {
  /** Default `pcm16`. */
  readonly format?: WavSampleFormat;
  /** Default `auto`: RF64 only where 32-bit sizes do not reach. */
  readonly container?: WavHeaderFields['container'];
}

/** About a megabyte of mono 16-bit samples per chunk. */
const chunkSamples = 1 << 19;

/**
 * The bytes of a WAV file, chunk by chunk, so that a long wave never exists twice in memory.
 * Integer formats map full scale to 2^(bits-1), round to nearest, and clip: no sample ever wraps.
 */
export function* encodeWavChunks(
  wave: Wave,
  options: EncodeWavOptions = {},
): Generator<Uint8Array, void, void> {
  const format = options.format ?? 'pcm16';
  const length = sampleCount(wave);
  yield wavHeader({
    sampleRateHz: wave.sampleRateHz,
    channelCount: wave.channels.length,
    sampleCount: length,
    format,
    container: options.container ?? 'auto',
  });
  for (let start = 0; start < length; start += chunkSamples) {
    yield encodeSamples(wave, start, Math.min(start + chunkSamples, length), format);
  }
  if ((length * wave.channels.length * wavBytesPerSample(format)) % 2 === 1) yield new Uint8Array(1); // chunks are word-aligned
}

/** A whole WAV file. */
export function encodeWav(wave: Wave, options: EncodeWavOptions = {}): Uint8Array {
  const chunks = [...encodeWavChunks(wave, options)];
  const bytes = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Interleaved little-endian samples `start..end`. */
function encodeSamples(wave: Wave, start: number, end: number, format: WavSampleFormat): Uint8Array {
  const bytesPerSample = wavBytesPerSample(format);
  const view = new DataView(new ArrayBuffer((end - start) * wave.channels.length * bytesPerSample));
  let at = 0;
  for (let i = start; i < end; i++) {
    for (const channel of wave.channels) {
      const sample = channel[i]!;
      if (format === 'float32') view.setFloat32(at, sample, true);
      else if (format === 'pcm16') view.setInt16(at, quantise(sample, 16), true);
      else {
        const value = quantise(sample, 24);
        view.setInt16(at, value & 0xffff, true);
        view.setInt8(at + 2, value >> 16);
      }
      at += bytesPerSample;
    }
  }
  return new Uint8Array(view.buffer);
}

/** Nearest integer level of a sample in -1..1, clipped to the range of `bits`. NaN becomes 0. */
export function quantise(sample: number, bits: 16 | 24): number {
  const fullScale = 2 ** (bits - 1);
  return Math.max(-fullScale, Math.min(fullScale - 1, Math.round(sample * fullScale))) || 0;
}
