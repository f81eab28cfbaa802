/** @file `smooth-foley models verify`: reads every file of a model and compares it with what it should be. */
import type { Command } from 'commander';
import { FoleyError } from '../../errors/foley-error.js';
import { checkModelFolder } from '../../foley/model/check-model.node.js';
import { listModels, verifyModel } from '../../foley/model-bundle.node.js';
import {
  cardFile,
  formatBytes,
  isPresetName,
  isRepositoryId,
  readHubSettings,
  type VerifiedFile,
  verifySnapshot,
} from '../../hub/index.js';
import type { CommandHost } from '../command-host.js';
import { withInterrupt } from '../interrupt.js';
import type { Terminal } from '../terminal.js';
import { cachedTargetsOf } from './cached-target.js';

export function addModelsVerifyCommand(models: Command, host: CommandHost): void {
  const command = models
    .command('verify')
    .description('read every file of a model and compare it with its recorded sum')
    .argument('<model>', 'a model of the package or a folder, a preset, or owner/name[@revision]');
  host.run(command, async (terminal, { args }) => {
    const name = args[0]!;
    if (await isOfTheCache(name)) await verifyCached(terminal, name);
    else await verifyFolder(terminal, name);
  });
}

/** Whether a name is looked for in the cache; a model of the package goes before a preset of its name. */
async function isOfTheCache(name: string): Promise<boolean> {
  if ((await listModels()).includes(name)) return false;
  return isPresetName(name) || (isRepositoryId(name) && !name.startsWith('.'));
}

async function verifyFolder(terminal: Terminal, name: string): Promise<void> {
  const { folder } = await checkModelFolder(name);
  const differing = await verifyModel(folder);
  if (differing === null)
    throw new FoleyError('weights-invalid', `${folder} has no SHA256SUMS to check against`);
  if (differing.length > 0) {
    throw new FoleyError('weights-invalid', `${folder}: ${differing.join(', ')} differ from SHA256SUMS`, {
      hint: 'Copy or check out the model folder again.',
    });
  }
  if (terminal.modes.json) terminal.json({ model: name, folder, ok: true });
  else terminal.result(`${name}: every file is as listed`);
}

async function verifyCached(terminal: Terminal, name: string): Promise<void> {
  const settings = readHubSettings(terminal.env);
  const { targets, missing } = await cachedTargetsOf(settings, name);
  const results: VerifiedFile[] = [];
  await withInterrupt(async (signal) => {
    for (const { snapshot, files } of targets) {
      const verified = await verifySnapshot(settings.cacheFolder, snapshot, files, {
        signal,
        onFile: (file, bytes) => terminal.detail(`reading ${file}, ${formatBytes(bytes)}`),
      });
      // a card is no part of a model, so that none of it is missing without one
      results.push(...verified.filter(({ file, verdict }) => file !== cardFile || verdict !== 'missing'));
    }
  });
  const bad = results.filter(({ verdict }) => verdict === 'wrong' || verdict === 'missing');
  const faults = [
    ...bad.map(({ repository, file, reason }) => `${repository}: ${file} (${reason})`),
    ...missing.map((what) => `${what} (it is not there)`),
  ];
  if (terminal.modes.json) terminal.json({ model: name, ok: faults.length === 0, files: results, missing });
  if (faults.length > 0) {
    throw new FoleyError(
      'weights-invalid',
      `${faults.length} files of ${name} are not right: ${faults.join(', ')}`,
      {
        hint: `smooth-foley models rm ${name}, then smooth-foley models pull ${name}.`,
      },
    );
  }
  const right = results.filter(({ verdict }) => verdict === 'right');
  const unlisted = results.length - right.length;
  if (unlisted > 0)
    terminal.warn(
      `${unlisted} files were made here or come from elsewhere: nothing says what they should be`,
    );
  if (terminal.modes.json) return;
  const bytes = right.reduce((sum, file) => sum + file.bytes, 0);
  terminal.result(`${name}: ${right.length} files, ${formatBytes(bytes)}, every one as listed`);
}
