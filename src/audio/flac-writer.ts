/** @file Waves to FLAC files, lossless at 16 or 24 bits, with libFLAC compiled to WebAssembly. */
import {
  AudioSample,
  AudioSampleSource,
  BufferTarget,
  canEncodeAudio,
  FlacOutputFormat,
  Output,
} from 'mediabunny';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { quantise } from './wav-writer.js';
import { sampleCount, type Wave } from './wave.js';

/** Rates the encoder takes. */
export const flacSampleRatesHz: readonly number[] = [
  8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000,
];

export interface EncodeFlacOptions {
  /** Default 16. */
  readonly bitsPerSample?: 16 | 24;
}

/** Samples handed over at a time. */
const blockSamples = 1 << 16;

/**
 * A whole FLAC file. Samples are rounded and clipped as in a WAV of the same depth.
 * @throws FoleyError `output-failed` for an empty wave, a rate not in `flacSampleRatesHz`, or more than 8 channels.
 */
export async function encodeFlac(wave: Wave, options: EncodeFlacOptions = {}): Promise<Uint8Array> {
  const bitsPerSample = options.bitsPerSample ?? 16;
  const channelCount = wave.channels.length;
  const length = sampleCount(wave);
  if (length === 0) throw new FoleyError('output-failed', 'FLAC cannot hold a wave without samples');
  if (channelCount > 8 || !flacSampleRatesHz.includes(wave.sampleRateHz)) {
    throw new FoleyError(
      'output-failed',
      `FLAC cannot hold ${channelCount} channels at ${wave.sampleRateHz} Hz`,
      {
        hint: 'Resample to a common rate, or write WAV.',
      },
    );
  }
  await registerLibFlac();
  try {
    const target = new BufferTarget();
    const output = new Output({ format: new FlacOutputFormat(), target });
    const source = new AudioSampleSource({ codec: 'flac' });
    output.addAudioTrack(source);
    await output.start();
    for (let start = 0; start < length; start += blockSamples) {
      const sample = new AudioSample({
        data: interleaved(wave, start, Math.min(start + blockSamples, length), bitsPerSample),
        format: bitsPerSample === 16 ? 's16' : 's32',
        numberOfChannels: channelCount,
        sampleRate: wave.sampleRateHz,
        timestamp: start / wave.sampleRateHz,
      });
      await source.add(sample);
      sample.close();
    }
    await output.finalize();
    if (target.buffer === null) throw new FoleyError('output-failed', 'the FLAC encoder delivered nothing');
    return new Uint8Array(target.buffer);
  } catch (thrown) {
    if (thrown instanceof FoleyError) throw thrown;
    throw new FoleyError('output-failed', `FLAC encoding failed: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/**
 * Makes libFLAC the encoder that mediabunny takes: the one that is registered first. FFmpeg's, which comes with other
 * codecs, fills the last block with silence, and does not give the same bytes twice.
 */
export async function registerLibFlac(): Promise<void> {
  if (await canEncodeAudio('flac', { numberOfChannels: 1, sampleRate: 16_000 })) return;
  (await import('@mediabunny/flac-encoder')).registerFlacEncoder(); // half a megabyte of WebAssembly
}

/** Samples `start..end`, channel by channel within each; 24-bit values stand in the upper bits of 32. */
function interleaved(
  wave: Wave,
  start: number,
  end: number,
  bitsPerSample: 16 | 24,
): Int16Array | Int32Array {
  const channelCount = wave.channels.length;
  const size = (end - start) * channelCount;
  const data = bitsPerSample === 16 ? new Int16Array(size) : new Int32Array(size);
  const factor = bitsPerSample === 16 ? 1 : 256;
  for (const [index, channel] of wave.channels.entries()) {
    for (let i = start; i < end; i++) {
      data[(i - start) * channelCount + index] = quantise(channel[i]!, bitsPerSample) * factor;
    }
  }
  return data;
}
