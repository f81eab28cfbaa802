/** @file Checks that everything a model consists of is there and fits, without running any of it. */
import { modelFolderOf } from '../model-bundle.node.js';
import { type AssembledModel, findModel } from './find-model.node.js';
import { needsOf } from './model-needs.js';
import type { ModelChoice } from './model-places.node.js';
import {
  openClipImage,
  openClipText,
  openSentenceText,
  openSmallImage,
  openSynthesizerParts,
} from './open-parts.node.js';

/** A model named as a whole, with nothing said of its parts. */
export function wholeModel(model: string): ModelChoice {
  return {
    model,
    backbone: null,
    frameAdapter: null,
    temporalAdapter: null,
    imageEncoder: null,
    labelEncoder: null,
    vocoder: null,
  };
}

/** What a request that says nothing needs of a model. */
const everyday = { tracks: null, timing: null, frameScale: null, timingScale: null };

/** @throws model-missing with everything that is not there, weights-invalid for what does not fit */
export async function checkModel(choice: ModelChoice): Promise<AssembledModel> {
  const model = await findModel(choice, (defaults) => needsOf(everyday, defaults));
  const { textEncoder, labelEncoder, imageEncoder } = model.config;
  await openSynthesizerParts(model);
  if (textEncoder.kind === 'clip') await openClipText(model, 'text_encoder', textEncoder.tower, false);
  else await openSentenceText(model, 'text_encoder');
  if (labelEncoder?.kind === 'clip') await openClipText(model, 'label_encoder', labelEncoder.tower, true);
  if (model.weights.has('image_encoder')) {
    if (imageEncoder.kind === 'clip') await openClipImage(model, imageEncoder.tower);
    else await openSmallImage(model);
  }
  return model;
}

/** Checks the model of a name in the package, or of a path. @returns its folder */
export async function checkModelFolder(nameOrPath: string): Promise<{ readonly folder: string }> {
  await checkModel(wholeModel(nameOrPath));
  return { folder: modelFolderOf(nameOrPath) };
}
