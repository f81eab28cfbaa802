/** @file Decodes audio tracks with FFmpeg on Node, through node-av, which comes with @mediabunny/server. */
import { EncodedPacketSink, type InputAudioTrack } from 'mediabunny';
import { FoleyError } from '../errors/foley-error.js';
import { type AudioBlock, type AudioBlockReader, readBlocks } from './audio-blocks.js';
import { loadNodeAv, type NodeAv } from './node-av.node.js';

type Frame = InstanceType<NodeAv['Frame']>;
type SampleFormat = Parameters<NodeAv['avSampleFmtIsPlanar']>[0];
type TypedPlane = Float32Array | Int16Array | Int32Array;

const codecIdName = {
  aac: 'AV_CODEC_ID_AAC',
  ac3: 'AV_CODEC_ID_AC3',
  eac3: 'AV_CODEC_ID_EAC3',
  flac: 'AV_CODEC_ID_FLAC',
  mp3: 'AV_CODEC_ID_MP3',
  opus: 'AV_CODEC_ID_OPUS',
  vorbis: 'AV_CODEC_ID_VORBIS',
} as const;

/**
 * A reader that hands mediabunny's packets to FFmpeg's decoders directly. Mediabunny's own sink is not used with them:
 * it leaves a rejected promise behind when a packet is damaged, which ends a Node process (mediabunny 1.61), and its
 * round trip through a thread for every packet costs more than the decoding. FFmpeg's log is switched off, because
 * damage is thrown.
 * @throws FoleyError `platform-missing` when the peer is not installed or does not load.
 */
export async function ffmpegBlockReader(): Promise<AudioBlockReader> {
  const av = await loadNodeAv();
  return (track) => decodeTrack(av, track);
}

async function* decodeTrack(av: NodeAv, track: InputAudioTrack): AsyncGenerator<AudioBlock, void, void> {
  const codec = await track.getCodec();
  if (codec === null || !Object.hasOwn(codecIdName, codec)) return yield* readBlocks(track); // PCM needs no FFmpeg
  const config = await track.getDecoderConfig();
  const decoder = av.Codec.findDecoder(av[codecIdName[codec as keyof typeof codecIdName]]);
  if (config === null || decoder === null)
    throw new FoleyError('platform-missing', `no decoder for ${codec} here`);

  const context = new av.CodecContext();
  const packet = new av.Packet();
  const frame = new av.Frame();
  try {
    context.allocContext3(decoder);
    context.sampleRate = config.sampleRate;
    context.channelLayout = {
      nbChannels: config.numberOfChannels,
      order: av.AV_CHANNEL_ORDER_UNSPEC,
      mask: 0n,
    };
    context.timeBase = new av.Rational(1, config.sampleRate);
    context.extraData = config.description === undefined ? null : bufferOf(config.description);
    av.FFmpegError.throwIfError(context.open2Sync(), 'open the decoder');
    packet.alloc();
    frame.alloc();

    const receive = function* (): Generator<AudioBlock, void, void> {
      for (;;) {
        const status = context.receiveFrameSync(frame);
        if (status === av.AVERROR_EAGAIN || status === av.AVERROR_EOF) return;
        av.FFmpegError.throwIfError(status, 'decode');
        if (frame.nbSamples > 0) yield blockOf(av, frame, config.sampleRate);
      }
    };
    for await (const encoded of new EncodedPacketSink(track).packets()) {
      packet.data = Buffer.from(encoded.data);
      packet.timeBase = new av.Rational(1, config.sampleRate);
      packet.pts = BigInt(Math.round(encoded.timestamp * config.sampleRate));
      packet.duration = BigInt(Math.round(encoded.duration * config.sampleRate));
      av.FFmpegError.throwIfError(context.sendPacketSync(packet), 'decode');
      packet.unref();
      yield* receive();
    }
    av.FFmpegError.throwIfError(context.sendPacketSync(null), 'finish');
    yield* receive();
  } finally {
    frame.free();
    packet.free();
    context.freeContext();
  }
}

/** Samples of a frame as float planes, whatever FFmpeg's decoder for the codec prefers. */
function blockOf(av: NodeAv, frame: Frame, rateHz: number): AudioBlock {
  const length = frame.nbSamples;
  const channelCount = frame.channels;
  const planes = frame.extendedData;
  if (planes === null) throw new FoleyError('engine-failed', 'the decoder delivered a frame without data');
  const planar = av.avSampleFmtIsPlanar(frame.format as SampleFormat);
  const step = planar ? 1 : channelCount;
  const channels = Array.from({ length: channelCount }, (_, index) => {
    const values = typedPlane(av, frame.format as SampleFormat, planes[planar ? index : 0]!);
    const channel = new Float32Array(length);
    for (let i = 0, at = planar ? 0 : index; i < length; i++, at += step)
      channel[i] = values.data[at]! * values.scale;
    return channel;
  });
  const sampleTime = frame.pts === av.AV_NOPTS_VALUE ? 0n : frame.pts;
  return { timeSeconds: Number(sampleTime) / rateHz, sampleRateHz: frame.sampleRate, channels };
}

/** A plane as numbers, and what they are multiplied by to reach -1..1. */
function typedPlane(av: NodeAv, format: SampleFormat, bytes: Buffer): { data: TypedPlane; scale: number } {
  const { buffer, byteOffset, byteLength } = bytes; // FFmpeg aligns planes to at least 16 bytes
  switch (format) {
    case av.AV_SAMPLE_FMT_FLT:
    case av.AV_SAMPLE_FMT_FLTP:
      return { data: new Float32Array(buffer, byteOffset, byteLength >> 2), scale: 1 };
    case av.AV_SAMPLE_FMT_S16:
    case av.AV_SAMPLE_FMT_S16P:
      return { data: new Int16Array(buffer, byteOffset, byteLength >> 1), scale: 1 / 32768 };
    case av.AV_SAMPLE_FMT_S32:
    case av.AV_SAMPLE_FMT_S32P:
      return { data: new Int32Array(buffer, byteOffset, byteLength >> 2), scale: 1 / 2147483648 };
    default:
      throw new FoleyError('input-rejected', `sample format ${format} of the decoder is not supported`);
  }
}

function bufferOf(data: AllowSharedBufferSource): Buffer {
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)
    : Buffer.from(data as ArrayBuffer);
}
