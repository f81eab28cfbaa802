/** @file Writes a sound as WAV, as FLAC, or as both. */
import { join } from 'node:path';
import { encodeFlac } from '../audio/flac-writer.js';
import { encodeWavChunks } from '../audio/wav-writer.js';
import type { Wave } from '../audio/wave.js';
import { writeFileAtomic } from '../files/atomic-file.node.js';
import type { FoleyRequest } from './request.js';

export type SoundFormat = FoleyRequest['format'];

/** Names in the result folder; null for what was not asked for. */
export interface SoundFiles {
  readonly wav: string | null;
  readonly flac: string | null;
}

/** What `writeSound` will write. */
export function soundFiles(name: string, format: SoundFormat): SoundFiles {
  return {
    wav: format === 'flac' ? null : `${name}.wav`,
    flac: format === 'wav' ? null : `${name}.flac`,
  };
}

/** 16 bits in either. @throws output-failed */
export async function writeSound(
  folder: string,
  name: string,
  wave: Wave,
  format: SoundFormat,
): Promise<SoundFiles> {
  const files = soundFiles(name, format);
  if (files.wav !== null) await writeFileAtomic(join(folder, files.wav), wavChunks(wave));
  if (files.flac !== null) await writeFileAtomic(join(folder, files.flac), await encodeFlac(wave));
  return files;
}

async function* wavChunks(wave: Wave): AsyncGenerator<Uint8Array> {
  yield* encodeWavChunks(wave);
}
