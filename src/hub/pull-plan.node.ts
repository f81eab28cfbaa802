/** @file What a pull will do, worked out before anything is downloaded: files, sizes, licences. */
import { join } from 'node:path';
import { FoleyError } from '../errors/foley-error.js';
import { layoutOf } from './cache-layout.js';
import { type CatalogueSource, isPresetName, type PartRole, presetOf } from './catalogue.js';
import { chooseByPatterns, chooseForSource, type FilePatterns } from './choose-files.js';
import { isWhole } from './download-blob.node.js';
import type { HubClient } from './hub-client.node.js';
import { type Licence, licenceOf } from './licences.js';
import { checkRevision, parseRepositoryId } from './repository-id.js';
import { type ListedFile, listRepository, type RepositoryState } from './repository-listing.node.js';
import { isPlainSnapshotFile } from './snapshot-links.node.js';

/** A file, and whether it has to be downloaded. */
export interface PlannedFile extends ListedFile {
  readonly isHere: boolean;
}

/** What is wanted of one repository. */
export interface PlannedRepository {
  readonly state: RepositoryState;
  readonly files: readonly PlannedFile[];
  /** The hub's own word, or the catalogue's where the hub has none. */
  readonly licence: Licence;
  readonly licenceNotes: readonly string[];
  /** What its parts are, of a preset. */
  readonly what: readonly string[];
}

export interface PullPlan {
  /** A preset or `owner/name`. */
  readonly name: string;
  readonly repositories: readonly PlannedRepository[];
  /** Still to be downloaded; a file in several places counts once. */
  readonly bytes: number;
  /** Parts nobody published. */
  readonly unpublished: Readonly<Partial<Record<PartRole, string>>>;
}

export interface PullTarget extends FilePatterns {
  /** A preset or `owner/name[@revision]`. */
  readonly name: string;
  readonly revision: string | null;
}

/** Asks the hub what a target consists of. @throws usage, model-missing, network-failed, limit-exceeded */
export async function planPull(client: HubClient, target: PullTarget): Promise<PullPlan> {
  return isPresetName(target.name)
    ? planPreset(client, target, presetOf(target.name).sources)
    : planRepository(client, target);
}

async function planRepository(client: HubClient, target: PullTarget): Promise<PullPlan> {
  const { repository, revision } = parseRepositoryId(target.name);
  if (revision !== null && target.revision !== null && revision !== target.revision) {
    throw new FoleyError('usage', `two revisions are named: ${revision} and --revision ${target.revision}`);
  }
  const wanted = checkRevision(revision ?? target.revision ?? 'main');
  const state = await listRepository(client, repository, wanted);
  const files = await markFiles(client, state, chooseByPatterns(state.files, target, repository));
  return planOf(repository, [{ state, files, licence: state.licence, licenceNotes: [], what: [] }], {});
}

async function planPreset(
  client: HubClient,
  target: PullTarget,
  sources: readonly CatalogueSource[],
): Promise<PullPlan> {
  if (target.revision !== null || target.include.length > 0 || target.exclude.length > 0) {
    throw new FoleyError('usage', `${target.name} has revisions and files of its own`, {
      hint: 'Leave out --revision, --include and --exclude, or pull its repositories one by one.',
    });
  }
  const repositories: PlannedRepository[] = [];
  for (const repository of new Set(sources.map((source) => source.repository))) {
    const parts = sources.filter((source) => source.repository === repository);
    const state = await listRepository(client, repository, parts[0]!.revision);
    const chosen = new Map(
      parts.flatMap((source) => chooseForSource(state.files, source)).map((file) => [file.file, file]),
    );
    repositories.push({
      state,
      files: await markFiles(client, state, [...chosen.values()]),
      licence: state.licence.id === 'unknown' ? licenceOf(parts[0]!.licence) : state.licence,
      licenceNotes: [...new Set(parts.flatMap(({ licenceNote }) => licenceNote ?? []))],
      what: parts.map(({ what }) => what),
    });
  }
  const preset = isPresetName(target.name) ? presetOf(target.name) : null;
  return planOf(target.name, repositories, preset?.unpublished ?? {});
}

async function markFiles(
  client: HubClient,
  { repository, commit }: RepositoryState,
  files: readonly ListedFile[],
): Promise<PlannedFile[]> {
  const { cacheFolder } = client.settings;
  const layout = layoutOf(repository);
  return Promise.all(
    files.map(async (file) => ({
      ...file,
      isHere:
        (await isWhole(join(cacheFolder, layout.blob(file.hash)), file)) ||
        (await isPlainSnapshotFile(join(cacheFolder, layout.snapshotFile(commit, file.file)), file.bytes)),
    })),
  );
}

function planOf(
  name: string,
  repositories: readonly PlannedRepository[],
  unpublished: PullPlan['unpublished'],
): PullPlan {
  const missing = new Map<string, number>();
  for (const { state, files } of repositories) {
    for (const { hash, bytes, isHere } of files)
      if (!isHere) missing.set(`${state.repository} ${hash}`, bytes);
  }
  return {
    name,
    repositories,
    bytes: [...missing.values()].reduce((sum, bytes) => sum + bytes, 0),
    unpublished,
  };
}
