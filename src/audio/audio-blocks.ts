/** @file Blocks of decoded samples from an audio track, by whatever decodes them on this platform. */
import { AudioSampleSink, type InputAudioTrack } from 'mediabunny';
import { FoleyError } from '../errors/foley-error.js';

/** Consecutive samples as a decoder delivers them. */
export interface AudioBlock {
  /** Presentation time of the first sample; negative for what an encoder put before time 0. */
  readonly timeSeconds: number;
  readonly sampleRateHz: number;
  /** `[channels][samples]` */
  readonly channels: readonly Float32Array[];
}

/** Decodes a track from its beginning to its end. */
export type AudioBlockReader = (track: InputAudioTrack) => AsyncIterable<AudioBlock>;

/**
 * Reads a track with mediabunny: WebCodecs, or its own decoders for PCM.
 * @throws FoleyError `platform-missing` when this platform has no decoder for the codec.
 */
export async function* readBlocks(track: InputAudioTrack): AsyncGenerator<AudioBlock, void, void> {
  if (!(await track.canDecode())) {
    throw new FoleyError(
      'platform-missing',
      `no decoder for ${(await track.getCodec()) ?? 'an unknown codec'} here`,
      {
        hint: 'Convert the file to WAV.',
      },
    );
  }
  for await (const sample of new AudioSampleSink(track).samples()) {
    try {
      yield {
        timeSeconds: sample.timestamp,
        sampleRateHz: sample.sampleRate,
        channels: Array.from({ length: sample.numberOfChannels }, (_, planeIndex) => {
          const channel = new Float32Array(sample.numberOfFrames);
          sample.copyTo(channel, { planeIndex, format: 'f32-planar' });
          return channel;
        }),
      };
    } finally {
      sample.close();
    }
  }
}
