/** @file Reads the sound that a clip already has, on the clip's clock. */
import { type AudioSample, AudioSampleSink } from 'mediabunny';
import type { Wave } from '../audio/wave.js';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { audioTrackAt, readAudioClock } from './audio-clock.node.js';
import { loadCodecs } from './codecs.node.js';
import type { OpenMedia } from './open-media.node.js';

export interface ReadSoundtrackOptions {
  /** Default 0: the first audio track. */
  readonly trackIndex?: number;
  readonly signal?: AbortSignal;
}

/** Stored times are rounded (a millisecond in Matroska); samples follow each other without a seam up to here. */
const SEAM_SECONDS = 0.005;

/**
 * The whole original sound at its own rate and channel count: sample 0 is clip time 0, the length is the picture's.
 * Where the track has no sound there is silence.
 *
 * @throws FoleyError 'usage' for a track that is not there (see `facts.audio`), 'input-rejected' for one that cannot
 * be decoded, 'platform-missing', 'cancelled'.
 */
export async function readSoundtrack(media: OpenMedia, options: ReadSoundtrackOptions = {}): Promise<Wave> {
  const track = audioTrackAt(media, options.trackIndex ?? 0);
  if ((await track.getCodec()) === null) {
    const name = String(await track.getInternalCodecId());
    throw rejected(media, `its sound has a codec that cannot be decoded (${name})`);
  }
  await loadCodecs();
  const { sampleOriginSeconds } = await readAudioClock(media, track);
  const assembly = createAssembly(media.facts.durationSeconds);
  try {
    for await (const sample of new AudioSampleSink(track).samples()) {
      try {
        if (options.signal?.aborted) throw new FoleyError('cancelled', `reading ${media.path} was cancelled`);
        assembly.add(sample, sample.timestamp - sampleOriginSeconds);
      } finally {
        sample.close();
      }
    }
  } catch (error) {
    throw error instanceof FoleyError
      ? error
      : rejected(media, `its sound cannot be decoded: ${messageOf(error)}`, error);
  }
  const wave = assembly.wave();
  if (wave === null) throw rejected(media, 'its audio track holds no sound');
  return wave;
}

function createAssembly(durationSeconds: number) {
  let sampleRateHz = 0;
  let channels: Float32Array[] = [];
  let cursor = 0; // where the next sample goes if it follows without a seam
  return {
    /** Rate and layout are the decoder's own: HE-AAC and Opus containers often state others. */
    add(sample: AudioSample, timeSeconds: number): void {
      const isFirst = sampleRateHz === 0;
      if (isFirst) {
        sampleRateHz = sample.sampleRate;
        const length = Math.round(durationSeconds * sampleRateHz);
        channels = Array.from({ length: sample.numberOfChannels }, () => new Float32Array(length));
      } else if (sample.sampleRate !== sampleRateHz || sample.numberOfChannels !== channels.length) {
        throw new Error('its sample rate or channel count changes on the way');
      }
      const stated = Math.round(timeSeconds * sampleRateHz);
      const start = isFirst || Math.abs(stated - cursor) > SEAM_SECONDS * sampleRateHz ? stated : cursor;
      channels.forEach((channel, planeIndex) => {
        const plane = new Float32Array(sample.numberOfFrames);
        sample.copyTo(plane, { planeIndex, format: 'f32-planar' });
        const from = Math.min(Math.max(0, -start), plane.length);
        const to = Math.max(from, Math.min(plane.length, channel.length - start));
        if (to > from) channel.set(plane.subarray(from, to), start + from);
      });
      cursor = start + sample.numberOfFrames;
    },
    wave: (): Wave | null => (sampleRateHz === 0 ? null : { sampleRateHz, channels }),
  };
}

function rejected(media: OpenMedia, what: string, cause?: unknown): FoleyError {
  return new FoleyError('input-rejected', `${media.path} cannot be mixed: ${what}`, {
    hint: 'Leave the original sound out (drop), or convert it first: ffmpeg -i INPUT -c:v copy -c:a aac OUTPUT.mp4',
    cause,
  });
}
