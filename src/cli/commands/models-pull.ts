/** @file `smooth-foley models pull`: licences, sizes and room first, then the download, then what to do next. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { FoleyError } from '../../errors/foley-error.js';
import { type ConvertedFile, convertFiles, filesToConvert } from '../../foley/model/convert-model.node.js';
import { packageModelsFolder } from '../../foley/model-bundle.node.js';
import {
  convertedNameOf,
  formatBytes,
  type HubClient,
  isPickled,
  isPresetName,
  type Licence,
  licencesToAccept,
  openHubClient,
  type PlannedRepository,
  type PulledRepository,
  type PullPlan,
  planPull,
  presetNames,
  presetOf,
  pull,
  readHubSettings,
  resolveModelSource,
} from '../../hub/index.js';
import type { CommandHost } from '../command-host.js';
import { withInterrupt } from '../interrupt.js';
import { createPullView } from '../pull-view.js';
import type { Terminal } from '../terminal.js';
import { convertedAsJson, convertProgress, reportConverted } from './models-convert.js';

interface PullFlags {
  readonly revision?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly acceptLicence?: readonly string[];
  readonly offline?: boolean;
  readonly dryRun?: boolean;
  readonly convert?: boolean;
}

export function addModelsPullCommand(models: Command, host: CommandHost): void {
  const command = models
    .command('pull')
    .description('download a published model into the cache that huggingface_hub uses')
    .argument('<model>', `${presetNames.join(', ')}, or owner/name[@revision] of the hub`)
    .option('--revision <name>', 'branch, tag or commit of owner/name (default: main)')
    .option('--include <pattern>', 'only files that match, such as "unet/*"; may be repeated', collect)
    .option('--exclude <pattern>', 'no files that match; may be repeated', collect)
    .option(
      '--accept-licence <name>',
      'a licence that was read and is kept to, such as cc-by-nc-sa-4.0',
      collect,
    )
    .option('--offline', 'open no connection: only say whether it is here')
    .option('--dry-run', 'say what would be downloaded')
    .option('--convert', 'then make safetensors of pickled weights, as "models convert" does')
    .addHelpText(
      'after',
      '\nWhere it goes: HF_HUB_CACHE, or hub/ in HF_HOME, or ~/.cache/huggingface/hub. HF_TOKEN or HF_TOKEN_PATH hold a token,\nHF_ENDPOINT the address of a mirror. An interrupted download goes on where it was when the command is run again.',
    );
  host.run(command, async (terminal, { args }) => {
    const flags = command.opts<PullFlags>();
    const name = args[0]!;
    const settings = readHubSettings(terminal.env, flags.offline === true);
    if (settings.isOffline) {
      await reportOffline(terminal, name, flags.revision);
      return;
    }
    await withInterrupt(async (signal) => {
      const view = createPullView(terminal, settings.showsProgress);
      const client = await openHubClient(settings, {
        signal,
        onRetry: ({ message }, seconds) => view.note(`${message}; trying again in ${seconds} s`),
      });
      const target = {
        name,
        revision: flags.revision ?? null,
        include: flags.include ?? [],
        exclude: flags.exclude ?? [],
      };
      const plan = await planPull(client, target);
      showPlan(terminal, plan);
      if (flags.dryRun === true) {
        if (terminal.modes.json) terminal.json(planAsJson(plan));
        return;
      }
      const acceptedLicences = await acceptLicences(terminal, plan, flags.acceptLicence ?? []);
      const pulled = await download(client, plan, acceptedLicences, view);
      const toConvert = flags.convert === true ? await filesToConvert(convertTarget(plan)) : [];
      const converted = await convertFiles(toConvert, { signal, onProgress: convertProgress(terminal) });
      await report(terminal, plan, pulled, converted);
    });
  });
}

/** Gathers an option that may be repeated. */
function collect(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value];
}

async function download(
  client: HubClient,
  plan: PullPlan,
  acceptedLicences: readonly string[],
  view: ReturnType<typeof createPullView>,
): Promise<PulledRepository[]> {
  try {
    return await pull(client, plan, { acceptedLicences, onProgress: (progress) => view.update(progress) });
  } finally {
    view.end();
  }
}

/** What is to come, and under which terms; on stderr, before anything of it is downloaded. */
function showPlan(terminal: Terminal, plan: PullPlan): void {
  if (isPresetName(plan.name)) terminal.note(`${plan.name}: ${presetOf(plan.name).what}`);
  for (const { state, files, licence, licenceNotes, what } of plan.repositories) {
    const missing = files.filter(({ isHere }) => !isHere);
    const bytes = missing.reduce((sum, file) => sum + file.bytes, 0);
    const todo = missing.length === 0 ? 'all here' : `${missing.length} to download, ${formatBytes(bytes)}`;
    terminal.note(`${state.repository} at ${revisionText(state)}: ${files.length} files, ${todo}`);
    for (const part of what) terminal.note(`  ${part}`);
    terminal.note(`  licence ${licenceText(terminal, licence)}`);
    for (const note of licenceNotes) terminal.note(`  ${note}`);
    for (const file of missing) terminal.detail(`  ${file.file}, ${formatBytes(file.bytes)}`);
  }
  for (const what of Object.values(plan.unpublished)) terminal.warn(what);
}

function revisionText({ revision, commit }: PlannedRepository['state']): string {
  return revision === commit ? commit.slice(0, 12) : `${revision} (${commit.slice(0, 12)})`;
}

function licenceText(terminal: Terminal, { id, meaning, url, isNonCommercial }: Licence): string {
  const name = isNonCommercial ? terminal.colors.yellow(id) : id;
  if (id === 'unknown') return `${name}: look at the model card`;
  return [name, ...(meaning === null ? [] : [`: ${meaning}`]), ...(url === null ? [] : [` (${url})`])].join(
    '',
  );
}

/** The licences that were accepted by flag, and those that somebody at the terminal accepts now. */
async function acceptLicences(
  terminal: Terminal,
  plan: PullPlan,
  byFlag: readonly string[],
): Promise<string[]> {
  const accepted = byFlag.map((id) => id.toLowerCase());
  for (const { id } of licencesToAccept(plan, accepted)) {
    const answer = await terminal.ask(`Type ${terminal.colors.bold(id)} to accept this licence: `);
    if (answer === null) continue; // nobody to ask: the pull says which flag is missing
    if (answer.trim().toLowerCase() !== id) {
      throw new FoleyError('usage', `the licence ${id} was not accepted; nothing was downloaded`);
    }
    accepted.push(id);
  }
  return accepted;
}

async function report(
  terminal: Terminal,
  plan: PullPlan,
  pulled: readonly PulledRepository[],
  converted: readonly ConvertedFile[],
): Promise<void> {
  const next = await nextSteps(plan, pulled);
  if (terminal.modes.json) {
    terminal.json({ name: plan.name, repositories: pulled, converted: convertedAsJson(converted), next });
    return;
  }
  const loaded = pulled.flatMap(({ files }) => files.filter(({ wasDownloaded }) => wasDownloaded));
  const bytes = loaded.reduce((sum, file) => sum + file.bytes, 0);
  terminal.note(
    loaded.length === 0 ? 'nothing had to be downloaded' : `downloaded and checked ${formatBytes(bytes)}`,
  );
  for (const { folder } of pulled) terminal.result(folder);
  if (converted.length > 0) reportConverted(terminal, converted);
  for (const line of next) terminal.note(line);
}

/** The command that makes pickled files ready to use, unless that was done. */
async function nextSteps(plan: PullPlan, pulled: readonly PulledRepository[]): Promise<string[]> {
  const toConvert: string[] = [];
  for (const { folder, files } of pulled) {
    for (const { file } of files) {
      if (isPickled(file) && !(await isThere(join(folder, convertedNameOf(file))))) toConvert.push(file);
    }
  }
  if (toConvert.length === 0) return [];
  const [are, them] = toConvert.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return [
    `${toConvert.join(', ')} ${are} pickled. Make safetensors of ${them} once:`,
    `  smooth-foley models convert ${convertTarget(plan)}`,
  ];
}

/** What `models convert` calls it: a preset by name, a repository at the commit that was pulled. */
function convertTarget({ name, repositories }: PullPlan): string {
  const [only] = repositories;
  return isPresetName(name) || only === undefined ? name : `${name}@${only.state.commit}`;
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

function planAsJson(plan: PullPlan) {
  return {
    name: plan.name,
    bytes: plan.bytes,
    repositories: plan.repositories.map(({ state, files, licence, licenceNotes }) => ({
      repository: state.repository,
      revision: state.revision,
      commit: state.commit,
      licence,
      licenceNotes,
      files: files.map(({ file, bytes, hash, isHere }) => ({ file, bytes, hash, isHere })),
    })),
    unpublished: plan.unpublished,
  };
}

/** Offline, a pull can only look. @throws model-missing when it is not here, or not all of it */
async function reportOffline(terminal: Terminal, name: string, revision: string | undefined): Promise<void> {
  const source = await resolveModelSource(name, {
    packageFolder: packageModelsFolder,
    env: terminal.env,
    ...(revision === undefined ? {} : { revision }),
  });
  const folders =
    source.kind === 'preset'
      ? [...new Set(Object.values(source.parts).map(({ folder }) => folder))]
      : [source.folder];
  if (terminal.modes.json) terminal.json({ name, folders });
  else for (const folder of folders) terminal.result(folder);
}
