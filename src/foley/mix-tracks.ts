/** @file Tracks to one sound: level, pan and mute of each, then the loudness of the whole. */
import { mix } from '../audio/mix.js';
import { quantise } from '../audio/wav-writer.js';
import { createWave, mapChannels, sampleCount, type Wave } from '../audio/wave.js';
import { FoleyError } from '../errors/foley-error.js';
import { type LevelledSound, levelSound } from './level-sound.js';

/** One track as it goes into the mix. */
export interface TrackInMix {
  readonly wave: Wave;
  /** dB */
  readonly gain: number;
  /** -1..1 */
  readonly pan: number;
  readonly mute: boolean;
}

/**
 * The sum of the tracks that are not muted, brought to a loudness. It is stereo when a track pans or is stereo itself.
 * @param targetLufs null leaves the level as the tracks and their gains make it
 */
export function mixTracks(tracks: readonly TrackInMix[], targetLufs: number | null): LevelledSound {
  const first = tracks[0];
  if (first === undefined) throw new FoleyError('usage', 'a mix needs at least one track');
  const heard = tracks.filter((track) => !track.mute);
  const isStereo = heard.some(({ pan, wave }) => pan !== 0 || wave.channels.length > 1);
  const lengthSamples = Math.max(...tracks.map(({ wave }) => sampleCount(wave)));
  const sum =
    heard.length === 0
      ? createWave(first.wave.sampleRateHz, [new Float32Array(lengthSamples)])
      : mix(
          heard.map(({ wave, gain, pan }) => ({ wave, gainDb: gain, pan })),
          { channelCount: isStereo ? 2 : 1, lengthSamples },
        );
  return levelSound(sum, targetLufs);
}

/** A wave as a file of 16 bits gives it back, so that a mix made of stems is the mix made beside them. */
export function asStored(wave: Wave): Wave {
  return mapChannels(wave, (channel) => channel.map((sample) => quantise(sample, 16) / 2 ** 15));
}
