/** @file The scenes in a folder, by name. */
import { readdir } from 'node:fs/promises';
import { FoleyError } from '../errors/foley-error.js';

const ending = '.scene.json';

/** Names of the scenes in a folder, sorted. @throws FoleyError `input-missing` where it holds none */
export async function listScenes(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const ids = names
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .sort();
  if (ids.length === 0) {
    throw new FoleyError('input-missing', `${folder} holds no scenes`, {
      hint: 'Make them with: smooth-foley data scenes --split train (and --split val)',
    });
  }
  return ids;
}
