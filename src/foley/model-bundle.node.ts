/** @file Model folders of our own: where those of the package are, what their configuration says, and the sums of their files. */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashFile } from '../conditions/embedding-cache.node.js';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { type ModelConfig, parseModelConfig } from '../models/model-config.js';
import type { ModelProvenance } from './stations.js';

const required = ['text_encoder', 'image_encoder', 'unet', 'vae', 'vocoder'] as const;
const adapters = ['frame_adapter', 'temporal_adapter'] as const;
type PartName = (typeof required)[number] | (typeof adapters)[number];
const vocabularyFile = 'tokenizer/vocab.txt';

/** The folder that models come in with this package. */
export const packageModelsFolder = fileURLToPath(new URL('../../models/', import.meta.url));

/** The folder of a model: a path when it looks like one, else a name in the package. */
export function modelFolderOf(nameOrPath: string): string {
  const isPath = nameOrPath.includes('/') || nameOrPath.includes(sep) || nameOrPath.startsWith('.');
  return isPath ? resolve(nameOrPath) : join(packageModelsFolder, nameOrPath);
}

/** Names of the models in the package: the folders with a configuration (a classifier's folder has none). */
export async function listModels(): Promise<string[]> {
  const entries = await readdir(packageModelsFolder, { withFileTypes: true }).catch(() => []);
  const names: string[] = [];
  for (const entry of entries) {
    const isModel =
      entry.isDirectory() && (await exists(join(packageModelsFolder, entry.name, 'config.json')));
    if (isModel) names.push(entry.name);
  }
  return names.sort();
}

/** Reads and checks a `config.json`. */
export async function readModelConfig(path: string): Promise<ModelConfig> {
  const text = await readText(path);
  try {
    return parseModelConfig(JSON.parse(text), path);
  } catch (cause) {
    if (cause instanceof FoleyError) throw cause;
    throw new FoleyError('weights-invalid', `${path} is not JSON: ${messageOf(cause)}`, { cause });
  }
}

/** Every file that decides what the model says, with its SHA-256, in order of name. */
export async function hashModel(folder: string): Promise<ModelProvenance> {
  const names: string[] = [
    'config.json',
    vocabularyFile,
    ...required.map(weightsFile),
    ...adapters.map(weightsFile),
  ];
  const files: { file: string; sha256: string; bytes: number }[] = [];
  for (const file of names.sort()) {
    const path = join(folder, file);
    if (!(await exists(path))) continue;
    files.push({ file, sha256: await hashFile(path), bytes: (await stat(await realpath(path))).size });
  }
  return { name: basename(folder), files };
}

/** One line a file, as `sha256sum` writes and `sha256sum --check` reads it. */
export function formatSums({ files }: ModelProvenance): string {
  return files.map(({ file, sha256 }) => `${sha256}  ${file}\n`).join('');
}

/**
 * Compares a model folder with its `SHA256SUMS`.
 * @returns names that differ or are missing or not listed; null when there is no such list
 */
export async function verifyModel(folder: string): Promise<string[] | null> {
  const listed = await readFile(join(folder, 'SHA256SUMS'), 'utf8').catch(() => null);
  if (listed === null) return null;
  const wanted = new Map(
    listed
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  );
  const { files } = await hashModel(folder);
  const found = new Map(files.map(({ file, sha256 }) => [file, sha256]));
  return [...new Set([...wanted.keys(), ...found.keys()])]
    .filter((file) => wanted.get(file) !== found.get(file))
    .sort();
}

function weightsFile(part: PartName): string {
  return `${part}.safetensors`;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new FoleyError('model-missing', `the model has no ${path}: ${messageOf(cause)}`, { cause });
  });
}
