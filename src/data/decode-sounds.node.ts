/** @file Decodes recordings to the library's form: 16 kHz, mono, 16 bits, with their measures. */
import { join } from 'node:path';
import { decodeAudioFile } from '../audio/decode-audio-file.node.js';
import { resample } from '../audio/resample.js';
import type { Wave } from '../audio/wave.js';
import type { ManifestRow } from './manifest.js';
import { librarySampleRateHz, measureSound, quantise, type SoundMeasures } from './sound-library.js';

/** The recordings of the rows, one after another. @throws FoleyError as `decodeAudioFile` */
export async function decodeSounds(
  rows: readonly ManifestRow[],
  audioFolder: string,
  onProgress?: (done: number, total: number) => void,
): Promise<(SoundMeasures & { readonly samples: Int16Array })[]> {
  const decoded: (SoundMeasures & { readonly samples: Int16Array })[] = [];
  for (const [index, row] of rows.entries()) {
    const wave = toLibraryRate(await decodeAudioFile(join(audioFolder, row.file)));
    decoded.push({ ...quantise(wave), ...measureSound(wave) });
    onProgress?.(index + 1, rows.length);
  }
  return decoded;
}

/** Mean of the channels at 16 kHz. */
function toLibraryRate(wave: Wave): Float32Array {
  const mono = new Float32Array(wave.channels[0]!.length);
  for (const channel of wave.channels) {
    for (let index = 0; index < mono.length; index++) mono[index]! += channel[index]! / wave.channels.length;
  }
  return resample({ sampleRateHz: wave.sampleRateHz, channels: [mono] }, librarySampleRateHz).channels[0]!;
}
