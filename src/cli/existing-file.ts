/** @file The overwrite policy for single files: never replace without being told to. */
import { lstat } from 'node:fs/promises';
import { FoleyError } from '../errors/foley-error.js';

/** @throws output-exists */
export async function assertNotThere(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found !== null) {
    throw new FoleyError('output-exists', `${path} exists already`, {
      hint: 'Add --overwrite to replace it.',
    });
  }
}
