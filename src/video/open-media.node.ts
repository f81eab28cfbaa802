/** @file Opens a clip: checks it from the outside in, and learns what can be known without decoding. */
import { open, stat } from 'node:fs/promises';
import {
  EncodedPacketSink,
  Input,
  type InputAudioTrack,
  type InputVideoTrack,
  MATROSKA,
  MP4,
  QTFF,
  type VideoCodec,
  WEBM,
} from 'mediabunny';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { silenceMediabunny } from './codecs.node.js';
import { findTruncation } from './container-extent.js';
import { identifyContainer, SIGNATURE_BYTES } from './container-signature.js';
import type { ReadBytes } from './ebml.js';
import { GuardedFileSource } from './guarded-source.node.js';
import {
  type AudioFacts,
  frameTiming,
  type MediaContainer,
  type MediaFacts,
  type VideoCodecName,
} from './media-facts.js';
import { assertWithinLimit, defaultMediaLimits, type MediaLimits } from './media-limits.js';
import { findImpossibleTable } from './mp4-tables.js';

/** A clip that passed every check short of decoding. Close it: it holds the file open. */
export interface OpenMedia {
  readonly path: string;
  readonly facts: MediaFacts;
  readonly limits: MediaLimits;
  readonly input: Input;
  readonly videoTrack: InputVideoTrack;
  readonly audioTracks: readonly InputAudioTrack[];
  /** Clip time 0 in the container's time; add it when asking mediabunny, subtract it from what mediabunny says. */
  readonly originSeconds: number;
  close(): void;
}

export interface OpenMediaOptions {
  /** Any of the limits, in place of {@link defaultMediaLimits}. */
  readonly limits?: Partial<MediaLimits>;
  readonly signal?: AbortSignal;
}

const codecNames: Readonly<Record<VideoCodec, VideoCodecName>> = {
  avc: 'h264',
  hevc: 'h265',
  vp8: 'vp8',
  vp9: 'vp9',
  av1: 'av1',
  prores: 'prores',
};
const damagedHint = 'The file may be damaged; a player that repairs it, or a new copy, may help.';
const repairHint = 'Copy or download the file again.';

/**
 * Opens an MP4, MOV, WebM or MKV file. No codec is needed and no picture is decoded.
 *
 * @throws FoleyError 'input-missing', 'input-rejected' or 'limit-exceeded', each naming the file.
 */
export async function openMedia(path: string, options: OpenMediaOptions = {}): Promise<OpenMedia> {
  const limits = { ...defaultMediaLimits, ...options.limits };
  const { byteLength, container } = await inspectFile(path, limits);
  silenceMediabunny();
  const input = new Input({ source: new GuardedFileSource(path), formats: [MP4, QTFF, WEBM, MATROSKA] });
  try {
    return await inspectTracks(path, input, byteLength, container, limits, options.signal);
  } catch (error) {
    input.dispose();
    if (error instanceof FoleyError) throw error;
    throw new FoleyError('input-rejected', `${path} cannot be read: ${messageOf(error)}`, {
      hint: damagedHint,
      cause: error,
    });
  }
}

/** What can be known of a clip without decoding; opens and closes it. */
export async function readMediaFacts(path: string, options: OpenMediaOptions = {}): Promise<MediaFacts> {
  const media = await openMedia(path, options);
  media.close();
  return media.facts;
}

async function inspectFile(
  path: string,
  limits: MediaLimits,
): Promise<{ byteLength: number; container: MediaContainer }> {
  const found = await stat(path).catch((error: unknown) => {
    throw new FoleyError('input-missing', `${path} cannot be found: ${messageOf(error)}`, {
      hint: 'Check the path.',
      cause: error,
    });
  });
  if (!found.isFile()) {
    throw new FoleyError('input-rejected', `${path} is not a file`, {
      hint: 'Give the path of a video file.',
    });
  }
  if (found.size === 0)
    throw new FoleyError('input-rejected', `${path} is empty (0 bytes)`, { hint: repairHint });
  assertWithinLimit(path, 'bytes', found.size, limits.maxBytes);

  const file = await open(path, 'r').catch((error: unknown) => {
    throw new FoleyError('input-rejected', `${path} cannot be opened: ${messageOf(error)}`, {
      hint: 'Check its permissions.',
      cause: error,
    });
  });
  try {
    const read: ReadBytes = async (offset, length) => {
      const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    const signature = identifyContainer(await read(0, SIGNATURE_BYTES));
    if (signature.kind === 'foreign') {
      throw new FoleyError('input-rejected', `${path} is ${signature.name}`, { hint: signature.hint });
    }
    const truncation = await findTruncation(read, found.size, signature.container);
    if (truncation !== null)
      throw new FoleyError('input-rejected', `${path} ${truncation}`, { hint: repairHint });
    const isMp4 = signature.container === 'mp4' || signature.container === 'mov';
    const damage = isMp4 ? await findImpossibleTable(read, found.size, limits.maxFrameCount) : null;
    if (damage !== null) throw new FoleyError('input-rejected', `${path} ${damage}`, { hint: damagedHint });
    return { byteLength: found.size, container: signature.container };
  } finally {
    await file.close();
  }
}

async function inspectTracks(
  path: string,
  input: Input,
  byteLength: number,
  container: MediaContainer,
  limits: MediaLimits,
  signal: AbortSignal | undefined,
): Promise<OpenMedia> {
  const tracks = await input.getTracks();
  assertWithinLimit(path, 'tracks', tracks.length, limits.maxTracks);
  const audioTracks = await input.getAudioTracks();
  const videoTrack = await input.getPrimaryVideoTrack();
  if (videoTrack === null) {
    const what = audioTracks.length > 0 ? 'has sound but no picture' : 'has no picture track';
    throw new FoleyError('input-rejected', `${path} ${what}`, {
      hint: 'Give a video file: the sound is made from what is seen.',
    });
  }
  const codec = await videoTrack.getCodec();
  if (codec === null) {
    const name = await videoTrack.getInternalCodecId();
    throw new FoleyError(
      'input-rejected',
      `${path} has a picture codec that cannot be decoded (${String(name)})`,
      {
        hint: 'Convert it first, for example: ffmpeg -i INPUT -c:v libx264 -pix_fmt yuv420p -c:a copy OUTPUT.mp4',
      },
    );
  }
  const width = await videoTrack.getDisplayWidth();
  const height = await videoTrack.getDisplayHeight();
  if (!(width > 0 && height > 0)) {
    throw new FoleyError('input-rejected', `${path} has a picture of ${width}x${height} pixels`, {
      hint: damagedHint,
    });
  }
  assertWithinLimit(path, 'pixels a frame', width * height, limits.maxPixelsPerFrame);

  const firstSeconds = await input.getFirstTimestamp([videoTrack, ...audioTracks]);
  const originSeconds = Math.max(0, firstSeconds);
  const timing = await readTiming(path, videoTrack, originSeconds, limits, signal);
  const facts: MediaFacts = {
    durationSeconds: timing.endSeconds - originSeconds,
    container,
    byteLength,
    video: {
      codec: codecNames[codec],
      width,
      height,
      rotationDegrees: await videoTrack.getRotation(),
      averageFps: timing.averageFps,
      isVariableFrameRate: timing.isVariableFrameRate,
      frameCount: timing.frameCount,
    },
    audio: await Promise.all(audioTracks.map(audioFacts)),
  };
  return { path, facts, limits, input, videoTrack, audioTracks, originSeconds, close: () => input.dispose() };
}

async function audioFacts(track: InputAudioTrack): Promise<AudioFacts> {
  return {
    codec: await track.getCodec(),
    channels: await track.getNumberOfChannels(),
    sampleRateHz: await track.getSampleRate(),
  };
}

/** Walks the index, not the pictures. Limits are checked on the way, so that a lying index cannot run for ever. */
async function readTiming(
  path: string,
  track: InputVideoTrack,
  originSeconds: number,
  limits: MediaLimits,
  signal: AbortSignal | undefined,
) {
  const times: number[] = [];
  const durations: number[] = [];
  const sink = new EncodedPacketSink(track);
  for await (const packet of sink.packets(undefined, undefined, { metadataOnly: true })) {
    if (signal?.aborted) throw new FoleyError('cancelled', `opening ${path} was cancelled`);
    times.push(packet.timestamp);
    durations.push(packet.duration);
    assertWithinLimit(path, 'frames', times.length, limits.maxFrameCount);
    assertWithinLimit(path, 'seconds', packet.timestamp - originSeconds, limits.maxDurationSeconds);
  }
  const timing = frameTiming(times, durations, originSeconds);
  if (timing.frameCount === 0) {
    throw new FoleyError('input-rejected', `${path} has a picture track without a single frame`, {
      hint: damagedHint,
    });
  }
  assertWithinLimit(path, 'seconds', timing.endSeconds - originSeconds, limits.maxDurationSeconds);
  assertWithinLimit(path, 'frames a second', timing.averageFps, limits.maxFramesPerSecond);
  return timing;
}
