/** @file The parts of published models as they lie in their folders: configuration read, weights found, nothing opened. */
import { basename, dirname, join } from 'node:path';
import { FoleyError } from '../../errors/foley-error.js';
import type { ModelConfig } from '../../models/model-config.js';
import {
  checkPreprocessorJson,
  type PublishedClip,
  readClipJson,
  readSchedulerJson,
  readUnetJson,
  readVaeJson,
  readVocoderJson,
} from '../../models/published/index.js';
import type { PartName } from './found-model.js';
import type { MissingFiles } from './missing-files.js';
import { findWeights, isFile, isFolder, readJson } from './weights-files.node.js';

/** What was found so far of a model that is put together from parts. */
export interface Assembly {
  config: ModelConfig;
  readonly weights: Map<PartName, readonly string[]>;
  readonly tokenizers: Map<'text_encoder' | 'label_encoder', string>;
  readonly files: Map<string, string>;
  readonly missing: MissingFiles;
}

/** Where to get what a folder lacks. */
const advice = { text: 'Get the missing files, or name another folder that has them.' };

/** UNet, autoencoder, scheduler, text encoder and tokenizer out of a diffusers folder. The vocoder is looked for apart. */
export async function addPublishedBackbone(folder: string, assembly: Assembly): Promise<void> {
  if (await isFile(join(folder, 'condition_config.json'))) {
    throw new FoleyError(
      'weights-invalid',
      `${folder} is an Auffusion with condition adapters (condition_config.json)`,
      {
        hint: 'Take auffusion/auffusion-full-no-adapter, which FoleyCrafter builds on.',
      },
    );
  }
  const unet = await section(assembly, folder, 'unet', 'config.json', readUnetJson);
  const autoencoder = await section(assembly, folder, 'vae', 'config.json', readVaeJson);
  const diffusion = await section(assembly, folder, 'scheduler', 'scheduler_config.json', readSchedulerJson);
  const text = await section(assembly, folder, 'text_encoder', 'config.json', readClipJson);
  for (const part of ['unet', 'vae'] as const)
    await addWeights(assembly, part, join(folder, part), ['diffusion_pytorch_model']);
  await addWeights(assembly, 'text_encoder', join(folder, 'text_encoder'), ['model', 'pytorch_model']);
  await addTokenizer(assembly, 'text_encoder', join(folder, 'tokenizer'));
  if (text !== null && text.text === null)
    throw new FoleyError(
      'weights-invalid',
      `${join(folder, 'text_encoder/config.json')} describes no text tower`,
    );
  const tower = text?.text ?? null;
  assembly.config = {
    ...assembly.config,
    ...(unet === null ? {} : { unet }),
    ...(autoencoder === null ? {} : { autoencoder }),
    ...(diffusion === null ? {} : { diffusion }),
    ...(tower === null
      ? {}
      : { textEncoder: { kind: 'clip' as const, tokens: tower.tokens, width: tower.width, tower } }),
  };
}

/** HiFi-GAN and the mel it reads. @param place a folder, or a weights file with config.json beside it */
export async function addPublishedVocoder(place: string, assembly: Assembly): Promise<void> {
  const folder = (await isFile(place)) ? dirname(place) : place;
  const read = await section(assembly, folder, '', 'config.json', readVocoderJson, 'vocoder');
  await addWeights(assembly, 'vocoder', place, ['vocoder', 'generator', 'model']);
  if (read === null) return;
  const { columns } = assembly.config.mel;
  assembly.config = { ...assembly.config, vocoder: read.vocoder, mel: { ...read.mel, columns } };
}

/** A CLIP image tower; when its file holds the text tower too, labels are read with that. */
export async function addPublishedImageEncoder(
  folder: string,
  assembly: Assembly,
): Promise<PublishedClip | null> {
  const clip = await section(assembly, folder, '', 'config.json', readClipJson, 'image_encoder');
  await addWeights(assembly, 'image_encoder', folder, ['model', 'pytorch_model']);
  if (clip === null) return null;
  const tower = clip.image;
  if (tower === null)
    throw new FoleyError('weights-invalid', `${join(folder, 'config.json')} describes no image tower`);
  const preprocessor = join(folder, 'preprocessor_config.json');
  if (await isFile(preprocessor)) {
    checkPreprocessorJson(await readJson(preprocessor), preprocessor, tower.imageSize);
    assembly.files.set('image_encoder/preprocessor_config.json', preprocessor);
  }
  const { projectionWidth: width, imageSize } = tower;
  assembly.config = { ...assembly.config, imageEncoder: { kind: 'clip', width, imageSize, tower } };
  return clip;
}

/** The CLIP text tower that reads labels, with its projection and tokenizer. */
export async function addPublishedLabelEncoder(folder: string, assembly: Assembly): Promise<void> {
  const clip = await section(assembly, folder, '', 'config.json', readClipJson, 'label_encoder');
  await addWeights(assembly, 'label_encoder', folder, ['model', 'pytorch_model']);
  const inside = join(folder, 'tokenizer');
  await addTokenizer(assembly, 'label_encoder', (await isFolder(inside)) ? inside : folder);
  if (clip === null) return;
  if (clip.text === null)
    throw new FoleyError('weights-invalid', `${join(folder, 'config.json')} describes no text tower`);
  assembly.config = { ...assembly.config, labelEncoder: { kind: 'clip', tower: clip.text } };
}

/** Weights of a part, with their files noted. */
export async function addWeights(
  { weights, files, missing }: Assembly,
  part: PartName,
  place: string,
  stems: readonly string[],
): Promise<readonly string[] | null> {
  const found = await findWeights(place, stems, `the weights of the ${part.replace('_', ' ')}`, missing);
  if (found === null) return null;
  weights.set(part, found);
  for (const path of found) files.set(`${part}/${basename(path)}`, path);
  return found;
}

async function addTokenizer(
  { tokenizers, files, missing }: Assembly,
  part: 'text_encoder' | 'label_encoder',
  folder: string,
): Promise<void> {
  const names = [
    'vocab.json',
    'merges.txt',
    'tokenizer.json',
    'special_tokens_map.json',
    'tokenizer_config.json',
  ];
  const found = new Set<string>();
  for (const name of names) if (await isFile(join(folder, name))) found.add(name);
  const isWhole = (found.has('vocab.json') && found.has('merges.txt')) || found.has('tokenizer.json');
  if (!isWhole) {
    missing.add(
      `the tokenizer of the ${part.replace('_', ' ')} (${join(folder, 'vocab.json')} and merges.txt)`,
      advice,
    );
    return;
  }
  tokenizers.set(part, folder);
  for (const name of found) files.set(`${part}/tokenizer/${name}`, join(folder, name));
}

/** Reads one configuration file; null, and noted as missing, when it is not there. */
async function section<T>(
  { files, missing }: Assembly,
  folder: string,
  inside: string,
  name: string,
  read: (json: unknown, file: string) => T,
  label: string = inside,
): Promise<T | null> {
  const path = join(folder, inside, name);
  if (!(await isFile(path))) {
    missing.add(`the ${label.replace('_', ' ')}'s ${name} (${path})`, advice);
    return null;
  }
  const result = read(await readJson(path), path);
  files.set(`${label}/${name}`, path);
  return result;
}
