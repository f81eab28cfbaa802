/** @file Where the parts of a model are to be looked for: what was named, else a folder's usual places, else the hub's cache. */
import { basename, join, resolve } from 'node:path';
import { FoleyError } from '../../errors/foley-error.js';
import {
  cachedPartsOf,
  convertedNameOf,
  isPresetName,
  type LocalPart,
  presetOf,
  pullCommand,
  resolveModelSource,
} from '../../hub/index.js';
import { type PresetName, presets } from '../../models/presets.js';
import { frameAdapterOfShapes } from '../../models/published/index.js';
import { openSafetensors } from '../../weights/safetensors-file.node.js';
import { packageModelsFolder } from '../model-bundle.node.js';
import type { FoleyRequest } from '../request.js';
import type { Remedy } from './missing-files.js';
import { type OwnFolder, readOwnFolder } from './own-parts.node.js';
import { isFile, isFolder } from './weights-files.node.js';

/** The fields of a request that say which model. */
export type ModelChoice = Pick<
  FoleyRequest,
  'model' | 'backbone' | 'frameAdapter' | 'temporalAdapter' | 'imageEncoder' | 'labelEncoder' | 'vocoder'
>;

export const roles = [
  'backbone',
  'vocoder',
  'frameAdapter',
  'temporalAdapter',
  'imageEncoder',
  'labelEncoder',
] as const;
export type Role = (typeof roles)[number];

/** The terms of files that came from the hub. */
export interface PartLicence {
  readonly repository: string;
  readonly commit: string;
  readonly licence: string;
  readonly note: string | null;
}

export interface ModelPlaces {
  readonly name: string;
  /** A folder of ours gives sizes and every part that is not named apart; else a preset gives the sizes. */
  readonly base:
    | { readonly kind: 'own'; readonly own: OwnFolder }
    | { readonly kind: 'preset'; readonly preset: Exclude<PresetName, 'small'>; readonly isChosen: boolean };
  /** Paths by role; a role that is absent was found nowhere. */
  readonly places: Readonly<Partial<Record<Role, string>>>;
  /** How to get a role that was found nowhere. */
  readonly remedyFor: (role: Role) => Remedy;
  readonly licences: readonly PartLicence[];
}

/** Finds the places. Nothing is opened but the `config.json` that tells whose folder it is. @throws model-missing */
export async function findPlaces(choice: ModelChoice): Promise<ModelPlaces> {
  const named: Partial<Record<Role, string>> = {};
  for (const role of roles) {
    const given = choice[role];
    if (given !== null) named[role] = await pathOf(given, role);
  }
  if (isPresetName(choice.model) && !(await isFolder(join(packageModelsFolder, choice.model)))) {
    const preset = choice.model;
    const { parts, absent } = await cachedPartsOf(preset);
    const cached: Partial<Record<Role, string>> = {};
    for (const part of Object.values(parts)) cached[part.role] = part.partFolder;
    const beside = named.backbone === undefined ? {} : await usualPlaces(named.backbone, preset);
    return {
      name: preset,
      base: { kind: 'preset', preset, isChosen: true },
      places: { ...cached, ...beside, ...named, ...(await ownBackbone(named.backbone)) },
      remedyFor: (role) => remedyForPreset(preset, role, Object.keys(absent).length > 0),
      licences: licencesOf(Object.values(parts).filter(({ role }) => named[role] === undefined)),
    };
  }
  const source = await resolveModelSource(choice.model, { packageFolder: packageModelsFolder });
  if (source.kind === 'preset') throw new FoleyError('model-missing', `${choice.model} has no folder`);
  const licences =
    source.kind === 'repository'
      ? [
          {
            repository: source.repository,
            commit: source.commit,
            licence: source.licence.id,
            note: source.licenceNote,
          },
        ]
      : [];
  const { folder } = source;
  const own = await readOwnFolder(folder);
  const remedyFor = (role: Role): Remedy => ({ flag: `--${flagNames[role]}` });
  if (own !== null) {
    const places = Object.fromEntries(roles.map((role) => [role, folder]));
    const name = basename(folder);
    return { name, base: { kind: 'own', own }, places: { ...places, ...named }, remedyFor, licences };
  }
  const usual = await usualPlaces(folder, 'foleycrafter');
  if (usual.backbone === undefined && named.backbone === undefined) {
    throw new FoleyError(
      'model-missing',
      `${folder} holds no model: neither our config.json nor a diffusers folder with unet/config.json`,
      {
        hint: 'docs/models.md says how the folders of each kind of model look.',
      },
    );
  }
  const places = { ...usual, ...named };
  const preset = await presetOfAdapters(places);
  return {
    name: basename(folder),
    base: { kind: 'preset', preset, isChosen: false },
    places,
    remedyFor,
    licences,
  };
}

/** Which of the published models a folder's adapters make of it: one token a frame, or four of the clip. */
async function presetOfAdapters({
  frameAdapter,
  temporalAdapter,
}: ModelPlaces['places']): Promise<Exclude<PresetName, 'small'>> {
  if (frameAdapter === undefined) return temporalAdapter === undefined ? 'auffusion' : 'foleycrafter';
  const path = convertedNameOf(frameAdapter);
  if (!(await isFile(path))) return 'foleycrafter';
  const { tensors } = await openSafetensors(path);
  return frameAdapterOfShapes(tensors, presets.foleycrafter.frameAdapter, path).tokensPerFrame === 1
    ? 'smooth-foley'
    : 'foleycrafter';
}

const flagNames: Readonly<Record<Role, string>> = {
  backbone: 'backbone',
  vocoder: 'vocoder',
  frameAdapter: 'frame-adapter',
  temporalAdapter: 'temporal-adapter',
  imageEncoder: 'image-encoder',
  labelEncoder: 'label-encoder',
};

function remedyForPreset(preset: Exclude<PresetName, 'small'>, role: Role, canPull: boolean): Remedy {
  const flag = `--${flagNames[role]}`;
  const text = presetOf(preset).unpublished[role];
  if (text !== undefined) return { flag, text: `${text[0]!.toUpperCase()}${text.slice(1)}.` };
  return canPull ? { flag, command: pullCommand(preset, 'main') } : { flag };
}

/** One entry for each repository, though several parts may come from it. */
function licencesOf(parts: readonly LocalPart[]): PartLicence[] {
  const byRepository = new Map<string, PartLicence>();
  for (const { repository, commit, licence, licenceNote } of parts)
    byRepository.set(`${repository}@${commit}`, {
      repository,
      commit,
      licence: licence.id,
      note: licenceNote,
    });
  return [...byRepository.values()];
}

/** A path as it is, or the folder of a repository of the hub that was pulled. */
async function pathOf(given: string, role: Role): Promise<string> {
  const path = resolve(given);
  if ((await isFile(path)) || (await isFolder(path))) return path;
  const source = await resolveModelSource(given, { packageFolder: packageModelsFolder }).catch(
    (cause: unknown) => {
      const hint = cause instanceof FoleyError && cause.hint !== null ? { hint: cause.hint } : {};
      throw new FoleyError('model-missing', `--${flagNames[role]}: there is no ${given}`, { ...hint, cause });
    },
  );
  if (source.kind === 'preset')
    throw new FoleyError('usage', `--${flagNames[role]}: ${given} is a preset, not a folder`);
  return source.folder;
}

/** Where published folders keep things, relative to the folder that was named. */
async function usualPlaces(folder: string, preset: PresetName): Promise<Partial<Record<Role, string>>> {
  const semantic = ['semantic/semantic_adapter', 'semantic_adapter'].flatMap(weightsNamed);
  const perFrame = weightsNamed('frame_adapter');
  const candidates: Readonly<Record<Role, readonly string[]>> = {
    backbone: [
      'unet/config.json',
      ...inside(['auffusion', 'auffusion-full-no-adapter', 'backbone'], 'unet/config.json'),
    ],
    vocoder: ['vocoder/config.json'],
    frameAdapter: preset === 'smooth-foley' ? [...perFrame, ...semantic] : [...semantic, ...perFrame],
    temporalAdapter: [...weightsNamed('temporal_adapter'), 'controlnet/config.json'],
    imageEncoder: inside(['image_encoder', 'models/image_encoder', clipFolder], 'config.json'),
    labelEncoder: inside(['label_encoder', clipFolder], 'config.json'),
  };
  const found: Partial<Record<Role, string>> = {};
  for (const role of roles) {
    for (const candidate of candidates[role]) {
      const path = join(folder, candidate);
      if (!(await isFile(path))) continue;
      found[role] = path.replace(/[\\/](?:unet[\\/])?config\.json$/, '');
      break;
    }
  }
  return found;
}

const clipFolder = 'CLIP-ViT-H-14-laion2B-s32B-b79K';

function weightsNamed(stem: string): string[] {
  return ['safetensors', 'bin', 'ckpt', 'pt'].map((ending) => `${stem}.${ending}`);
}

function inside(folders: readonly string[], file: string): string[] {
  return folders.map((folder) => `${folder}/${file}`);
}

/** A backbone that was named may be a folder of several things, one of which is the diffusers folder. */
async function ownBackbone(folder: string | undefined): Promise<{ backbone?: string }> {
  if (folder === undefined || (await readOwnFolder(folder)) !== null) return {};
  const { backbone } = await usualPlaces(folder, 'auffusion');
  return backbone === undefined ? {} : { backbone };
}
