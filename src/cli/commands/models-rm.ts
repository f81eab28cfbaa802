/** @file `smooth-foley models rm`: takes a pulled model out of the cache. It asks nothing. */
import type { Command } from 'commander';
import { FoleyError } from '../../errors/foley-error.js';
import { listModels } from '../../foley/model-bundle.node.js';
import {
  formatBytes,
  isPresetName,
  listCachedPresets,
  type Removed,
  readHubSettings,
  removeFromCache,
} from '../../hub/index.js';
import type { CommandHost } from '../command-host.js';
import { cachedTargetsOf } from './cached-target.js';

export function addModelsRmCommand(models: Command, host: CommandHost): void {
  const command = models
    .command('rm')
    .description('remove a pulled model from the cache; what other revisions share stays')
    .argument('<model>', 'a preset (its own files), owner/name (all revisions) or owner/name@revision');
  host.run(command, async (terminal, { args }) => {
    const name = args[0]!;
    if ((await listModels()).includes(name) && !isPresetName(name)) {
      throw new FoleyError('usage', `${name} comes with the package; only pulled models are removed`);
    }
    const settings = readHubSettings(terminal.env);
    const completeBefore = await completePresets(settings.cacheFolder);
    const { targets } = await cachedTargetsOf(settings, name);
    const removed: Removed[] = [];
    for (const { snapshot, files } of targets) {
      removed.push(await removeFromCache(settings.cacheFolder, snapshot.repository, snapshot.commit, files));
    }
    const completeNow = await completePresets(settings.cacheFolder);
    const broken = completeBefore.filter((preset) => preset !== name && !completeNow.includes(preset));
    for (const preset of broken)
      terminal.warn(`${preset} used some of these files and is no longer complete`);
    const freedBytes = removed.reduce((sum, entry) => sum + entry.freedBytes, 0);
    if (terminal.modes.json) {
      terminal.json({ model: name, freedBytes, removed });
      return;
    }
    const count = removed.reduce((sum, { files }) => sum + files.length, 0);
    terminal.result(
      `${name}: ${count} files removed, ${formatBytes(freedBytes)} (${freedBytes} bytes) freed`,
    );
  });
}

async function completePresets(cacheFolder: string): Promise<string[]> {
  return (await listCachedPresets(cacheFolder))
    .filter(({ isComplete }) => isComplete)
    .map(({ name }) => name);
}
