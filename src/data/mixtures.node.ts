/** @file Writes mixtures to disk: a WAV each, and one JSON line each with caption and truth. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { encodeWav } from '../audio/wav-writer.js';
import { writeFileAtomic } from '../files/atomic-file.node.js';
import { createMixtureSampler, mixtureOptions } from './mixtures.js';
import { openSoundLibrary } from './sound-library.node.js';
import { withSyntheticSounds } from './synthetic-library.js';

export const dataMixturesOptions = mixtureOptions.extend({
  audioFolder: z.string().min(1),
  cacheFolder: z.string().min(1),
  outFolder: z.string().min(1),
  count: z.number().int().positive().max(1_000_000).default(100),
  /** Number of the first clip; clips with the same number and options are the same. */
  firstSeed: z.number().int().min(0).default(0),
  /** Whether our own synthesised sounds are mixed in. */
  synthetic: z.boolean().default(true),
});
export type DataMixturesOptions = z.infer<typeof dataMixturesOptions>;

export interface WrittenMixtures {
  readonly count: number;
  /** One line a clip: file, caption, label, tracks, spans, onsets. */
  readonly listPath: string;
}

/** @throws FoleyError as `openSoundLibrary` and `createMixtureSampler`; `output-failed` */
export async function writeMixtures(
  options: z.input<typeof dataMixturesOptions>,
  onProgress?: (done: number, total: number) => void,
): Promise<WrittenMixtures> {
  const { audioFolder, cacheFolder, outFolder, count, firstSeed, synthetic, ...mixing } =
    dataMixturesOptions.parse(options);
  const recorded = await openSoundLibrary({ audioFolder, cacheFolder });
  const sampler = createMixtureSampler(synthetic ? withSyntheticSounds(recorded) : recorded, mixing);
  await mkdir(outFolder, { recursive: true });
  const lines: string[] = [];
  for (let index = 0; index < count; index++) {
    const seed = String(firstSeed + index).padStart(6, '0');
    const { samples, sampleRateHz, ...facts } = sampler.draw(seed);
    const file = `${mixing.split}-${seed}.wav`;
    await writeFileAtomic(join(outFolder, file), encodeWav({ sampleRateHz, channels: [samples] }));
    lines.push(JSON.stringify({ file, ...facts }));
    onProgress?.(index + 1, count);
  }
  // Last, so that every clip it lists is there.
  const listPath = join(outFolder, `${mixing.split}-mixtures.jsonl`);
  await writeFileAtomic(listPath, Buffer.from(`${lines.join('\n')}\n`));
  return { count, listPath };
}
