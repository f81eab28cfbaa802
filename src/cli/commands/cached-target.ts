/** @file Which files of which snapshots a name of `models verify` and `models rm` stands for. */
import { FoleyError } from '../../errors/foley-error.js';
import {
  type CachedSnapshot,
  cachedFile,
  cardFile,
  convertedNameOf,
  findSnapshot,
  type HubSettings,
  isPresetName,
  listCachedModels,
  type PresetName,
  parseRepositoryId,
  presetOf,
  pullCommand,
  wantedFilesOf,
} from '../../hub/index.js';

/** A snapshot, and the files of it that are meant; null for all. */
export interface CachedTarget {
  readonly snapshot: CachedSnapshot;
  readonly files: readonly string[] | null;
}

export interface CachedTargets {
  readonly targets: readonly CachedTarget[];
  /** Files of a preset that are not here, as `repository: file`. */
  readonly missing: readonly string[];
}

/**
 * A preset stands for its files alone, since its repositories may hold others; `owner/name` for all its revisions;
 * `owner/name@revision` for one. @throws model-missing when nothing of it is here
 */
export async function cachedTargetsOf({ cacheFolder }: HubSettings, name: string): Promise<CachedTargets> {
  const found = isPresetName(name)
    ? await presetTargets(cacheFolder, name)
    : { targets: await repositoryTargets(cacheFolder, name), missing: [] };
  if (found.targets.length === 0) {
    throw new FoleyError(
      'model-missing',
      `nothing of ${name} is on this machine (looked in ${cacheFolder})`,
      {
        hint: `Get it with: ${pullCommand(name, 'main')}`,
      },
    );
  }
  return found;
}

async function presetTargets(cacheFolder: string, name: PresetName): Promise<CachedTargets> {
  const files = new Map<string, { snapshot: CachedSnapshot; names: Set<string> }>();
  const missing: string[] = [];
  for (const source of presetOf(name).sources) {
    const snapshot = await findSnapshot(cacheFolder, source.repository, source.revision);
    if (snapshot === null) {
      missing.push(`${source.repository}: all of it`);
      continue;
    }
    const wanted = await wantedFilesOf(snapshot, source);
    missing.push(...wanted.missing.map((file) => `${source.repository}: ${file}`));
    const target = files.get(snapshot.folder) ?? { snapshot, names: new Set([cardFile]) };
    // every form in which a file may be here, and what was made of it
    for (const { anyOf } of source.files) {
      for (const file of anyOf.flatMap((name) => [name, convertedNameOf(name)])) {
        if ((await cachedFile(snapshot, file)) !== null) target.names.add(file);
      }
    }
    files.set(snapshot.folder, target);
  }
  return {
    targets: [...files.values()].map(({ snapshot, names }) => ({ snapshot, files: [...names].sort() })),
    missing: [...new Set(missing)],
  };
}

async function repositoryTargets(cacheFolder: string, name: string): Promise<CachedTarget[]> {
  const { repository, revision } = parseRepositoryId(name);
  const snapshots =
    revision === null
      ? (await listCachedModels(cacheFolder)).filter((model) => model.repository === repository)
      : [await findSnapshot(cacheFolder, repository, revision)].filter((snapshot) => snapshot !== null);
  return snapshots.map(({ commit, folder }) => ({ snapshot: { repository, commit, folder }, files: null }));
}
