/** @file Decides which container can hold a copied picture, the new sound and, where wanted, the original one. */
import { FoleyError } from '../errors/foley-error.js';
import type { MediaContainer, MediaFacts, VideoCodecName } from './media-facts.js';

export type SoundtrackCodec = 'aac' | 'opus';

interface Holds {
  readonly video: readonly VideoCodecName[];
  /** Originals that players expect here; null: any. */
  readonly audio: readonly string[] | null;
  /** What the new soundtrack is encoded with. */
  readonly soundtrack: SoundtrackCodec;
}

/** What players play, which is less than what muxers write. */
const holds: Readonly<Record<MediaContainer, Holds>> = {
  mp4: {
    video: ['h264', 'h265', 'vp9', 'av1'],
    audio: ['aac', 'mp3', 'opus', 'flac', 'ac3', 'eac3'],
    soundtrack: 'aac',
  },
  mov: {
    video: ['h264', 'h265', 'prores'],
    audio: [
      'aac',
      'mp3',
      'ac3',
      'pcm-s16',
      'pcm-s16be',
      'pcm-s24',
      'pcm-s24be',
      'pcm-s32',
      'pcm-s32be',
      'pcm-f32',
      'pcm-f32be',
    ],
    soundtrack: 'aac',
  },
  webm: { video: ['vp8', 'vp9', 'av1'], audio: ['opus', 'vorbis'], soundtrack: 'opus' },
  mkv: { video: ['h264', 'h265', 'vp8', 'vp9', 'av1', 'prores'], audio: null, soundtrack: 'opus' },
};

/** First choice first: MOV becomes MP4 and Matroska becomes WebM where they can, because browsers play those. */
const preferences: Readonly<Record<MediaContainer, readonly MediaContainer[]>> = {
  mp4: ['mp4', 'mkv'],
  mov: ['mp4', 'mov', 'mkv'],
  webm: ['webm', 'mkv'],
  mkv: ['webm', 'mkv'],
};

/** The container that a clip's result gets when nobody asks for another; its name is also the file extension. */
export function chooseOutputContainer(facts: MediaFacts, keepsOriginal: boolean): MediaContainer {
  const fits = (container: MediaContainer) => reasonAgainst(container, facts, keepsOriginal) === null;
  return preferences[facts.container].find(fits) ?? 'mkv';
}

/**
 * The container that a file name asks for.
 * @throws FoleyError 'usage' for a name with another extension, or one whose container cannot hold the clip.
 */
export function outputContainerOf(path: string, facts: MediaFacts, keepsOriginal: boolean): MediaContainer {
  const extension = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  const container = extension === 'm4v' ? 'mp4' : extension;
  const better = `Use the extension .${chooseOutputContainer(facts, keepsOriginal)} for this clip.`;
  if (!isContainer(container)) {
    throw new FoleyError('usage', `${path}: a video is written as .mp4, .mov, .webm or .mkv`, {
      hint: better,
    });
  }
  const reason = reasonAgainst(container, facts, keepsOriginal);
  if (reason !== null) throw new FoleyError('usage', `${path}: ${reason}`, { hint: better });
  return container;
}

export function soundtrackCodecOf(container: MediaContainer): SoundtrackCodec {
  return holds[container].soundtrack;
}

function isContainer(name: string): name is MediaContainer {
  return Object.hasOwn(holds, name);
}

/** Only the first audio track is kept, so only that one counts. */
function reasonAgainst(container: MediaContainer, facts: MediaFacts, keepsOriginal: boolean): string | null {
  const { video, audio } = holds[container];
  if (!video.includes(facts.video.codec)) return `${container} does not hold ${facts.video.codec} pictures`;
  const original = facts.audio[0];
  if (!keepsOriginal || original === undefined || audio === null) return null;
  const isHeld = original.codec !== null && audio.includes(original.codec);
  return isHeld ? null : `${container} does not hold the original's ${original.codec ?? 'unknown'} sound`;
}
