/** @file Turns the pickled files of a model into safetensors beside them: of a file, a folder, a preset or a repository that was pulled. */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FoleyError } from '../../errors/foley-error.js';
import {
  cachedPartsOf,
  convertedNameOf,
  isPickled,
  isPresetName,
  resolveModelSource,
} from '../../hub/index.js';
import {
  type Conversion,
  type ConversionProgress,
  convertCheckpoint,
} from '../../weights/convert-checkpoint.node.js';
import { packageModelsFolder } from '../model-bundle.node.js';
import { isFile, isFolder } from './weights-files.node.js';

export interface ConvertedFile extends Conversion {
  readonly from: string;
  readonly to: string;
}

export interface ConvertHooks {
  readonly signal?: AbortSignal;
  /** @param file the one at work, with its place among `count`, from 0 */
  readonly onProgress?: (file: string, index: number, count: number, progress: ConversionProgress) => void;
}

/** Folders inside folders: a repository of models is no deeper. */
const deepestFolder = 4;

/**
 * The pickled files that a target stands for: those of a folder, preset or repository only as far as they were not
 * converted before.
 *
 * @throws model-missing when there is no such target
 */
export async function filesToConvert(target: string): Promise<string[]> {
  const path = resolve(target);
  if (await isFile(path)) {
    if (isPickled(path)) return [path];
    throw new FoleyError('usage', `${target} is no file that can be converted`, {
      hint: 'Converted are .bin, .ckpt, .pt, .pth and .pth.tar; safetensors are used as they are.',
    });
  }
  const files = (await isFolder(path)) ? await pickledIn(path, 1) : await pickledOfHub(target);
  const open: string[] = [];
  for (const file of files.sort()) if (!(await isFile(convertedNameOf(file)))) open.push(file);
  return open;
}

/** Converts files one after the other, each beside its source. @throws what `convertCheckpoint` throws */
export async function convertFiles(
  files: readonly string[],
  hooks: ConvertHooks = {},
): Promise<ConvertedFile[]> {
  const converted: ConvertedFile[] = [];
  for (const [index, file] of files.entries())
    converted.push(await convertFile(file, convertedNameOf(file), hooks, index, files.length));
  return converted;
}

/** Converts one file to a place of its own. */
export async function convertFile(
  from: string,
  to: string,
  { signal, onProgress }: ConvertHooks = {},
  index = 0,
  count = 1,
): Promise<ConvertedFile> {
  const conversion = await convertCheckpoint(from, to, {
    ...(signal ? { signal } : {}),
    ...(onProgress ? { onProgress: (progress) => onProgress(from, index, count, progress) } : {}),
  });
  return { from, to, ...conversion };
}

async function pickledIn(folder: string, depth: number): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (isPickled(name) && (await isFile(path))) found.push(path);
    else if (depth < deepestFolder && !name.startsWith('.') && (await isFolder(path)))
      found.push(...(await pickledIn(path, depth + 1)));
  }
  return found;
}

/** New files stand beside the links of a snapshot, not among the blobs that the links lead to. */
async function pickledOfHub(name: string): Promise<string[]> {
  if (isPresetName(name)) {
    const { parts } = await cachedPartsOf(name);
    const files = Object.values(parts).flatMap(({ folder, files: all }) =>
      all.filter(({ file }) => isPickled(file)).map(({ file }) => join(folder, file)),
    );
    return [...new Set(files)];
  }
  const source = await resolveModelSource(name, { packageFolder: packageModelsFolder });
  if (source.kind !== 'repository')
    throw new FoleyError('model-missing', `there is no file or folder ${name}`);
  return source.files.filter(({ file }) => isPickled(file)).map(({ file }) => join(source.folder, file));
}
