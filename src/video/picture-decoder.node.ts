/** @file Decodes the pictures of a clip with FFmpeg's own decoders, from any time on, in presentation order. */
import { availableParallelism } from 'node:os';
import { type EncodedPacket, EncodedPacketSink } from 'mediabunny';
import type { AvFrame, Codecs } from './codecs.node.js';
import type { TimedPicture } from './frame-sampling.js';
import type { VideoCodecName } from './media-facts.js';
import type { OpenMedia } from './open-media.node.js';

/** A decoded frame in whatever pixel format it came, not turned; it lives until it is closed. */
export interface DecodedPicture extends TimedPicture {
  readonly frame: AvFrame;
}

const codecIds = {
  h264: 'AV_CODEC_ID_H264',
  h265: 'AV_CODEC_ID_HEVC',
  vp8: 'AV_CODEC_ID_VP8',
  vp9: 'AV_CODEC_ID_VP9',
  av1: 'AV_CODEC_ID_AV1',
  prores: 'AV_CODEC_ID_PRORES',
} as const satisfies Record<VideoCodecName, string>;

/** Each thread holds a picture in flight; beyond this, memory grows and speed does not. */
const MAX_THREADS = 4;
const MICROSECONDS = 1e6;

/**
 * Yields from the picture that is shown at `fromSeconds` (clip time) on; earlier ones back to the key frame are decoded
 * and dropped. mediabunny's own sink is not used: it decodes on one thread, and leaves a rejected promise behind when a
 * packet is damaged, which ends a Node process (mediabunny 1.61).
 *
 * @throws plain errors of FFmpeg or the demuxer for damaged data.
 */
export async function* decodePictures(
  codecs: Codecs,
  media: OpenMedia,
  fromSeconds: number,
): AsyncGenerator<DecodedPicture> {
  const { av } = codecs;
  const fromContainerSeconds = fromSeconds + media.originSeconds;
  const sink = new EncodedPacketSink(media.videoTrack);
  const first =
    (await sink.getKeyPacket(fromContainerSeconds, { verifyKeyPackets: true })) ??
    (await sink.getFirstPacket());
  if (first === null) return;
  const context = await openDecoder(codecs, media);
  const packet = new av.Packet();
  packet.alloc();
  let held: DecodedPicture | undefined; // the last one not later than the start
  try {
    const input = async function* (): AsyncGenerator<EncodedPacket | null> {
      yield* sink.packets(first);
      yield null; // flush
    };
    for await (const encoded of input()) {
      if (encoded === null) {
        av.FFmpegError.throwIfError(await context.sendPacket(null), 'finish');
      } else {
        fill(packet, encoded);
        av.FFmpegError.throwIfError(await context.sendPacket(packet), 'decode');
        packet.unref();
      }
      for (;;) {
        const picture = receive(codecs, context, media.originSeconds);
        if (picture === null) break;
        if (picture.timeSeconds <= fromSeconds) {
          held?.close();
          held = picture;
          continue;
        }
        if (held !== undefined) {
          const shown = held;
          held = undefined;
          yield shown;
        }
        yield picture;
      }
    }
    if (held !== undefined) {
      const shown = held;
      held = undefined;
      yield shown;
    }
  } finally {
    held?.close();
    packet.free();
    context.freeContext();
  }
}

async function openDecoder({ av }: Codecs, media: OpenMedia) {
  const codec = av.Codec.findDecoder(av[codecIds[media.facts.video.codec]]);
  const config = await media.videoTrack.getDecoderConfig();
  if (codec === null || config === null) throw new Error(`no decoder for ${media.facts.video.codec} here`);
  const context = new av.CodecContext();
  context.allocContext3(codec);
  context.width = config.codedWidth ?? 0;
  context.height = config.codedHeight ?? 0;
  context.extraData = config.description === undefined ? null : bufferOf(config.description);
  if (media.facts.video.codec === 'prores') context.codecTag = config.codec; // its profile is nowhere else
  context.threadCount = Math.min(availableParallelism(), MAX_THREADS);
  // Without this, H.264 that does not state its reordering comes out in the wrong order (mediabunny issue 488).
  const options = av.Dictionary.fromObject({ strict: av.FF_COMPLIANCE_STRICT });
  av.FFmpegError.throwIfError(await context.open2(codec, options), 'open the decoder');
  return context;
}

type Av = Codecs['av'];

function fill(packet: InstanceType<Av['Packet']>, encoded: EncodedPacket): void {
  packet.isKeyframe = encoded.type === 'key';
  packet.data = Buffer.from(encoded.data);
  packet.timeBase = { num: 1, den: MICROSECONDS };
  packet.pts = BigInt(Math.round(encoded.timestamp * MICROSECONDS));
  packet.duration = BigInt(Math.round(encoded.duration * MICROSECONDS));
}

/** The next finished picture, or null when the decoder wants more data or has ended. */
function receive(
  { av }: Codecs,
  context: InstanceType<Av['CodecContext']>,
  originSeconds: number,
): DecodedPicture | null {
  const frame = new av.Frame();
  frame.alloc();
  const status = context.receiveFrameSync(frame);
  if (status < 0) {
    frame.free();
    if (status !== av.AVERROR_EAGAIN && status !== av.AVERROR_EOF)
      av.FFmpegError.throwIfError(status, 'decode');
    return null;
  }
  const timeSeconds = Number(frame.pts) / MICROSECONDS - originSeconds;
  return { timeSeconds, frame, close: () => frame.free() };
}

function bufferOf(data: AllowSharedBufferSource): Buffer {
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)
    : Buffer.from(data as ArrayBuffer);
}
