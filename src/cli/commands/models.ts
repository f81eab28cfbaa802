/** @file `smooth-foley models`: which models are here, how they get here, and whether their files are what they should be. */
import type { Command } from 'commander';
import { checkModelFolder } from '../../foley/model/check-model.node.js';
import { formatSums, hashModel } from '../../foley/model-bundle.node.js';
import type { CommandHost } from '../command-host.js';
import { addModelsConvertCommand } from './models-convert.js';
import { addModelsLsCommand } from './models-ls.js';
import { addModelsPullCommand } from './models-pull.js';
import { addModelsRmCommand } from './models-rm.js';
import { addModelsVerifyCommand } from './models-verify.js';

export function addModelsCommand(program: Command, host: CommandHost): void {
  const models = program.command('models').description('the models on this machine');
  addModelsLsCommand(models, host);
  addModelsPullCommand(models, host);
  addModelsConvertCommand(models, host);
  addModelsVerifyCommand(models, host);
  addModelsRmCommand(models, host);
  addModelsSumsCommand(models, host);
}

function addModelsSumsCommand(models: Command, host: CommandHost): void {
  const sums = models
    .command('sums')
    .description('print the SHA-256 of every file of a model folder, as its SHA256SUMS holds them')
    .argument('<model>', 'name or folder');
  host.run(sums, async (terminal, { args }) => {
    const provenance = await hashModel((await checkModelFolder(args[0]!)).folder);
    if (terminal.modes.json) terminal.json(provenance);
    else for (const line of formatSums(provenance).trimEnd().split('\n')) terminal.result(line);
  });
}
