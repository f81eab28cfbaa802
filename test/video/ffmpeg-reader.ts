/** @file A second opinion on written files: FFmpeg's own demuxer and decoder, with none of our code in between. */
import { loadCodecs } from '../../src/video/codecs.node.js';

export interface ReadAudio {
  readonly sampleRateHz: number;
  /** First channel; sample 0 is at `startSeconds`. */
  readonly samples: Float32Array;
  readonly startSeconds: number;
}

/** Number of audio streams that FFmpeg sees, and the decoded sound of one of them at FFmpeg's own timestamps. */
export async function readWithFfmpeg(
  path: string,
  audioIndex = 0,
): Promise<ReadAudio & { audioStreams: number }> {
  const { av } = await loadCodecs();
  const check = (code: number, what: string) => av.FFmpegError.throwIfError(code, what);
  const format = new av.FormatContext();
  check(await format.openInput(path, null, null), 'open');
  check(await format.findStreamInfo(null), 'probe');
  const audio = (format.streams ?? []).filter(
    (stream) => stream.codecpar.codecType === av.AVMEDIA_TYPE_AUDIO,
  );
  const stream = audio[audioIndex];
  const codec = stream && av.Codec.findDecoder(stream.codecpar.codecId);
  if (!stream || !codec) throw new Error(`${path} has no audio stream ${audioIndex}`);
  const decoder = new av.CodecContext();
  decoder.allocContext3(codec);
  check(decoder.parametersToContext(stream.codecpar), 'parameters');
  decoder.pktTimebase = stream.timeBase;
  check(await decoder.open2(codec, null), 'open decoder');
  const packet = new av.Packet();
  packet.alloc();
  const frame = new av.Frame();
  frame.alloc();
  const blocks: Float32Array[] = [];
  let startSeconds = Number.NaN;
  let sampleRateHz = 0;
  const receive = async () => {
    while ((await decoder.receiveFrame(frame)) === 0) {
      if (frame.format !== av.AV_SAMPLE_FMT_FLTP) throw new Error('only planar float is read here');
      const { num, den } = stream.timeBase;
      if (Number.isNaN(startSeconds)) startSeconds = (Number(frame.pts) * num) / den;
      sampleRateHz = frame.sampleRate;
      const plane = frame.data?.[0];
      if (!plane) throw new Error('frame without data');
      blocks.push(new Float32Array(new Uint8Array(plane.subarray(0, frame.nbSamples * 4)).buffer));
    }
  };
  while ((await format.readFrame(packet)) === 0) {
    if (packet.streamIndex === stream.index) {
      check(await decoder.sendPacket(packet), 'send');
      await receive();
    }
    packet.unref();
  }
  await decoder.sendPacket(null);
  await receive();
  packet.free();
  frame.free();
  decoder.freeContext();
  await format.closeInput();
  const samples = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    samples.set(block, at);
    at += block.length;
  }
  return { audioStreams: audio.length, sampleRateHz, samples, startSeconds };
}

/** Time of the largest absolute sample. */
export function loudestSeconds(samples: Float32Array, sampleRateHz: number, startSeconds = 0): number {
  let loudest = 0;
  for (let i = 1; i < samples.length; i++) {
    if (Math.abs(samples[i] ?? 0) > Math.abs(samples[loudest] ?? 0)) loudest = i;
  }
  return startSeconds + loudest / sampleRateHz;
}

/** Silence with a click of two samples at `atSeconds`. */
export function click(lengthSeconds: number, atSeconds: number, sampleRateHz: number): Float32Array {
  const samples = new Float32Array(Math.round(lengthSeconds * sampleRateHz));
  const at = Math.round(atSeconds * sampleRateHz);
  samples[at] = 0.9;
  samples[at + 1] = -0.9;
  return samples;
}
