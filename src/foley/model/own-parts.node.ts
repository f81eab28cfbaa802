/** @file Parts of a folder of our own, whose one `config.json` describes them all. */
import { join } from 'node:path';
import type { ModelConfig } from '../../models/model-config.js';
import { readModelConfig } from '../model-bundle.node.js';
import type { PartName } from './found-model.js';
import type { Assembly } from './published-parts.node.js';
import { isFile, isFolder, readJson } from './weights-files.node.js';

/** A folder of our own, read. */
export interface OwnFolder {
  readonly folder: string;
  readonly config: ModelConfig;
}

/** Null when the folder is none of ours: it has no `config.json`, or one that is somebody else's. */
export async function readOwnFolder(folder: string): Promise<OwnFolder | null> {
  const path = join(folder, 'config.json');
  if (!(await isFolder(folder)) || !(await isFile(path))) return null;
  const json = await readJson(path);
  const isOurs = typeof json === 'object' && json !== null && 'format' in json;
  return isOurs ? { folder, config: await readModelConfig(path) } : null;
}

/**
 * UNet, autoencoder, vocoder and text encoder. The tokenizer of a CLIP tower is the folder `tokenizer`, that of MiniLM
 * the list of words in it.
 */
export async function addOwnBackbone({ folder, config }: OwnFolder, assembly: Assembly): Promise<void> {
  for (const part of ['unet', 'vae', 'vocoder', 'text_encoder'] as const)
    await addPart(folder, part, assembly);
  noteTokenizer(folder, 'text_encoder', config.textEncoder.kind, assembly);
  const { mel, textEncoder, autoencoder, unet, vocoder, diffusion } = config;
  assembly.config = { ...assembly.config, mel, textEncoder, autoencoder, unet, vocoder, diffusion };
}

export async function addOwnVocoder({ folder, config }: OwnFolder, assembly: Assembly): Promise<void> {
  await addPart(folder, 'vocoder', assembly);
  const { columns } = assembly.config.mel;
  assembly.config = { ...assembly.config, vocoder: config.vocoder, mel: { ...config.mel, columns } };
}

export async function addOwnFrameAdapter({ folder, config }: OwnFolder, assembly: Assembly): Promise<void> {
  await addPart(folder, 'frame_adapter', assembly);
  assembly.config = { ...assembly.config, frameAdapter: config.frameAdapter };
}

export async function addOwnTemporalAdapter(
  { folder, config }: OwnFolder,
  assembly: Assembly,
): Promise<void> {
  await addPart(folder, 'temporal_adapter', assembly);
  assembly.config = { ...assembly.config, temporalAdapter: config.temporalAdapter };
}

/**
 * The image tower, and with it what reads labels in its space: the folder's text encoder.
 *
 * @param isBackbone whether the text encoder of the same folder reads the prompts, too.
 */
export async function addOwnImageEncoder(
  { folder, config }: OwnFolder,
  isBackbone: boolean,
  assembly: Assembly,
): Promise<void> {
  await addPart(folder, 'image_encoder', assembly);
  const { imageEncoder, textEncoder, labelEncoder } = config;
  assembly.config = { ...assembly.config, imageEncoder, labelEncoder };
  if (labelEncoder !== null) {
    await addPart(folder, 'label_encoder', assembly);
    noteTokenizer(folder, 'label_encoder', labelEncoder.kind, assembly);
  } else if (!isBackbone && textEncoder.kind === 'minilm') {
    await addPart(folder, 'text_encoder', assembly, 'label_encoder');
    noteTokenizer(folder, 'label_encoder', textEncoder.kind, assembly);
    assembly.config = { ...assembly.config, labelEncoder: textEncoder };
  }
}

async function addPart(
  folder: string,
  part: PartName,
  { weights, files, missing }: Assembly,
  as: PartName = part,
): Promise<void> {
  const name = `${part}.safetensors`;
  const path = join(folder, name);
  if (!(await isFile(path))) {
    missing.add(`the weights of the ${part.replace('_', ' ')} (${path})`, {
      text: 'Name a folder that has them.',
    });
    return;
  }
  weights.set(as, [path]);
  files.set(`${as}/${name}`, path);
  files.set(`${as}/config.json`, join(folder, 'config.json'));
}

function noteTokenizer(
  folder: string,
  part: 'text_encoder' | 'label_encoder',
  kind: 'minilm' | 'clip',
  { tokenizers, files }: Assembly,
): void {
  const place = join(folder, 'tokenizer');
  const names = kind === 'clip' ? ['vocab.json', 'merges.txt'] : ['vocab.txt'];
  tokenizers.set(part, kind === 'clip' ? place : join(place, 'vocab.txt'));
  for (const name of names) files.set(`${part}/tokenizer/${name}`, join(place, name));
}
