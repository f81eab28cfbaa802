/** @file Sound files of any common kind to a wave, from bytes or from a mediabunny source. */
import { ALL_FORMATS, BufferSource, Input, type InputAudioTrack, type Source } from 'mediabunny';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { type AudioBlockReader, readBlocks } from './audio-blocks.js';
import { decodeWav, isWav } from './wav-reader.js';
import { createWave, cut, type Wave } from './wave.js';

export interface DecodeAudioOptions {
  /** What to call the input in messages. */
  readonly name?: string;
  /** A longer track is refused, so that a hostile file cannot fill the memory. Default one hour. */
  readonly maxSeconds?: number;
  /** What decodes; default mediabunny itself (WebCodecs). Node passes FFmpeg. */
  readonly reader?: AudioBlockReader;
}

export interface DecodedAudio {
  readonly wave: Wave;
  /** Presentation time of the first sample; not 0 where a soundtrack starts late. */
  readonly startSeconds: number;
  /** `wav`, or mediabunny's name: `vorbis`, `mp3`, `aac`, `flac`, `opus`, ... */
  readonly codec: string;
}

const defaultMaxSeconds = 3600;

/**
 * Decodes WAV, FLAC, MP3, AAC (ADTS, MP4), Ogg Vorbis and Opus, WebM: the primary audio track of anything mediabunny
 * opens. What an encoder put before time 0, and its padding after the declared end, is cut off where the container
 * says so; MP3 does not, and keeps its delay of some 50 ms.
 * @throws FoleyError `input-rejected` when it is not audio or is damaged; `platform-missing` without a decoder;
 *   `limit-exceeded` beyond `maxSeconds`.
 */
export async function decodeAudio(
  bytes: Uint8Array,
  options: DecodeAudioOptions = {},
): Promise<DecodedAudio> {
  if (isWav(bytes)) return { wave: decodeWav(bytes, options.name), startSeconds: 0, codec: 'wav' };
  return decodeAudioSource(new BufferSource(bytes), options);
}

/** As `decodeAudio`, from a mediabunny source, so that a long video is not read whole. */
export async function decodeAudioSource(
  source: Source,
  options: DecodeAudioOptions = {},
): Promise<DecodedAudio> {
  const name = options.name ?? 'audio data';
  const input = new Input({ source, formats: ALL_FORMATS });
  try {
    const track = await input.getPrimaryAudioTrack();
    if (track === null) throw new FoleyError('input-rejected', `${name}: no audio track`);
    const codec = (await track.getCodec()) ?? 'unknown';
    return { ...(await decodeTrack(track, name, options)), codec };
  } catch (thrown) {
    if (thrown instanceof FoleyError) throw thrown;
    throw new FoleyError('input-rejected', `${name}: cannot be decoded as audio: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  } finally {
    input.dispose();
  }
}

async function decodeTrack(
  track: InputAudioTrack,
  name: string,
  options: DecodeAudioOptions,
): Promise<{ wave: Wave; startSeconds: number }> {
  const maxSeconds = options.maxSeconds ?? defaultMaxSeconds;
  const blocks: Float32Array[][] = [];
  let firstSeconds = 0;
  let rateHz = 0;
  let length = 0;
  for await (const block of (options.reader ?? readBlocks)(track)) {
    if (blocks.length === 0) {
      firstSeconds = block.timeSeconds;
      rateHz = block.sampleRateHz;
      for (const channel of block.channels) blocks.push([channel]);
    } else {
      if (block.sampleRateHz !== rateHz || block.channels.length !== blocks.length) {
        throw new FoleyError(
          'input-rejected',
          `${name}: the sample rate or channel count changes on the way`,
        );
      }
      for (const [index, channel] of block.channels.entries()) blocks[index]!.push(channel);
    }
    length += block.channels[0]?.length ?? 0;
    if (length > maxSeconds * rateHz)
      throw new FoleyError('limit-exceeded', `${name}: longer than ${maxSeconds} s`);
  }
  if (length === 0) throw new FoleyError('input-rejected', `${name}: no sound in its audio track`);

  const whole = createWave(
    rateHz,
    blocks.map((channel) => joined(channel, length)),
  );
  const declaredEnd = Math.round(((await track.computeDuration()) - firstSeconds) * rateHz);
  const delaySamples = Math.max(0, Math.round(-firstSeconds * rateHz));
  return {
    wave: cut(whole, delaySamples, declaredEnd > delaySamples ? declaredEnd : length),
    startSeconds: Math.max(0, firstSeconds),
  };
}

function joined(blocks: readonly Float32Array[], length: number): Float32Array {
  const whole = new Float32Array(length);
  let at = 0;
  for (const block of blocks) {
    whole.set(block, at);
    at += block.length;
  }
  return whole;
}
