/** @file The header of a WAV file: sample formats, and RIFF or RF64 bytes for a given length. */
import { FoleyError } from '../errors/foley-error.js';

/** How samples are stored in a WAV file. */
export type WavSampleFormat = 'pcm16' | 'pcm24' | 'float32';

export const wavFormatTag = { pcm: 1, float: 3, extensible: 0xfffe } as const;

/** What a 32-bit RIFF size field can hold; longer files are RF64 (EBU Tech 3306). */
export const riffSizeLimit = 0xffff_ffff;

const bytesPerSampleOf: Readonly<Record<WavSampleFormat, number>> = { pcm16: 2, pcm24: 3, float32: 4 };

export function wavBytesPerSample(format: WavSampleFormat): number {
  return bytesPerSampleOf[format];
}

export interface WavHeaderFields {
  readonly sampleRateHz: number;
  readonly channelCount: number;
  /** Samples per channel. */
  readonly sampleCount: number;
  readonly format: WavSampleFormat;
  /** `auto` writes RIFF while the sizes fit into 32 bits and RF64 beyond. */
  readonly container?: 'auto' | 'rf64';
}

/**
 * Everything before the samples.
 * 24-bit and more than two channels would call for WAVE_FORMAT_EXTENSIBLE by Microsoft's letter; every reader we know
 * accepts the short form, and the short form is what the smallest readers understand.
 * @throws FoleyError `output-failed` for a rate or channel count that the header cannot hold.
 */
export function wavHeader(fields: WavHeaderFields): Uint8Array {
  const { sampleRateHz, channelCount, sampleCount, format } = fields;
  if (channelCount < 1 || channelCount > 0xffff || sampleRateHz < 1 || sampleRateHz > 0xffff_ffff) {
    throw new FoleyError('output-failed', `WAV cannot hold ${channelCount} channels at ${sampleRateHz} Hz`);
  }
  const blockBytes = channelCount * wavBytesPerSample(format);
  const dataBytes = sampleCount * blockBytes;
  const isFloat = format === 'float32';
  const formatBytes = isFloat ? 18 : 16;
  const factBytes = isFloat ? 12 : 0;
  const plainBytes = 12 + 8 + formatBytes + factBytes + 8;
  const isRf64 = fields.container === 'rf64' || plainBytes + dataBytes + (dataBytes % 2) - 8 > riffSizeLimit;
  const headerBytes = plainBytes + (isRf64 ? 36 : 0);
  const riffBytes = headerBytes + dataBytes + (dataBytes % 2) - 8;

  const view = new DataView(new ArrayBuffer(headerBytes));
  let at = 0;
  const text = (value: string) => {
    for (const character of value) view.setUint8(at++, character.charCodeAt(0));
  };
  const uint16 = (value: number) => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const uint32 = (value: number) => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const uint64 = (value: number) => {
    view.setBigUint64(at, BigInt(value), true);
    at += 8;
  };

  text(isRf64 ? 'RF64' : 'RIFF');
  uint32(isRf64 ? riffSizeLimit : riffBytes);
  text('WAVE');
  if (isRf64) {
    text('ds64');
    uint32(28);
    uint64(riffBytes);
    uint64(dataBytes);
    uint64(sampleCount);
    uint32(0); // no table of further long chunks
  }
  text('fmt ');
  uint32(formatBytes);
  uint16(isFloat ? wavFormatTag.float : wavFormatTag.pcm);
  uint16(channelCount);
  uint32(sampleRateHz);
  uint32(Math.min(sampleRateHz * blockBytes, 0xffff_ffff));
  uint16(blockBytes);
  uint16(8 * wavBytesPerSample(format));
  if (isFloat) {
    uint16(0); // length of the extension, required for formats other than PCM, as is the fact chunk
    text('fact');
    uint32(4);
    uint32(Math.min(sampleCount, 0xffff_ffff));
  }
  text('data');
  uint32(isRf64 ? riffSizeLimit : dataBytes);
  return new Uint8Array(view.buffer);
}
