/** @file Audio files of any common kind to a wave, on Node. */
import { readFile } from 'node:fs/promises';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { type DecodeAudioOptions, type DecodedAudio, decodeAudio } from './decode-audio.js';
import { ffmpegBlockReader } from './ffmpeg-audio-blocks.node.js';
import { isWav } from './wav-reader.js';
import type { Wave } from './wave.js';

/**
 * Decodes a sound file: WAV without any peer; FLAC, MP3, AAC, Ogg Vorbis, Opus and the like with `@mediabunny/server`.
 * @throws FoleyError as `decodeAudio`, and `input-missing` when there is no such file.
 */
export async function decodeAudioFile(path: string, options: DecodeAudioOptions = {}): Promise<Wave> {
  return (await openAudioFile(path, options)).wave;
}

/** As `decodeAudioFile`, with the codec and the time of the first sample. */
export async function openAudioFile(path: string, options: DecodeAudioOptions = {}): Promise<DecodedAudio> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (thrown) {
    const isMissing = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
    throw new FoleyError(
      isMissing ? 'input-missing' : 'input-rejected',
      isMissing ? `${path}: no such file` : `${path}: cannot be read: ${messageOf(thrown)}`,
      { cause: thrown },
    );
  }
  const reader = isWav(bytes) ? {} : { reader: await ffmpegBlockReader() };
  return decodeAudio(bytes, { name: path, ...reader, ...options });
}
