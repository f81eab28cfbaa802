/** @file Puts the packets and samples of an audio track on the clip's clock: codec delays, pre-skip and origin. */
import { open } from 'node:fs/promises';
import type { InputAudioTrack } from 'mediabunny';
import { FoleyError } from '../errors/foley-error.js';
import { readMatroskaDelays } from './matroska-delay.js';
import type { OpenMedia } from './open-media.node.js';

/**
 * A packet's clip time is when the first sample that the decoder makes of it would be heard. Matroska stores it late
 * by the codec delay (RFC 9559); MP4 says the same with an edit list, which mediabunny already applies.
 */
export interface AudioClock {
  /** Seconds to subtract from a packet's time as mediabunny reports it to get clip time. */
  readonly packetOriginSeconds: number;
  /** What an Opus decoder throws away of the first packet, so that its samples start later; 0 for other codecs. */
  readonly opusPreSkipSeconds: number;
}

export async function readAudioClock(media: OpenMedia, track: InputAudioTrack): Promise<AudioClock> {
  const isMatroska = media.facts.container === 'webm' || media.facts.container === 'mkv';
  const codecDelaySeconds = isMatroska ? await readCodecDelay(media, track.id) : 0;
  const opusPreSkipSeconds = await readOpusPreSkip(track);
  return { packetOriginSeconds: media.originSeconds + codecDelaySeconds, opusPreSkipSeconds };
}

/** @throws FoleyError 'usage' when the clip has no such track. */
export function audioTrackAt(media: OpenMedia, trackIndex: number): InputAudioTrack {
  const track = media.audioTracks[trackIndex];
  if (track !== undefined) return track;
  throw new FoleyError('usage', `${media.path} has no audio track ${trackIndex}`, {
    hint:
      media.audioTracks.length === 0
        ? 'The clip is silent.'
        : `It has ${media.audioTracks.length}, counted from 0.`,
  });
}

async function readCodecDelay(media: OpenMedia, trackNumber: number): Promise<number> {
  const file = await open(media.path, 'r');
  try {
    const read = async (offset: number, length: number) => {
      const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    const delays = await readMatroskaDelays(read, media.facts.byteLength);
    return delays.find((delay) => delay.trackNumber === trackNumber)?.codecDelay?.seconds ?? 0;
  } finally {
    await file.close();
  }
}

/** Bytes 10 and 11 of the identification header, in samples at 48 kHz (RFC 7845, section 5.1). */
async function readOpusPreSkip(track: InputAudioTrack): Promise<number> {
  if ((await track.getCodec()) !== 'opus') return 0;
  const description = (await track.getDecoderConfig())?.description;
  if (description === undefined) return 0;
  const view = ArrayBuffer.isView(description)
    ? new DataView(description.buffer, description.byteOffset, description.byteLength)
    : new DataView(description);
  return view.byteLength >= 12 ? view.getUint16(10, true) / 48_000 : 0;
}
