/** @file Writes a clip with a new soundtrack: pictures copied as they are, sound encoded and aligned. */
import { type FileHandle, open } from 'node:fs/promises';
import {
  AudioSample,
  AudioSampleSource,
  EncodedAudioPacketSource,
  type EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  type InputTrack,
  MkvOutputFormat,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
  type OutputFormat,
  StreamTarget,
  type StreamTargetChunk,
  WebMOutputFormat,
} from 'mediabunny';
import { resample } from '../audio/resample.js';
import { fitSeconds, type Wave } from '../audio/wave.js';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { asOutputError, withTemporaryPath } from '../files/atomic-file.node.js';
import { audioTrackAt, readAudioClock } from './audio-clock.node.js';
import { loadCodecs } from './codecs.node.js';
import { CODEC_DELAY, readMatroskaDelays } from './matroska-delay.js';
import type { MediaContainer } from './media-facts.js';
import type { OpenMedia } from './open-media.node.js';
import { outputContainerOf, type SoundtrackCodec, soundtrackCodecOf } from './output-container.js';

export interface MuxSoundtrackOptions {
  /** Ends in .mp4, .mov, .webm or .mkv; an existing file is replaced in one step. See `chooseOutputContainer`. */
  readonly outputPath: string;
  /** Starts at clip time 0; cut or padded with silence to the picture's duration. For a mix, mix it before. */
  readonly soundtrack: Wave;
  /** true: the clip's first audio track follows as a second one, its packets untouched. Default false. */
  readonly keepsOriginal?: boolean;
  readonly signal?: AbortSignal;
}

export interface MuxedFile {
  readonly path: string;
  readonly container: MediaContainer;
  readonly soundtrackCodec: SoundtrackCodec;
}

/** Tracks are written in turns of this much time, so that none has to be held in memory. */
const TURN_SECONDS = 1;
/** Encoders of FFmpeg's AAC emit one frame of silence before the first sample. */
const AAC_FRAME_SAMPLES = 1024;
const OPUS_RATES_HZ = [8000, 12_000, 16_000, 24_000, 48_000];
const AAC_RATES_HZ = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000];

/**
 * Up to here an MP4 is put together in memory with its index in front, so that a player on the network starts at
 * once; a larger file gets its index behind. (mediabunny 1.61 fails an assertion with `fastStart: 'reserve'`.)
 */
const INDEX_IN_FRONT_BYTES = 64 * 1024 ** 2;

function formatOf(container: MediaContainer, byteLength: number): OutputFormat {
  const fastStart = byteLength <= INDEX_IN_FRONT_BYTES ? 'in-memory' : false;
  switch (container) {
    case 'mp4':
      return new Mp4OutputFormat({ fastStart });
    case 'mov':
      return new MovOutputFormat({ fastStart });
    case 'webm':
      return new WebMOutputFormat();
    case 'mkv':
      return new MkvOutputFormat();
  }
}

/**
 * @throws FoleyError 'usage' for a container that cannot hold the clip, 'input-rejected' when the clip cannot be
 * read through, 'output-failed', 'platform-missing', 'cancelled'. On any failure the old file stays as it was.
 */
export async function muxSoundtrack(media: OpenMedia, options: MuxSoundtrackOptions): Promise<MuxedFile> {
  const keepsOriginal = (options.keepsOriginal ?? false) && media.audioTracks.length > 0;
  const container = outputContainerOf(options.outputPath, media.facts, keepsOriginal);
  const soundtrackCodec = soundtrackCodecOf(container);
  await loadCodecs();
  await withTemporaryPath(options.outputPath, async (temporaryPath) => {
    const file = await open(temporaryPath, 'wx+');
    try {
      await writeTracks(media, file, container, soundtrackCodec, { ...options, keepsOriginal });
      if (container === 'webm' || container === 'mkv') await nameCodecDelay(file);
    } catch (error) {
      const named = asOutputError(options.outputPath, error);
      if (named instanceof FoleyError) throw named;
      throw new FoleyError('input-rejected', `${media.path} cannot be copied: ${messageOf(error)}`, {
        cause: error,
      });
    } finally {
      await file.close();
    }
  });
  return { path: options.outputPath, container, soundtrackCodec };
}

/** The wave at a rate the codec has: its own where possible, else 48 kHz; as long as the picture. */
function fitted(wave: Wave, codec: SoundtrackCodec, durationSeconds: number): Wave {
  const rates = codec === 'aac' ? AAC_RATES_HZ : OPUS_RATES_HZ;
  return fitSeconds(rates.includes(wave.sampleRateHz) ? wave : resample(wave, 48_000), durationSeconds);
}

/** Writes up to a time and says whether there is more. */
type TrackWriter = (untilSeconds: number) => Promise<boolean>;

async function writeTracks(
  media: OpenMedia,
  file: FileHandle,
  container: MediaContainer,
  codec: SoundtrackCodec,
  options: MuxSoundtrackOptions & { readonly keepsOriginal: boolean },
): Promise<void> {
  const { signal } = options;
  const output = new Output({
    format: formatOf(container, media.facts.byteLength),
    target: new StreamTarget(writableFile(file)),
  });
  try {
    const wave = fitted(options.soundtrack, codec, media.facts.durationSeconds);
    const writers: TrackWriter[] = [
      await addPictures(media, output),
      addSoundtrack(output, wave, codec),
      ...(options.keepsOriginal ? [await addOriginal(media, output, container)] : []),
    ];
    await output.start();
    const open = new Set(writers);
    for (let turn = 1; open.size > 0; turn++) {
      for (const writer of open) {
        if (signal?.aborted) throw new FoleyError('cancelled', `writing ${options.outputPath} was cancelled`);
        if (!(await writer(turn * TURN_SECONDS))) open.delete(writer);
      }
    }
    await output.finalize();
  } catch (error) {
    await output.cancel().catch(() => {}); // the first error is the one to tell
    throw error;
  }
}

async function addPictures(media: OpenMedia, output: Output): Promise<TrackWriter> {
  const { videoTrack } = media;
  const codec = await videoTrack.getCodec();
  const decoderConfig = await videoTrack.getDecoderConfig();
  if (codec === null || decoderConfig === null) throw new Error('its picture codec is not known');
  const source = new EncodedVideoPacketSource(codec);
  output.addVideoTrack(source, {
    transformationMatrix: await videoTrack.getTransformationMatrix(),
    languageCode: await videoTrack.getLanguageCode(),
  });
  const add = (packet: EncodedPacket) => source.add(packet, { decoderConfig });
  return copyPackets(videoTrack, -media.originSeconds, add, () => source.close());
}

async function addOriginal(
  media: OpenMedia,
  output: Output,
  container: MediaContainer,
): Promise<TrackWriter> {
  const track = audioTrackAt(media, 0);
  const codec = await track.getCodec();
  const decoderConfig = await track.getDecoderConfig();
  if (codec === null || decoderConfig === null) throw new Error('the codec of its sound is not known');
  const source = new EncodedAudioPacketSource(codec);
  output.addAudioTrack(source, {
    name: (await track.getName()) ?? 'Original',
    languageCode: await track.getLanguageCode(),
    disposition: { default: false },
  });
  const { packetOriginSeconds, opusPreSkipSeconds } = await readAudioClock(media, track);
  // Matroska stores a packet late by the codec delay, which for Opus is the pre-skip (see nameCodecDelay).
  const isMatroska = container === 'webm' || container === 'mkv';
  const shiftSeconds = (isMatroska ? opusPreSkipSeconds : 0) - packetOriginSeconds;
  const add = (packet: EncodedPacket) => source.add(packet, { decoderConfig });
  return copyPackets(track, shiftSeconds, add, () => source.close());
}

function copyPackets(
  track: InputTrack,
  shiftSeconds: number,
  add: (packet: EncodedPacket) => Promise<void>,
  close: () => void,
): TrackWriter {
  const packets = new EncodedPacketSink(track).packets();
  let waiting: EncodedPacket | undefined;
  return async (untilSeconds) => {
    for (;;) {
      const next = waiting ?? (await packets.next()).value ?? undefined;
      waiting = next;
      if (next === undefined) {
        close();
        return false;
      }
      const timestamp = next.timestamp + shiftSeconds;
      if (timestamp >= untilSeconds) return true;
      waiting = undefined;
      await add(next.clone({ timestamp }));
    }
  };
}

function addSoundtrack(output: Output, wave: Wave, codec: SoundtrackCodec): TrackWriter {
  const { sampleRateHz, channels } = wave;
  const length = channels[0]?.length ?? 0;
  const bitsPerChannel = sampleRateHz > 24_000 ? 96_000 : 48_000;
  const source = new AudioSampleSource({ codec, bitrate: bitsPerChannel * channels.length });
  output.addAudioTrack(source, {
    name: 'smooth-foley',
  });
  // The encoder's frame of silence comes out first, under the time of the first sample. Given that time one frame
  // early, the sound itself is at 0 and the silence before it; MP4 cuts that off with an edit list. Opus needs no
  // such thing: decoders drop its pre-skip themselves.
  const leadSamples = codec === 'aac' ? AAC_FRAME_SAMPLES : 0;
  let written = 0;
  return async (untilSeconds) => {
    const end = Math.min(length, Math.ceil(untilSeconds * sampleRateHz));
    if (end > written) {
      const data = new Float32Array((end - written) * channels.length);
      channels.forEach((channel, index) => {
        data.set(channel.subarray(written, end), index * (end - written));
      });
      const sample = new AudioSample({
        data,
        format: 'f32-planar',
        numberOfChannels: channels.length,
        sampleRate: sampleRateHz,
        timestamp: (written - leadSamples) / sampleRateHz,
      });
      await source.add(sample);
      sample.close();
      written = end;
    }
    if (written < length) return true;
    source.close();
    return false;
  };
}

/** Writes every byte where the muxer wants it. The file is closed by whoever opened it. */
function writableFile(file: FileHandle): WritableStream<StreamTargetChunk> {
  return new WritableStream<StreamTargetChunk>({
    async write({ data, position }) {
      for (let offset = 0; offset < data.byteLength; ) {
        const { bytesWritten } = await file.write(data, offset, data.byteLength - offset, position + offset);
        offset += bytesWritten;
      }
    },
  });
}

/**
 * mediabunny writes an Opus track's pre-skip as SeekPreRoll, where readers look for CodecDelay; without the latter
 * they play the track 6.5 ms late. Both ids are two bytes and both values nanoseconds: the id is exchanged in place.
 */
async function nameCodecDelay(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  const read = async (offset: number, length: number) => {
    const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  };
  for (const { codecDelay, seekPreRoll } of await readMatroskaDelays(read, size)) {
    if (codecDelay !== null || seekPreRoll === null) continue;
    await file.write(Uint8Array.of(CODEC_DELAY >> 8, CODEC_DELAY & 0xff), 0, 2, seekPreRoll.element.offset);
  }
}
