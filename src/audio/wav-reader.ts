/** @file WAV bytes to a wave: RIFF and RF64, PCM 8 to 32 bits, float 32 and 64, strict about every size. */
import { FoleyError } from '../errors/foley-error.js';
import { riffSizeLimit, wavFormatTag } from './wav-format.js';
import { createWave, type Wave } from './wave.js';

/** More channels than any layout in use, fewer than a damaged header would claim. */
const maxChannels = 64;
const maxSampleRateHz = 768_000;

interface SampleLayout {
  readonly isFloat: boolean;
  readonly bits: number;
  readonly channelCount: number;
  readonly sampleRateHz: number;
}

/**
 * Reads a whole WAV file.
 * @param name what to call the file in messages
 * @throws FoleyError `input-rejected` when a size, a format field or a sample does not add up.
 */
export function decodeWav(bytes: Uint8Array, name = 'WAV data'): Wave {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reject = (why: string, hint?: string): never => {
    throw new FoleyError('input-rejected', `${name}: ${why}`, hint === undefined ? {} : { hint });
  };
  const tagAt = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));

  if (bytes.length < 12) reject('too short for a WAV file');
  const container = tagAt(0);
  if (container !== 'RIFF' && container !== 'RF64' && container !== 'BW64') reject('not a RIFF or RF64 file');
  if (tagAt(8) !== 'WAVE') reject('a RIFF file, but not WAVE');

  let longDataBytes: number | null = null;
  let layout: SampleLayout | null = null;
  let at = 12;
  while (at + 8 <= bytes.length) {
    const tag = tagAt(at);
    const declared = view.getUint32(at + 4, true);
    const start = at + 8;
    const isLong = tag === 'data' && container !== 'RIFF' && declared === riffSizeLimit;
    if (isLong && longDataBytes === null) reject('RF64 without a ds64 chunk before its data');
    const size = isLong ? longDataBytes! : declared;
    if (size > bytes.length - start) {
      reject(
        `the "${printable(tag)}" chunk claims ${size} bytes, ${bytes.length - start} are left`,
        'The file is cut off or was written to a pipe; write it again to a seekable file.',
      );
    }
    if (tag === 'ds64') {
      if (size < 24) reject('the ds64 chunk is too short');
      const long = view.getBigUint64(start + 8, true);
      if (long > BigInt(bytes.length))
        reject(`ds64 claims ${long} bytes of samples, the file has ${bytes.length}`);
      longDataBytes = Number(long);
    } else if (tag === 'fmt ') {
      if (layout !== null) reject('two format chunks');
      if (size < 16) reject('the format chunk is too short');
      layout = readLayout(view, start, size, reject);
    } else if (tag === 'data') {
      if (layout === null) return reject('samples before the format chunk');
      return createWave(layout.sampleRateHz, readSamples(view, start, size, layout, reject));
    }
    at = start + size + (size % 2);
  }
  return reject('no data chunk');
}

/** Whether bytes start like a WAV file. */
export function isWav(bytes: Uint8Array): boolean {
  if (bytes.length < 12) return false;
  const tag = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  return ['RIFF', 'RF64', 'BW64'].includes(tag(0)) && tag(8) === 'WAVE';
}

type Reject = (why: string, hint?: string) => never;

function readLayout(view: DataView, start: number, size: number, reject: Reject): SampleLayout {
  let formatTag = view.getUint16(start, true);
  const channelCount = view.getUint16(start + 2, true);
  const sampleRateHz = view.getUint32(start + 4, true);
  const blockBytes = view.getUint16(start + 12, true);
  const bits = view.getUint16(start + 14, true);
  if (formatTag === wavFormatTag.extensible) {
    if (size < 40) reject('the extensible format chunk is too short');
    formatTag = view.getUint16(start + 24, true); // first two bytes of the sub-format GUID
  }
  if (formatTag !== wavFormatTag.pcm && formatTag !== wavFormatTag.float) {
    reject(
      `format tag ${formatTag} is not PCM or float`,
      'Convert it to 16-bit PCM, or pass FLAC, MP3, AAC or Ogg.',
    );
  }
  const isFloat = formatTag === wavFormatTag.float;
  if (!(isFloat ? [32, 64] : [8, 16, 24, 32]).includes(bits)) {
    reject(`${bits}-bit ${isFloat ? 'float' : 'PCM'} is not supported`);
  }
  if (channelCount < 1 || channelCount > maxChannels)
    reject(`${channelCount} channels, 1 to ${maxChannels} allowed`);
  if (sampleRateHz < 1 || sampleRateHz > maxSampleRateHz) reject(`a sample rate of ${sampleRateHz} Hz`);
  if (blockBytes !== (channelCount * bits) / 8) {
    reject(`block size ${blockBytes} does not fit ${channelCount} channels of ${bits} bits`);
  }
  return { isFloat, bits, channelCount, sampleRateHz };
}

function readSamples(
  view: DataView,
  start: number,
  size: number,
  layout: SampleLayout,
  reject: Reject,
): Float32Array[] {
  const { channelCount, bits } = layout;
  const bytesPerSample = bits / 8;
  const blockBytes = channelCount * bytesPerSample;
  if (size % blockBytes !== 0)
    reject(`${size} bytes of samples are not a whole number of ${blockBytes}-byte blocks`);
  const length = size / blockBytes;
  const read = sampleReader(view, layout);
  const channels = Array.from({ length: channelCount }, () => new Float32Array(length));
  for (const [index, channel] of channels.entries()) {
    let at = start + index * bytesPerSample;
    for (let i = 0; i < length; i++) {
      channel[i] = read(at);
      if (layout.isFloat && !Number.isFinite(channel[i]))
        reject(`sample ${i} of channel ${index} is not a finite number`);
      at += blockBytes;
    }
  }
  return channels;
}

/** A function from byte position to a sample in -1..1 (float files may exceed it). */
function sampleReader(view: DataView, { isFloat, bits }: SampleLayout): (at: number) => number {
  if (isFloat) return bits === 32 ? (at) => view.getFloat32(at, true) : (at) => view.getFloat64(at, true);
  if (bits === 8) return (at) => (view.getUint8(at) - 128) / 128; // 8-bit WAV is unsigned
  if (bits === 16) return (at) => view.getInt16(at, true) / 32768;
  if (bits === 24) return (at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8388608;
  return (at) => view.getInt32(at, true) / 2147483648;
}

/** A four-character code without control characters, for messages. */
function printable(tag: string): string {
  return tag.replaceAll(/[^\x20-\x7e]/g, '?');
}
