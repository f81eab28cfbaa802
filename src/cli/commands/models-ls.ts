/** @file `smooth-foley models ls`: the models of the package, the presets, and what the hub's cache holds. */
import type { Command } from 'commander';
import { checkModelFolder } from '../../foley/model/check-model.node.js';
import { hashModel, listModels, modelFolderOf } from '../../foley/model-bundle.node.js';
import { formatBytes, listCachedModels, listCachedPresets, readHubSettings } from '../../hub/index.js';
import type { CommandHost } from '../command-host.js';
import type { Terminal } from '../terminal.js';

/** One line of the list. */
interface ModelRow {
  readonly kind: 'package' | 'preset' | 'repository';
  readonly name: string;
  /** Branches or tags, else the commit; null where there is none. */
  readonly revision: string | null;
  readonly commit: string | null;
  readonly bytes: number;
  readonly licence: string;
  readonly isNonCommercial: boolean;
  /** Null: nothing says what belongs to it. */
  readonly isComplete: boolean | null;
  readonly missing: readonly string[];
  readonly folder: string | null;
  /** What is not to be had, and what to do about it. */
  readonly unpublished: readonly string[];
  /** Why a model of the package cannot be used; null when it can. */
  readonly fault: string | null;
}

export function addModelsLsCommand(models: Command, host: CommandHost): void {
  const command = models
    .command('ls')
    .description(
      'list models: of the package, presets of published files, and what the cache of the hub holds',
    );
  host.run(command, async (terminal) => {
    const { cacheFolder } = readHubSettings(terminal.env);
    const rows = [
      ...(await packageRows()),
      ...(await presetRows(cacheFolder)),
      ...(await repositoryRows(cacheFolder)),
    ];
    if (terminal.modes.json) terminal.json(rows);
    else if (terminal.modes.quiet) for (const { name } of rows) terminal.result(name);
    else show(terminal, rows, cacheFolder);
  });
}

async function packageRows(): Promise<ModelRow[]> {
  const rows: ModelRow[] = [];
  for (const name of await listModels()) {
    const folder = modelFolderOf(name);
    const { files } = await hashModel(folder);
    const fault = await checkModelFolder(name).then(
      () => null,
      (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown)),
    );
    rows.push({
      kind: 'package',
      name,
      revision: null,
      commit: null,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      licence: 'see its README.md',
      isNonCommercial: false,
      isComplete: fault === null,
      missing: [],
      folder,
      unpublished: [],
      fault,
    });
  }
  return rows;
}

async function presetRows(cacheFolder: string): Promise<ModelRow[]> {
  return (await listCachedPresets(cacheFolder)).map(
    ({ name, bytes, licences, isComplete, missing, unpublished }) => ({
      kind: 'preset' as const,
      name,
      revision: null,
      commit: null,
      bytes,
      licence: licences.map(({ id }) => id).join(', '),
      isNonCommercial: licences.some(({ isNonCommercial }) => isNonCommercial),
      isComplete,
      missing,
      folder: null,
      unpublished,
      fault: null,
    }),
  );
}

async function repositoryRows(cacheFolder: string): Promise<ModelRow[]> {
  return (await listCachedModels(cacheFolder)).map((model) => ({
    kind: 'repository' as const,
    name: model.repository,
    revision: model.refs.length > 0 ? model.refs.join(', ') : model.commit,
    commit: model.commit,
    bytes: model.bytes,
    licence: model.licence.id,
    isNonCommercial: model.licence.isNonCommercial,
    isComplete: model.isComplete,
    missing: model.missing,
    folder: model.folder,
    unpublished: [],
    fault: null,
  }));
}

function show(terminal: Terminal, rows: readonly ModelRow[], cacheFolder: string): void {
  const cells = rows.map((row) => [
    row.name,
    row.kind,
    row.commit === null ? '' : shortRevision(row),
    row.bytes === 0 ? '' : formatBytes(row.bytes),
    stateOf(row),
    row.licence,
  ]);
  const header = ['NAME', 'KIND', 'REVISION', 'SIZE', 'STATE', 'LICENCE'];
  const widths = header.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join('  ');
  terminal.note(terminal.colors.dim(line(header)));
  for (const row of cells) terminal.result(line(row));
  for (const { name, fault, missing, unpublished, isComplete } of rows) {
    if (fault !== null) terminal.warn(`${name} cannot be used: ${fault}`);
    for (const file of missing) terminal.detail(`${name} lacks ${file}`);
    if (isComplete) for (const what of unpublished) terminal.note(`${name}: ${what}`);
  }
  terminal.note(`pulled models are in ${cacheFolder}; "smooth-foley models pull NAME" gets what is absent`);
}

function stateOf({ isComplete, bytes, kind }: ModelRow): string {
  if (isComplete === null) return 'unlisted';
  if (isComplete) return 'complete';
  return kind === 'preset' && bytes === 0 ? 'absent' : 'partial';
}

function shortRevision({ revision, commit }: ModelRow): string {
  return revision === commit ? commit!.slice(0, 12) : `${revision} ${commit!.slice(0, 12)}`;
}
