/** @file Reads the sound that a clip already has, on the clip's clock. */
import type { AudioBlock } from '../audio/audio-blocks.js';
import { ffmpegBlockReader } from '../audio/ffmpeg-audio-blocks.node.js';
import type { Wave } from '../audio/wave.js';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { audioTrackAt, readAudioClock } from './audio-clock.node.js';
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
  const blocks = await ffmpegBlockReader();
  const { packetOriginSeconds, opusPreSkipSeconds } = await readAudioClock(media, track);
  const assembly = createAssembly(media.facts.durationSeconds, opusPreSkipSeconds);
  try {
    for await (const block of blocks(track)) {
      if (options.signal?.aborted) throw new FoleyError('cancelled', `reading ${media.path} was cancelled`);
      assembly.add(block, block.timeSeconds - packetOriginSeconds);
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

/** Lays blocks end to end on the clip's clock; only a gap or overlap longer than a seam moves the place. */
function createAssembly(durationSeconds: number, leadSeconds: number) {
  let sampleRateHz = 0;
  let channels: Float32Array[] = [];
  let cursor = 0; // where the next block goes if it follows without a seam
  return {
    /** Rate and layout are the decoder's own: HE-AAC and Opus containers often state others. */
    add(block: AudioBlock, timeSeconds: number): void {
      const isFirst = sampleRateHz === 0;
      if (isFirst) {
        sampleRateHz = block.sampleRateHz;
        const length = Math.round(durationSeconds * sampleRateHz);
        channels = block.channels.map(() => new Float32Array(length));
      } else if (block.sampleRateHz !== sampleRateHz || block.channels.length !== channels.length) {
        throw new Error('its sample rate or channel count changes on the way');
      }
      const stated = Math.round((timeSeconds + (isFirst ? leadSeconds : 0)) * sampleRateHz);
      const start = isFirst || Math.abs(stated - cursor) > SEAM_SECONDS * sampleRateHz ? stated : cursor;
      block.channels.forEach((plane, index) => {
        const channel = channels[index];
        if (channel === undefined) return;
        const from = Math.min(Math.max(0, -start), plane.length);
        const to = Math.max(from, Math.min(plane.length, channel.length - start));
        if (to > from) channel.set(plane.subarray(from, to), start + from);
      });
      cursor = start + (block.channels[0]?.length ?? 0);
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
