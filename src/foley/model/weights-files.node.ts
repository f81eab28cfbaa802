/** @file Which safetensors files hold a published part: one, several shards, or a converted checkpoint's. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FoleyError, messageOf } from '../../errors/foley-error.js';
import { convertedNameOf, isPickled } from '../../hub/index.js';
import type { MissingFiles } from './missing-files.js';

const indexEnding = '.index.json';

/**
 * Finds the weights of a part.
 *
 * @param place a weights file, an index of shards, or a folder.
 * @param stems names without ending under which a folder may hold them, best first.
 * @param what the part, for the list of what is missing.
 * @returns null when something was added to `missing`.
 */
export async function findWeights(
  place: string,
  stems: readonly string[],
  what: string,
  missing: MissingFiles,
): Promise<readonly string[] | null> {
  if (await isFile(place)) return weightsIn(place, what, missing);
  const candidates = [
    ...stems.flatMap((stem) => [`${stem}.safetensors`, `${stem}.safetensors${indexEnding}`]),
    ...stems.map((stem) => `${stem}.fp16.safetensors`),
    ...stems.flatMap((stem) => ['bin', 'ckpt', 'pt', 'pth'].map((ending) => `${stem}.${ending}`)),
    ...stems.map((stem) => `${stem}.bin${indexEnding}`),
  ];
  for (const name of candidates) {
    const path = join(place, name);
    if (await isFile(path)) return weightsIn(path, what, missing);
  }
  const wanted = join(place, `${stems[0]}.safetensors`);
  missing.add(`${what} (${wanted})`, {
    text: 'Get the missing files, or name another folder that has them.',
  });
  return null;
}

async function weightsIn(
  path: string,
  what: string,
  missing: MissingFiles,
): Promise<readonly string[] | null> {
  if (path.endsWith('.safetensors')) return [path];
  if (path.endsWith(indexEnding)) return shardsOf(path, what, missing);
  if (isPickled(path)) {
    const converted = convertedNameOf(path);
    if (await isFile(converted)) return [converted];
    missing.addPickle(what, path);
    return null;
  }
  throw new FoleyError('weights-invalid', `${path} is no weights file that is known`, {
    hint: 'Weights are .safetensors, or .bin, .ckpt, .pt and .pth after "smooth-foley models convert".',
  });
}

async function shardsOf(
  index: string,
  what: string,
  missing: MissingFiles,
): Promise<readonly string[] | null> {
  const json = await readJson(index);
  const map = (json as { weight_map?: unknown } | null)?.weight_map;
  const names =
    typeof map === 'object' && map !== null
      ? [...new Set(Object.values(map as Record<string, unknown>))]
      : [];
  const isSound =
    names.length > 0 && names.every((name) => typeof name === 'string' && basename(name) === name);
  if (!isSound) throw new FoleyError('weights-invalid', `${index}: weight_map names no files beside it`);
  const found: string[] = [];
  let isWhole = true;
  for (const name of (names as string[]).sort()) {
    const path = join(dirname(index), name);
    const usable = path.endsWith('.safetensors') ? path : convertedNameOf(path);
    if (await isFile(usable)) found.push(usable);
    else {
      isWhole = false;
      if (usable !== path && (await isFile(path))) missing.addPickle(what, path);
      else
        missing.add(`${what} (${path})`, {
          text: 'Get the missing files, or name another folder that has them.',
        });
    }
  }
  return isWhole ? found : null;
}

/** Parses a JSON file. @throws model-missing, weights-invalid */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FoleyError('weights-invalid', `${path} is not JSON: ${messageOf(cause)}`, { cause });
  }
}

/** @throws model-missing */
export async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new FoleyError('model-missing', `the model has no ${path}: ${messageOf(cause)}`, { cause });
  });
}

export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}

export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}
