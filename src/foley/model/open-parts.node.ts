/** @file Opens the parts of a model that was found, and checks every name and shape before anything runs. */
import { join } from 'node:path';
import { FoleyError } from '../../errors/foley-error.js';
import { input } from '../../graph/index.js';
import {
  type ClipImageConfig,
  type ClipTextConfig,
  clipImageEmbedding,
  clipTextEmbedding,
  clipTextStates,
} from '../../models/clip.js';
import { type ClipTokenizer, createClipTokenizer } from '../../models/clip-tokenizer.js';
import { readClipVocabulary } from '../../models/published/index.js';
import { createWordpieceTokenizer, type WordpieceTokenizer } from '../../models/wordpiece-tokenizer.js';
import { frozenParameters, type Parameters } from '../../weights/parameters.js';
import { openSafetensors } from '../../weights/safetensors-file.node.js';
import { assertParametersFit } from '../synthesizer.js';
import type { SynthesizerParameters } from '../synthesizer-parameters.js';
import type { FoundModel, PartName } from './found-model.js';
import { isFile, readJson, readText } from './weights-files.node.js';

/** Parameters of a part; null when the model was found without it. @throws weights-invalid */
export async function openPart({ weights }: FoundModel, part: PartName): Promise<Parameters | null> {
  const paths = weights.get(part);
  if (paths === undefined) return null;
  return frozenParameters(...(await Promise.all(paths.map(openSafetensors))));
}

async function openNeeded(model: FoundModel, part: PartName): Promise<Parameters> {
  const opened = await openPart(model, part);
  if (opened !== null) return opened;
  throw new FoleyError('model-missing', `${model.name} was opened without its ${part.replace('_', ' ')}`);
}

/** The generative half. @throws weights-invalid naming the parameters that are missing or misshapen, or those that are left over */
export async function openSynthesizerParts(model: FoundModel): Promise<SynthesizerParameters> {
  const parameters: SynthesizerParameters = {
    unet: await openNeeded(model, 'unet'),
    vae: await openNeeded(model, 'vae'),
    vocoder: await openNeeded(model, 'vocoder'),
    frameAdapter: await openPart(model, 'frame_adapter'),
    temporalAdapter: await openPart(model, 'temporal_adapter'),
  };
  assertParametersFit(model.config, parameters);
  return parameters;
}

/** Entries of a file with both towers that belong to neither or to the other. */
const besideText = /^(?:vision_model\.|visual_projection\.|logit_scale$)/;
const besideImage = /^(?:text_model\.|text_projection\.|logit_scale$)/;

/** A CLIP text tower. @param isProjected whether it has to have the projection into the space of the pictures */
export async function openClipText(
  model: FoundModel,
  part: 'text_encoder' | 'label_encoder',
  tower: ClipTextConfig,
  isProjected: boolean,
): Promise<{ readonly parameters: Parameters; readonly tokenizer: ClipTokenizer }> {
  const parameters = await openNeeded(model, part);
  const states = clipTextStates(parameters, input('ids', [1, tower.tokens], 'int64'), tower);
  if (isProjected) clipTextEmbedding(parameters, states, input('atEnd', [1, tower.tokens]), tower);
  parameters.assertAllUsed(
    (key) => besideText.test(key) || (!isProjected && key === 'text_projection.weight'),
  );
  return { parameters, tokenizer: await openClipTokenizer(model, part, tower) };
}

/** A CLIP image tower with its projection. */
export async function openClipImage(model: FoundModel, tower: ClipImageConfig): Promise<Parameters> {
  const parameters = await openNeeded(model, 'image_encoder');
  clipImageEmbedding(parameters, input('image', [1, 3, tower.imageSize, tower.imageSize]), tower);
  parameters.assertAllUsed((key) => besideImage.test(key));
  return parameters;
}

/** MiniLM and the list of its words. */
export async function openSentenceText(
  model: FoundModel,
  part: 'text_encoder' | 'label_encoder',
): Promise<{ readonly parameters: Parameters; readonly tokenizer: WordpieceTokenizer }> {
  const path = tokenizerOf(model, part);
  return {
    parameters: await openNeeded(model, part),
    tokenizer: createWordpieceTokenizer(await readText(path), path),
  };
}

/** EfficientNet-Lite of our own folders. */
export async function openSmallImage(model: FoundModel): Promise<Parameters> {
  return openNeeded(model, 'image_encoder');
}

async function openClipTokenizer(
  model: FoundModel,
  part: 'text_encoder' | 'label_encoder',
  tower: ClipTextConfig,
): Promise<ClipTokenizer> {
  const folder = tokenizerOf(model, part);
  const parsed = async (name: string) => {
    const file = join(folder, name);
    return (await isFile(file)) ? { json: await readJson(file), file } : null;
  };
  const merges = join(folder, 'merges.txt');
  const vocabulary = readClipVocabulary({
    vocabulary: await parsed('vocab.json'),
    merges: (await isFile(merges)) ? { text: await readText(merges), file: merges } : null,
    tokenizer: await parsed('tokenizer.json'),
    settings: [await parsed('special_tokens_map.json'), await parsed('tokenizer_config.json')].filter(
      (file) => file !== null,
    ),
  });
  const largest = Math.max(...Object.values(vocabulary.vocabulary));
  if (largest >= tower.vocabularySize) {
    throw new FoleyError(
      'weights-invalid',
      `${folder}: token ${largest} is beyond the ${tower.vocabularySize} words of the ${part.replace('_', ' ')}`,
      { hint: 'The tokenizer belongs to another encoder.' },
    );
  }
  return createClipTokenizer(vocabulary);
}

function tokenizerOf({ tokenizers, name }: FoundModel, part: 'text_encoder' | 'label_encoder'): string {
  const path = tokenizers.get(part);
  if (path !== undefined) return path;
  throw new FoleyError(
    'model-missing',
    `${name} was opened without the tokenizer of its ${part.replace('_', ' ')}`,
  );
}
