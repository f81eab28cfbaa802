/** @file Reads the sound manifest from disk. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FoleyError } from '../errors/foley-error.js';
import { type ManifestRow, parseManifest } from './manifest.js';

/**
 * The rows of `manifest.tsv` in a folder of sounds.
 * @throws FoleyError `input-missing` where the file is not there, `input-rejected` where it is not a manifest
 */
export async function readManifest(audioFolder: string): Promise<ManifestRow[]> {
  const path = join(audioFolder, 'manifest.tsv');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new FoleyError('input-missing', `${path} cannot be read`, {
      hint: 'Name the folder that holds manifest.tsv and its sounds.',
      cause,
    });
  }
  return parseManifest(text, path);
}
