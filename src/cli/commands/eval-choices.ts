/** @file `smooth-foley eval choices`: how often the picture alone chooses the right label. */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandHost } from '../command-host.js';
import { countTo } from '../count-to.js';
import { withInterrupt } from '../interrupt.js';
import { numberOption } from '../number-option.js';

export function addChoices(parent: Command, host: CommandHost): void {
  const command = parent
    .command('choices')
    .description('how often the picture alone chooses the right label, on rendered scenes')
    .requiredOption('--out-dir <folder>', 'where measurements and tables go')
    .requiredOption('--scenes <folder>', 'what "data scenes" wrote')
    .requiredOption('--pictures <folder>', 'what "data pictures" wrote')
    .option('--model <name>', 'name of a model, or path of a model folder', 'small')
    .option('--count <n>', 'scenes; 60 unless given')
    .option('--looks <n>', 'pictures a second that the encoder sees; 4 unless given')
    .option('--threads <n>', 'CPU threads; all cores unless given')
    .option('--cache-dir <folder>', 'frame embeddings; in the output folder unless given');
  host.run(command, async (terminal) => {
    const options = command.opts<Record<string, string | undefined>>();
    const outFolder = resolve(options.outDir!);
    const { choiceMarkdown, runChoices } = await import('../../benchmark/run-choices.node.js');
    const report = await withInterrupt((signal) =>
      runChoices(
        {
          model: options.model!,
          threads: numberOption('--threads', options.threads, { low: 1, high: 1024, isWhole: true }),
          scenesFolder: resolve(options.scenes!),
          picturesFolder: resolve(options.pictures!),
          cacheFolder: options.cacheDir === undefined ? join(outFolder, 'cache') : resolve(options.cacheDir),
          outFolder,
          count: numberOption('--count', options.count, { low: 1, high: 10_000, isWhole: true }) ?? 60,
          looksPerSecond: numberOption('--looks', options.looks, { low: 1, high: 60, isWhole: false }) ?? 4,
        },
        { signal, onProgress: countTo(terminal, 'scenes', signal) },
      ),
    );
    if (terminal.modes.json) terminal.json(report);
    else terminal.result(choiceMarkdown(report).trimEnd());
  });
}
