/** @file Carries a pull out: licences first, then room on the disk, then file by file. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FoleyError } from '../errors/foley-error.js';
import { layoutOf } from './cache-layout.js';
import { checkDiskSpace } from './disk-space.node.js';
import { downloadBlob } from './download-blob.node.js';
import type { HubClient } from './hub-client.node.js';
import type { Licence } from './licences.js';
import type { PlannedFile, PlannedRepository, PullPlan } from './pull-plan.node.js';
import { linkIntoSnapshot, writeRef, writeTree } from './snapshot-links.node.js';

/** Told again and again while a pull is under way. */
export interface PullProgress {
  readonly repository: string;
  readonly file: string;
  /** Which of the files that are to be downloaded, from 1. */
  readonly fileNumber: number;
  readonly fileCount: number;
  /** Of this file. */
  readonly fileBytesHere: number;
  readonly fileBytes: number;
  /** Of everything that was to be downloaded. */
  readonly bytesHere: number;
  readonly bytes: number;
  /** Another process loads this file; we wait for it. */
  readonly isWaiting: boolean;
}

export interface PullOptions {
  /** Short names of the licences that were read and accepted. */
  readonly acceptedLicences: readonly string[];
  readonly onProgress?: (progress: PullProgress) => void;
}

/** A repository that is on this machine now. */
export interface PulledRepository {
  readonly repository: string;
  readonly revision: string;
  readonly commit: string;
  readonly licence: string;
  readonly folder: string;
  readonly files: readonly {
    readonly file: string;
    readonly bytes: number;
    readonly wasDownloaded: boolean;
  }[];
}

/** Non-commercial licences of a plan that were not accepted yet. Nothing to be downloaded needs no acceptance. */
export function licencesToAccept(plan: PullPlan, accepted: readonly string[]): Licence[] {
  const open = plan.repositories
    .filter(({ files }) => files.some(({ isHere }) => !isHere))
    .map(({ licence }) => licence)
    .filter(({ id, isNonCommercial }) => isNonCommercial && !accepted.includes(id));
  return [...new Map(open.map((licence) => [licence.id, licence])).values()];
}

/**
 * Downloads what a plan still needs. Branches stand for the new commit only once all its files are here.
 * @throws usage while a non-commercial licence is not accepted; and as `downloadBlob`
 */
export async function pull(
  client: HubClient,
  plan: PullPlan,
  { acceptedLicences, onProgress }: PullOptions,
): Promise<PulledRepository[]> {
  const [open] = licencesToAccept(plan, acceptedLicences);
  if (open !== undefined) {
    throw new FoleyError(
      'usage',
      `${plan.name} is licensed ${open.id}: ${open.meaning ?? 'not for commercial use'}`,
      {
        hint: `Read ${open.url ?? 'it'}, then add --accept-licence ${open.id}`,
      },
    );
  }
  const { cacheFolder } = client.settings;
  await checkDiskSpace(cacheFolder, plan.bytes - (await bytesInIncomplete(cacheFolder, plan)));
  const report = progressOf(plan, onProgress ?? (() => {}));
  const pulled: PulledRepository[] = [];
  for (const planned of plan.repositories) pulled.push(await pullRepository(client, planned, report));
  return pulled;
}

type Report = (planned: PlannedRepository, file: PlannedFile, bytesHere: number, isWaiting: boolean) => void;

async function pullRepository(
  client: HubClient,
  planned: PlannedRepository,
  report: Report,
): Promise<PulledRepository> {
  const { state, files, licence } = planned;
  const { cacheFolder } = client.settings;
  const done: { file: string; bytes: number; wasDownloaded: boolean }[] = [];
  for (const file of files) {
    let wasDownloaded = false;
    if (!file.isHere) {
      wasDownloaded = await downloadBlob({
        client,
        repository: state.repository,
        commit: state.commit,
        file,
        onBytes: (bytesHere) => report(planned, file, bytesHere, false),
        onWaiting: () => report(planned, file, 0, true),
      });
      report(planned, file, file.bytes, false);
    }
    await linkIntoSnapshot(cacheFolder, state, file);
    done.push({ file: file.file, bytes: file.bytes, wasDownloaded });
  }
  await writeTree(cacheFolder, state);
  await writeRef(cacheFolder, state);
  return {
    repository: state.repository,
    revision: state.revision,
    commit: state.commit,
    licence: licence.id,
    folder: join(cacheFolder, layoutOf(state.repository).snapshot(state.commit)),
    files: done,
  };
}

function progressOf(plan: PullPlan, onProgress: (progress: PullProgress) => void): Report {
  const toLoad = plan.repositories.flatMap(({ files }) => files.filter(({ isHere }) => !isHere));
  let bytesBefore = 0;
  let current: PlannedFile | null = null;
  let fileNumber = 0;
  return ({ state }, file, bytesHere, isWaiting) => {
    if (file !== current) {
      bytesBefore += current?.bytes ?? 0;
      current = file;
      fileNumber++;
    }
    onProgress({
      repository: state.repository,
      file: file.file,
      fileNumber,
      fileCount: toLoad.length,
      fileBytesHere: bytesHere,
      fileBytes: file.bytes,
      bytesHere: bytesBefore + bytesHere,
      bytes: toLoad.reduce((sum, { bytes }) => sum + bytes, 0),
      isWaiting,
    });
  };
}

async function bytesInIncomplete(cacheFolder: string, plan: PullPlan): Promise<number> {
  let sum = 0;
  for (const { state, files } of plan.repositories) {
    const layout = layoutOf(state.repository);
    for (const { hash, bytes, isHere } of files) {
      if (isHere) continue;
      const found = await stat(join(cacheFolder, layout.incompleteBlob(hash))).catch(() => null);
      sum += Math.min(found?.size ?? 0, bytes);
    }
  }
  return sum;
}
