/** @file `smooth-foley train`: trains one stage of a model. */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandHost } from '../command-host.js';
import { withInterrupt } from '../interrupt.js';
import { numberOption } from '../number-option.js';

interface TrainOptions {
  readonly config: string;
  readonly runFolder?: string;
  readonly model: string;
  readonly audio: string;
  readonly scenes: string;
  readonly pictures: string;
  readonly cacheDir: string;
  readonly resume?: boolean;
  readonly export?: boolean;
  readonly threads?: string;
  readonly minutes?: string;
}

export function addTrainCommand(program: Command, host: CommandHost): void {
  const command = program
    .command('train')
    .description(
      'train one stage: vae, vocoder, backbone, places, temporal-adapter, frame-adapter, or the tagger that judges',
    )
    .argument('<stage>', 'which part of the model')
    .requiredOption('--config <file>', 'JSON with the settings of the stage')
    .option('--run-folder <folder>', 'checkpoint, log and pictures; runs/<stage> unless given')
    .option(
      '--model <folder>',
      'model folder that sizes are read from and weights written to',
      'models/small',
    )
    .option('--audio <folder>', 'recordings with their manifest.tsv', 'audio')
    .option('--scenes <folder>', 'what "data scenes" wrote', 'scenes')
    .option('--pictures <folder>', 'what "data pictures" wrote', 'pictures')
    .option('--cache-dir <folder>', 'latents and embeddings that are computed once', '.cache/training')
    .option('--resume', 'go on from the checkpoint in the run folder')
    .option('--export', 'write the weights even when stopped before the last step')
    .option('--threads <n>', 'CPU threads; all cores unless given')
    .option('--minutes <n>', 'stop, saved, after this long');
  host.run(command, async (terminal, { args }) => {
    const stage = args[0]!;
    const options = command.opts<TrainOptions>();
    const threads = numberOption('--threads', options.threads, { low: 1, high: 1024, isWhole: true });
    const minutes = numberOption('--minutes', options.minutes, { low: 0.01, high: 1e6, isWhole: false });
    // loaded here, since nothing else of the command line needs it
    const { runTraining } = await import('../../training/run-training.node.js');
    const report = await withInterrupt((signal) =>
      runTraining(stage, resolve(options.config), {
        runFolder: resolve(options.runFolder ?? join('runs', stage)),
        modelFolder: resolve(options.model),
        audioFolder: resolve(options.audio),
        scenesFolder: resolve(options.scenes),
        picturesFolder: resolve(options.pictures),
        cacheFolder: resolve(options.cacheDir),
        resume: options.resume === true,
        exportAlways: options.export === true,
        signal,
        report: (line) => terminal.note(line),
        ...(threads === null ? {} : { threads }),
        ...(minutes === null ? {} : { minutes }),
      }),
    );
    if (terminal.modes.json) terminal.json(report);
    else {
      terminal.note(`stopped by ${report.stoppedBy} after ${report.counters.step} steps`);
      if (report.weightsPath !== null) terminal.result(report.weightsPath);
    }
  });
}
