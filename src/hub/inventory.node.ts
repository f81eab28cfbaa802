/** @file Which models the cache holds, and how much of each. */
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { layoutOf, repositoryOfFolder } from './cache-layout.js';
import {
  type CachedSnapshot,
  cachedFile,
  filesOfSnapshot,
  findSnapshot,
  readRef,
  wantedFilesOf,
} from './cached-snapshot.node.js';
import { type CatalogueSource, type PresetName, presetNames, presetOf } from './catalogue.js';
import { cardFile, chooseByPatterns } from './choose-files.js';
import { type Licence, licenceOf } from './licences.js';
import { licenceOfSnapshot } from './model-card.node.js';
import { isCommit } from './repository-id.js';
import { readTree } from './snapshot-tree.node.js';

/** One commit of one repository in the cache. */
export interface CachedModel {
  readonly repository: string;
  readonly commit: string;
  /** Branches and tags that stand for it. */
  readonly refs: readonly string[];
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  readonly licence: Licence;
  /** Presets that read from this commit. */
  readonly presets: readonly PresetName[];
  /** Whether all is here that the catalogue or, for others, a pull would want; null where nothing says so. */
  readonly isComplete: boolean | null;
  readonly missing: readonly string[];
}

/** How much of a preset is here. */
export interface CachedPreset {
  readonly name: PresetName;
  readonly bytes: number;
  readonly licences: readonly Licence[];
  readonly isComplete: boolean;
  /** `repository: file` */
  readonly missing: readonly string[];
  /** Parts nobody published, and what to do about each. */
  readonly unpublished: readonly string[];
}

/** Every model repository in the cache, by name; damaged folders are listed as incomplete, not hidden. */
export async function listCachedModels(cacheFolder: string): Promise<CachedModel[]> {
  const entries = await readdir(cacheFolder, { withFileTypes: true }).catch(() => []);
  const repositories = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => repositoryOfFolder(name))
    .filter((name) => name !== null)
    .sort();
  const models: CachedModel[] = [];
  for (const repository of repositories) {
    for (const commit of await commitsOf(cacheFolder, repository)) {
      const snapshot = await findSnapshot(cacheFolder, repository, commit);
      if (snapshot !== null) models.push(await describe(cacheFolder, snapshot));
    }
  }
  return models;
}

/** How much of each preset the cache holds. */
export async function listCachedPresets(cacheFolder: string): Promise<CachedPreset[]> {
  const presets: CachedPreset[] = [];
  for (const name of presetNames) {
    const paths = new Map<string, number>();
    const missing: string[] = [];
    const licences = new Map<string, Licence>();
    for (const source of presetOf(name).sources) {
      const snapshot = await findSnapshot(cacheFolder, source.repository, source.revision);
      const found = snapshot === null ? null : await wantedFilesOf(snapshot, source);
      for (const { path, bytes } of found?.files ?? []) paths.set(path, bytes);
      const gone =
        found?.missing ?? source.files.filter(({ isOptional }) => !isOptional).map(({ anyOf }) => anyOf[0]!);
      missing.push(...gone.map((file) => `${source.repository}: ${file}`));
      const licence = snapshot === null ? null : await licenceOfSnapshot(snapshot);
      const { id } = licence ?? { id: 'unknown' };
      licences.set(
        id === 'unknown' ? source.licence : id,
        id === 'unknown' ? licenceOf(source.licence) : licence!,
      );
    }
    presets.push({
      name,
      bytes: [...paths.values()].reduce((sum, bytes) => sum + bytes, 0),
      licences: [...licences.values()],
      isComplete: missing.length === 0,
      missing,
      unpublished: Object.values(presetOf(name).unpublished),
    });
  }
  return presets;
}

/** Commits that a repository has snapshots of. */
export async function commitsOf(cacheFolder: string, repository: string): Promise<string[]> {
  const folder = join(cacheFolder, layoutOf(repository).folder, 'snapshots');
  return (await readdir(folder).catch(() => [])).filter(isCommit).sort();
}

/** Branches and tags of a repository, and what they stand for. */
export async function refsOf(cacheFolder: string, repository: string): Promise<Map<string, string>> {
  const folder = join(cacheFolder, layoutOf(repository).folder, 'refs');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const refs = new Map<string, string>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const commit = await readRef(path);
    if (commit !== null) refs.set(path.slice(folder.length + 1).replaceAll('\\', '/'), commit);
  }
  return refs;
}

/** The name of the blob that a snapshot's file is a link to; null for a plain file or another link. */
export async function blobOf(path: string): Promise<string | null> {
  const target = await readlink(path).catch(() => null);
  const name = target === null ? '' : basename(target.replaceAll('\\', '/'));
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(name) ? name : null;
}

/** Catalogue sources that read from a commit: pinned to it, or to a branch that stands for it. */
export function sourcesAt(
  repository: string,
  commit: string,
  refs: readonly string[],
): { preset: PresetName; source: CatalogueSource }[] {
  return presetNames.flatMap((preset) =>
    presetOf(preset)
      .sources.filter(
        (source) =>
          source.repository === repository && (source.revision === commit || refs.includes(source.revision)),
      )
      .map((source) => ({ preset, source })),
  );
}

async function describe(cacheFolder: string, snapshot: CachedSnapshot): Promise<CachedModel> {
  const { repository, commit, folder } = snapshot;
  const allRefs = await refsOf(cacheFolder, repository);
  const refs = [...allRefs].filter(([, target]) => target === commit).map(([name]) => name);
  const names = await filesOfSnapshot(folder);
  const sizes = new Map<string, number>();
  const broken: string[] = [];
  for (const file of names) {
    const found = await cachedFile(snapshot, file);
    if (found === null) broken.push(file);
    else sizes.set(found.path, found.bytes);
  }
  const sources = sourcesAt(repository, commit, refs);
  const missing = await missingOf(
    cacheFolder,
    snapshot,
    sources.map(({ source }) => source),
  );
  const stated = await licenceOfSnapshot(snapshot);
  return {
    repository,
    commit,
    refs,
    folder,
    files: names.length,
    bytes: [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0),
    licence: stated.id === 'unknown' && sources[0] ? licenceOf(sources[0].source.licence) : stated,
    presets: [...new Set(sources.map(({ preset }) => preset))],
    isComplete: broken.length > 0 ? false : missing === null ? null : missing.length === 0,
    missing: [...new Set([...broken, ...(missing ?? [])])].sort(),
  };
}

/** What a pull would still get; null when there is no list to go by. */
async function missingOf(
  cacheFolder: string,
  snapshot: CachedSnapshot,
  sources: readonly CatalogueSource[],
): Promise<string[] | null> {
  if (sources.length > 0) {
    const parts = await Promise.all(sources.map((source) => wantedFilesOf(snapshot, source)));
    return parts.flatMap(({ missing }) => missing);
  }
  const tree = await readTree(cacheFolder, snapshot.repository, snapshot.commit);
  if (tree === null || tree.length === 0) return null;
  const wanted = tree.every(({ file }) => file === cardFile)
    ? tree
    : chooseByPatterns(tree, { include: [], exclude: [] }, snapshot.repository);
  const missing: string[] = [];
  for (const { file, bytes } of wanted) {
    const found = await stat(join(snapshot.folder, file)).catch(() => null);
    if (found?.size !== bytes) missing.push(file);
  }
  return missing;
}

/** Size of a file itself, links not followed; 0 when it is not there. */
export async function ownBytes(path: string): Promise<number> {
  const found = await lstat(path).catch(() => null);
  return found?.isFile() ? found.size : 0;
}
