/** @file Finds every part of the model that a request names, as far as the request needs it: configuration read, files known, nothing opened. */
import { dirname, join, relative, sep } from 'node:path';
import { FoleyError } from '../../errors/foley-error.js';
import { type ModelConfig, type ModelDefaults, parseModelConfig } from '../../models/model-config.js';
import { presets } from '../../models/presets.js';
import { addPublishedFrameAdapter, addPublishedTemporalAdapter } from './adapter-parts.node.js';
import type { FoundModel, ModelNeeds } from './found-model.js';
import { MissingFiles } from './missing-files.js';
import {
  findPlaces,
  type ModelChoice,
  type ModelPlaces,
  type PartLicence,
  type Role,
} from './model-places.node.js';
import {
  addOwnBackbone,
  addOwnFrameAdapter,
  addOwnImageEncoder,
  addOwnTemporalAdapter,
  addOwnVocoder,
  type OwnFolder,
  readOwnFolder,
} from './own-parts.node.js';
import {
  type Assembly,
  addPublishedBackbone,
  addPublishedImageEncoder,
  addPublishedLabelEncoder,
  addPublishedVocoder,
} from './published-parts.node.js';
import { isFile } from './weights-files.node.js';

/** A model put together, and the terms of what came from the hub. */
export interface AssembledModel extends FoundModel {
  readonly licences: readonly PartLicence[];
}

/**
 * @param needsOf what the request needs, given the model's defaults.
 * @throws model-missing with everything that is not there, weights-invalid for what is there and cannot be used
 */
export async function findModel(
  choice: ModelChoice,
  needsOf: (defaults: ModelDefaults) => ModelNeeds,
): Promise<AssembledModel> {
  const found = await findPlaces(choice);
  const start = startingConfig(found);
  const needs = needsOf(start.defaults);
  const assembly: Assembly = {
    config: start,
    weights: new Map(),
    tokenizers: new Map(),
    files: new Map(),
    missing: new MissingFiles(),
  };
  const place = (role: Role, what: string): string | null => {
    const path = found.places[role] ?? null;
    if (path === null) assembly.missing.add(what, found.remedyFor(role));
    return path;
  };

  let backbone: string | null = null;
  if (needs.sound) {
    backbone = place('backbone', 'the backbone (UNet, autoencoder, text encoder)');
    if (backbone !== null) await addBackbone(backbone, found, assembly);
  }
  if (needs.sight) {
    const folder = place('imageEncoder', 'the image encoder');
    if (folder !== null) await addSight(folder, backbone, found, needs, assembly);
  }
  if (needs.frameAdapter) {
    const path = place('frameAdapter', 'the frame adapter');
    const own = path === null ? null : await ownAround(path);
    if (own !== null) await addOwnFrameAdapter(own, assembly);
    else if (path !== null) await addPublishedFrameAdapter(path, assembly);
  }
  if (needs.temporalAdapter) {
    const path = place('temporalAdapter', 'the temporal adapter');
    const own = path === null ? null : await ownAround(path);
    if (own !== null) await addOwnTemporalAdapter(own, assembly);
    else if (path !== null) await addPublishedTemporalAdapter(path, assembly);
  }
  assembly.missing.throwIfAny(found.name);
  const { weights, tokenizers } = assembly;
  const files = listed(assembly.files, found);
  return {
    name: found.name,
    config: checkedConfig(assembly.config, needs, found.name),
    weights,
    tokenizers,
    files,
    licences: found.licences,
  };
}

/** By name; a model that is one folder of ours lists its files as they are called there. */
function listed(files: ReadonlyMap<string, string>, { base }: ModelPlaces): ReadonlyMap<string, string> {
  const folder = base.kind === 'own' ? base.own.folder : null;
  const isOne = folder !== null && [...files.values()].every((path) => path.startsWith(join(folder, sep)));
  const named = isOne
    ? [...files.values()].map((path) => [relative(folder, path).split(sep).join('/'), path] as const)
    : [...files];
  return new Map(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Sizes to begin with; a preset that was only guessed does without the adapters that its folder lacks. */
function startingConfig({ base, places }: ModelPlaces): ModelConfig {
  if (base.kind === 'own') return base.own.config;
  const preset = presets[base.preset];
  if (base.isChosen) return preset;
  const { frameScale, timingScale, ...others } = preset.defaults;
  return {
    ...preset,
    defaults: {
      ...others,
      frameScale: places.frameAdapter === undefined ? 0 : frameScale,
      timingScale: places.temporalAdapter === undefined ? 0 : timingScale,
    },
  };
}

async function addBackbone(folder: string, found: ModelPlaces, assembly: Assembly): Promise<void> {
  const own = await readOwnFolder(folder);
  const vocoder = found.places.vocoder;
  if (own !== null) await addOwnBackbone(own, assembly);
  else await addPublishedBackbone(folder, assembly);
  const inBackbone = join(folder, 'vocoder');
  const isApart = vocoder !== undefined && vocoder !== folder;
  if (!isApart && own !== null) return;
  const place = isApart ? vocoder : inBackbone;
  const ownVocoder = await ownAround(place);
  if (ownVocoder !== null) await addOwnVocoder(ownVocoder, assembly);
  else await addPublishedVocoder(place, assembly);
}

async function addSight(
  folder: string,
  backbone: string | null,
  found: ModelPlaces,
  needs: ModelNeeds,
  assembly: Assembly,
): Promise<void> {
  const own = await readOwnFolder(folder);
  if (own !== null) {
    // without sound there is no prompt to read, and the text encoder is there for the labels
    await addOwnImageEncoder(own, backbone === folder, assembly);
    return;
  }
  const clip = await addPublishedImageEncoder(folder, assembly);
  if (!needs.labels) return;
  const apart = found.places.labelEncoder;
  if (apart !== undefined && (await readOwnFolder(apart)) === null)
    await addPublishedLabelEncoder(apart, assembly);
  else if (clip?.text != null) await addPublishedLabelEncoder(folder, assembly);
  else assembly.missing.add('the label encoder', found.remedyFor('labelEncoder'));
}

/** The folder of ours that a path names or that a weights file lies in. */
async function ownAround(path: string): Promise<OwnFolder | null> {
  return readOwnFolder((await isFile(path)) ? dirname(path) : path);
}

/** Sizes that nobody uses follow those that are used; then all must agree. */
function checkedConfig(config: ModelConfig, needs: ModelNeeds, name: string): ModelConfig {
  const frameAdapter = needs.frameAdapter
    ? config.frameAdapter
    : {
        ...config.frameAdapter,
        embeddingDim: config.imageEncoder.width,
        tokenDim: config.unet.crossAttentionDim,
      };
  const labelEncoder = needs.labels ? config.labelEncoder : null;
  try {
    return parseModelConfig({ ...config, name, frameAdapter, labelEncoder }, name);
  } catch (cause) {
    if (!(cause instanceof FoleyError)) throw cause;
    throw new FoleyError('weights-invalid', `the parts do not fit each other: ${cause.message}`, {
      hint: 'Parts work with the backbone and the image encoder that they were trained with.',
      cause,
    });
  }
}
