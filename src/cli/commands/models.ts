/** @file `smooth-foley models`: which models are here, and whether their files are what they should be. */
import type { Command } from 'commander';
import { FoleyError } from '../../errors/foley-error.js';
import {
  checkModelFolder,
  formatSums,
  hashModel,
  listModels,
  modelFolderOf,
  verifyModel,
} from '../../foley/model-bundle.node.js';
import type { CommandHost } from '../command-host.js';

export function addModelsCommand(program: Command, host: CommandHost): void {
  const models = program.command('models').description('the models on this machine');

  host.run(
    models.command('ls').description('list the models that come with the package'),
    async (terminal) => {
      const rows = [];
      for (const name of await listModels()) {
        const { files } = await hashModel(modelFolderOf(name));
        const fault = await checkModelFolder(name).then(
          () => null,
          (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown)),
        );
        rows.push({
          name,
          folder: modelFolderOf(name),
          bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
          usable: fault === null,
          fault,
        });
      }
      if (terminal.modes.json) {
        terminal.json(rows);
        return;
      }
      for (const { name, folder, bytes, fault } of rows) {
        terminal.result(
          terminal.modes.quiet
            ? name
            : `${name.padEnd(16)} ${(bytes / 1e6).toFixed(1).padStart(8)} MB  ${folder}`,
        );
        if (fault !== null) terminal.warn(`${name} cannot be used: ${fault}`);
      }
      if (rows.length === 0) terminal.note('no models here');
    },
  );

  const sums = models
    .command('sums')
    .description('print the SHA-256 of every file of a model, as SHA256SUMS in its folder holds them')
    .argument('<model>', 'name or folder');
  host.run(sums, async (terminal, { args }) => {
    const provenance = await hashModel((await checkModelFolder(args[0]!)).folder);
    if (terminal.modes.json) terminal.json(provenance);
    else for (const line of formatSums(provenance).trimEnd().split('\n')) terminal.result(line);
  });

  const verify = models
    .command('verify')
    .description('check the files of a model against its SHA256SUMS and its configuration')
    .argument('<model>', 'name or folder');
  host.run(verify, async (terminal, { args }) => {
    const { folder } = await checkModelFolder(args[0]!);
    const differing = await verifyModel(folder);
    if (differing === null)
      throw new FoleyError('weights-invalid', `${folder} has no SHA256SUMS to check against`);
    if (differing.length > 0) {
      throw new FoleyError('weights-invalid', `${folder}: ${differing.join(', ')} differ from SHA256SUMS`, {
        hint: 'Copy or check out the model folder again.',
      });
    }
    if (terminal.modes.json) terminal.json({ model: args[0], folder, ok: true });
    else terminal.result(`${args[0]}: every file is as listed`);
  });
}
