/** @file Writes the clip with a sound beside its pictures; its own sound is dropped, kept or mixed in. */
import { join } from 'node:path';
import type { Wave } from '../audio/wave.js';
import { muxSoundtrack } from '../video/mux.node.js';
import { chooseOutputContainer } from '../video/output-container.js';
import { mixOriginal } from './mix-original.js';
import type { ClipFile } from './open-stations.node.js';
import type { FoleyRequest } from './request.js';

export type ClipSound = Pick<FoleyRequest, 'original' | 'originalGain' | 'container'>;

/** @returns the name of the file, and what is worth a warning. @throws usage, output-failed, cancelled */
export async function writeClip(
  clip: ClipFile,
  sound: Wave,
  { original, originalGain, container }: ClipSound,
  place: { readonly folder: string; readonly name: string },
  signal?: AbortSignal,
): Promise<{ readonly file: string; readonly warnings: readonly string[] }> {
  const hasSound = clip.facts.audio.length > 0;
  const keepsOriginal = original === 'keep' && hasSound;
  const kind = container === 'auto' ? chooseOutputContainer(clip.facts, keepsOriginal) : container;
  const file = `${place.name}.${kind}`;
  const warnings: string[] = [];
  let soundtrack = sound;
  if (original !== 'drop' && !hasSound) {
    warnings.push(`the clip has no sound of its own to ${original}`);
  } else if (original === 'mix') {
    const mixed = mixOriginal(sound, (await clip.soundtrack(signal))!, originalGain);
    soundtrack = mixed.wave;
    warnings.push(...mixed.warnings);
  }
  await muxSoundtrack(clip.media, {
    outputPath: join(place.folder, file),
    soundtrack,
    keepsOriginal,
    ...(signal ? { signal } : {}),
  });
  return { file, warnings };
}
