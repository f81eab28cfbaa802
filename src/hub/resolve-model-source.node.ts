/** @file From what people write behind `--model` to folders on this machine. Nothing is ever fetched here. */
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { FoleyError } from '../errors/foley-error.js';
import {
  type CachedFile,
  type CachedSnapshot,
  cachedFile,
  filesOfSnapshot,
  findSnapshot,
  wantedFilesOf,
} from './cached-snapshot.node.js';
import { type CatalogueSource, isPresetName, type PartRole, type PresetName, presetOf } from './catalogue.js';
import { type Environment, readHubSettings } from './hub-settings.node.js';
import { type Licence, licenceOf } from './licences.js';
import { licenceOfSnapshot } from './model-card.node.js';
import { checkRevision, isRepositoryId, parseRepositoryId } from './repository-id.js';

/** Files of one repository of the hub, on this machine. */
export interface LocalRepository {
  readonly repository: string;
  readonly commit: string;
  /** Real path of the snapshot's root. The files in it are links: open `files[].path`, whose links are resolved. */
  readonly folder: string;
  /** Names in the repository, sorted, and where the bytes are. */
  readonly files: readonly CachedFile[];
  readonly licence: Licence;
  /** What is to be known beyond the licence's name; null where nothing is. */
  readonly licenceNote: string | null;
}

/** One part of a preset, on this machine. */
export interface LocalPart extends LocalRepository {
  readonly role: PartRole;
  /** Real path of the folder inside the snapshot that holds the part, such as `<snapshot>/models/image_encoder`. */
  readonly partFolder: string;
}

/** What a name came to. */
export type ModelSource =
  /** A model of the package. */
  | { readonly kind: 'package'; readonly name: string; readonly folder: string }
  /** A folder or a single weights file. */
  | { readonly kind: 'path'; readonly name: string; readonly folder: string }
  /** A repository of the hub that was pulled. */
  | ({ readonly kind: 'repository'; readonly name: string } & LocalRepository)
  /** A preset whose published files were pulled. */
  | {
      readonly kind: 'preset';
      readonly name: PresetName;
      readonly parts: Readonly<Partial<Record<PartRole, LocalPart>>>;
    };

export interface ResolveOptions {
  /** Folder with the models that come with the package. */
  readonly packageFolder: string;
  /** Branch, tag or commit, for a repository named without one. */
  readonly revision?: string;
  /** Roles that come from elsewhere, so that a preset need not have them. */
  readonly without?: readonly PartRole[];
  /** Default: the environment of the process. */
  readonly env?: Environment;
}

/**
 * Finds a model by the name of one in the package, a path, a preset or `owner/name[@revision]`, in that order. A path
 * is what starts with `.`, `/`, `~` or a drive, or exists; a preset that the package has a folder for is that folder.
 * The network is never used.
 *
 * @throws model-missing when it is not on this machine, with the command that gets it
 */
export async function resolveModelSource(name: string, options: ResolveOptions): Promise<ModelSource> {
  const env = options.env ?? process.env;
  if (/^[A-Za-z0-9][\w.-]*$/.test(name)) {
    const folder = await realFolder(join(options.packageFolder, name));
    if (folder !== null) return { kind: 'package', name, folder };
  }
  if (isPresetName(name)) return resolvePreset(name, options, env);
  const path = await realpath(resolve(name)).catch(() => null);
  if (path !== null) return { kind: 'path', name, folder: path };
  const looksLikePath = /^[./~\\]|^[A-Za-z]:[\\/]/.test(name) || isAbsolute(name);
  if (!looksLikePath && isRepositoryId(name)) return resolveRepository(name, options, env);
  throw new FoleyError('model-missing', `there is no model "${name}" (looked for ${resolve(name)})`, {
    hint: 'Give a model of the package, a folder, a preset, or owner/name of the hub; "smooth-foley models ls" lists what is here.',
  });
}

async function resolveRepository(
  name: string,
  options: ResolveOptions,
  env: Environment,
): Promise<ModelSource> {
  const id = parseRepositoryId(name);
  const revision = id.revision ?? (options.revision === undefined ? 'main' : checkRevision(options.revision));
  const snapshot = await findSnapshot(readHubSettings(env).cacheFolder, id.repository, revision);
  if (snapshot === null) {
    throw missing(
      `${id.repository} at ${revision} is not on this machine`,
      pullCommand(id.repository, revision),
      env,
    );
  }
  const names = await filesOfSnapshot(snapshot.folder);
  const files = await Promise.all(names.map((file) => cachedFile(snapshot, file)));
  const broken = names.filter((_, index) => files[index] === null);
  if (broken.length > 0) {
    throw missing(
      `${id.repository} is not complete here: ${listed(broken)}`,
      pullCommand(id.repository, revision),
      env,
    );
  }
  return {
    kind: 'repository',
    name: id.repository,
    ...(await localRepository(
      snapshot,
      files.filter((file) => file !== null),
    )),
  };
}

async function resolvePreset(
  name: PresetName,
  options: ResolveOptions,
  env: Environment,
): Promise<ModelSource> {
  const { parts, absent } = await cachedPartsOf(name, env);
  const needed = Object.entries(absent).filter(([role]) => !options.without?.includes(role as PartRole));
  if (needed.length > 0) {
    const what = listed(needed.map(([, text]) => text));
    throw missing(`files of ${name} are not on this machine: ${what}`, pullCommand(name, 'main'), env);
  }
  return { kind: 'preset', name, parts };
}

/** The parts of a preset that are on this machine, and for each of the others what is missing. */
export interface PresetParts {
  readonly parts: Readonly<Partial<Record<PartRole, LocalPart>>>;
  readonly absent: Readonly<Partial<Record<PartRole, string>>>;
}

/** Looks for the published files of a preset in the cache. The network is never used. */
export async function cachedPartsOf(name: PresetName, env: Environment = process.env): Promise<PresetParts> {
  const { cacheFolder } = readHubSettings(env);
  const parts: Partial<Record<PartRole, LocalPart>> = {};
  const absent: Partial<Record<PartRole, string>> = {};
  for (const source of presetOf(name).sources) {
    const part = await resolvePart(cacheFolder, source);
    if (typeof part === 'string') absent[source.role] = part;
    else parts[source.role] = part;
  }
  return { parts, absent };
}

/** @returns the part, or what of it is missing */
async function resolvePart(cacheFolder: string, source: CatalogueSource): Promise<LocalPart | string> {
  const snapshot = await findSnapshot(cacheFolder, source.repository, source.revision);
  if (snapshot === null) return source.repository;
  const { files, missing: missingFiles } = await wantedFilesOf(snapshot, source);
  if (missingFiles.length > 0) return `${source.repository} (${listed(missingFiles)})`;
  const local = await localRepository(snapshot, files);
  return {
    ...local,
    role: source.role,
    partFolder: join(snapshot.folder, source.folder),
    licence: local.licence.id === 'unknown' ? licenceOf(source.licence) : local.licence,
    licenceNote: source.licenceNote,
  };
}

async function localRepository(
  snapshot: CachedSnapshot,
  files: readonly CachedFile[],
): Promise<LocalRepository> {
  return {
    repository: snapshot.repository,
    commit: snapshot.commit,
    folder: snapshot.folder,
    files,
    licence: await licenceOfSnapshot(snapshot),
    licenceNote: null,
  };
}

/** The command that gets a preset or repository. */
export function pullCommand(name: string, revision: string): string {
  return `smooth-foley models pull ${name}${revision === 'main' ? '' : ` --revision ${revision}`}`;
}

function missing(message: string, command: string, env: Environment): FoleyError {
  const offline = readHubSettings(env).isOffline ? ' (HF_HUB_OFFLINE is set: unset it first)' : '';
  return new FoleyError('model-missing', message, { hint: `Get it with: ${command}${offline}` });
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 6);
  return `${shown.join(', ')}${names.length > shown.length ? ` and ${names.length - shown.length} more` : ''}`;
}

async function realFolder(path: string): Promise<string | null> {
  const folder = await realpath(path).catch(() => null);
  return folder !== null && (await stat(folder)).isDirectory() ? folder : null;
}
