/** @file A model folder on disk, opened strictly: every file there, every parameter of the right name and shape, nothing over. */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashFile } from '../conditions/embedding-cache.node.js';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { type ModelConfig, parseModelConfig } from '../models/model-config.js';
import { createWordpieceTokenizer, type WordpieceTokenizer } from '../models/wordpiece-tokenizer.js';
import { frozenParameters, type Parameters } from '../weights/parameters.js';
import { openSafetensors } from '../weights/safetensors-file.node.js';
import type { ModelProvenance } from './stations.js';
import { assertParametersFit, type SynthesizerParameters } from './synthesizer.js';

/** A model folder whose configuration has been read. */
export interface ModelFolder {
  readonly folder: string;
  readonly config: ModelConfig;
}

/** The towers of a model, not yet on an engine. */
export interface EncoderBundle {
  readonly text: Parameters;
  readonly image: Parameters;
  readonly tokenizer: WordpieceTokenizer;
}

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

/** Finds a model and reads its configuration. @throws model-missing, weights-invalid */
export async function openModelFolder(nameOrPath: string): Promise<ModelFolder> {
  const folder = modelFolderOf(nameOrPath);
  const found = await stat(folder).catch(() => null);
  if (!found?.isDirectory()) {
    const known = await listModels();
    throw new FoleyError('model-missing', `there is no model "${nameOrPath}" (looked in ${folder})`, {
      hint: known.length > 0 ? `Models here: ${known.join(', ')}.` : 'Give the path of a model folder.',
    });
  }
  return { folder, config: await readModelConfig(join(folder, 'config.json')) };
}

/** Opens the towers. @throws model-missing when a file is not there, or its kind is not one of the small model's */
export async function openEncoders({ folder, config }: ModelFolder): Promise<EncoderBundle> {
  const { textEncoder, imageEncoder } = config;
  if (textEncoder.kind !== 'minilm' || imageEncoder.kind !== 'efficientnet-lite0') {
    throw new FoleyError(
      'model-missing',
      `${folder}: the encoders ${textEncoder.kind} and ${imageEncoder.kind} cannot be run from a model folder`,
      { hint: 'Use a model with the encoders minilm and efficientnet-lite0.' },
    );
  }
  const vocabularyPath = join(folder, vocabularyFile);
  return {
    text: await openPart(folder, 'text_encoder'),
    image: await openPart(folder, 'image_encoder'),
    tokenizer: createWordpieceTokenizer(await readText(vocabularyPath), vocabularyPath),
  };
}

/**
 * Opens the generative half and checks every name and shape of it. Adapters may be absent; then a request must do
 * without them. @throws model-missing when a file is not there, weights-invalid when one does not fit
 */
export async function openSynthesizerParameters({
  folder,
  config,
}: ModelFolder): Promise<SynthesizerParameters> {
  const optional = async (part: PartName): Promise<Parameters | null> =>
    (await exists(join(folder, weightsFile(part)))) ? openPart(folder, part) : null;
  const parameters: SynthesizerParameters = {
    unet: await openPart(folder, 'unet'),
    vae: await openPart(folder, 'vae'),
    vocoder: await openPart(folder, 'vocoder'),
    frameAdapter: await optional('frame_adapter'),
    temporalAdapter: await optional('temporal_adapter'),
  };
  assertParametersFit(config, parameters);
  return parameters;
}

/** Opens everything a model consists of, for its checks alone. */
export async function checkModelFolder(nameOrPath: string): Promise<ModelFolder> {
  const model = await openModelFolder(nameOrPath);
  await openEncoders(model);
  await openSynthesizerParameters(model);
  return model;
}

async function openPart(folder: string, part: PartName): Promise<Parameters> {
  return frozenParameters(await openSafetensors(join(folder, weightsFile(part))));
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
