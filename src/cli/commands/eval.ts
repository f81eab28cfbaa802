/** @file `smooth-foley eval`: measures a model on scenes it never saw, and on what a classifier makes of its sounds. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import type { runAblation } from '../../benchmark/run-ablation.node.js';
import type { recognitionOptions } from '../../benchmark/run-recognition.node.js';
import { FoleyError } from '../../errors/foley-error.js';
import { ablationMarkdown } from '../../evaluation/ablation.js';
import { speedFields } from '../../foley/speed.js';
import type { CommandHost } from '../command-host.js';
import { countTo } from '../count-to.js';
import { withInterrupt } from '../interrupt.js';
import { numberOption } from '../number-option.js';
import { addChoices } from './eval-choices.js';
import { addEvalReport } from './eval-report.js';
import { addStudies } from './eval-studies.js';

const recognitionSpeed = z.strictObject(speedFields).partial();
const counts = { low: 1, high: 10_000, isWhole: true };

export function addEvalCommand(program: Command, host: CommandHost): void {
  const command = program.command('eval').description('measure how good a model is');
  addScenes(command, host, {
    name: 'ablation',
    description: 'neither adapter, each alone, and both, on unseen scenes',
    load: async () => (await import('../../benchmark/run-ablation.node.js')).runAblation,
  });
  addScenes(command, host, {
    name: 'accelerations',
    description: 'what each acceleration does to the sound, on unseen scenes',
    load: async () => (await import('../../benchmark/run-accelerations.node.js')).runAccelerations,
  });
  addRecognition(command, host);
  addStudies(command, host);
  addChoices(command, host);
  addEvalReport(command, host);
}

/** Options of both measurements. */
function addModelOptions(command: Command): Command {
  return command
    .requiredOption('--out-dir <folder>', 'where measurements and tables go')
    .option('--model <name>', 'name of a model, or path of a model folder', 'small')
    .option('--seed <n>', 'seed of the generated sounds')
    .option('--steps <n>', 'denoising steps')
    .option('--guidance <n>', 'how strongly conditions are followed')
    .option('--threads <n>', 'CPU threads; all cores unless given');
}

function modelOptions(options: Record<string, string | undefined>) {
  const seed = numberOption('--seed', options.seed, { low: 0, high: 2 ** 32 - 1, isWhole: true });
  const steps = numberOption('--steps', options.steps, { low: 1, high: 1000, isWhole: true });
  const guidance = numberOption('--guidance', options.guidance, { low: 0, high: 30, isWhole: false });
  const threads = numberOption('--threads', options.threads, { low: 1, high: 1024, isWhole: true });
  return {
    model: options.model!,
    outFolder: resolve(options.outDir!),
    ...(seed === null ? {} : { seed }),
    ...(steps === null ? {} : { steps }),
    ...(guidance === null ? {} : { guidance }),
    ...(threads === null ? {} : { threads }),
  };
}

interface ScenesCommand {
  readonly name: string;
  readonly description: string;
  /** Loaded when it is run: it brings the engine with it. */
  load(): Promise<typeof runAblation>;
}

function addScenes(parent: Command, host: CommandHost, { name, description, load }: ScenesCommand): void {
  const command = addModelOptions(parent.command(name).description(description))
    .requiredOption('--scenes <folder>', 'what "data scenes --split val" wrote')
    .requiredOption('--pictures <folder>', 'what "data pictures" wrote')
    .option('--tagger <file>', 'weights of the classifier that names the sounds')
    .option('--count <n>', 'scenes; 50 unless given')
    .option('--keep-sounds', 'also keep every sound as WAV');
  host.run(command, async (terminal) => {
    const options = command.opts<Record<string, string | undefined>>();
    const count = numberOption('--count', options.count, counts);
    const run = await load();
    const table = await withInterrupt((signal) =>
      run(
        {
          ...modelOptions(options),
          scenesFolder: resolve(options.scenes!),
          picturesFolder: resolve(options.pictures!),
          taggerFile: options.tagger === undefined ? null : resolve(options.tagger),
          keepSounds: options.keepSounds !== undefined,
          ...(count === null ? {} : { count }),
        },
        countTo(terminal, 'sounds', signal),
      ),
    );
    if (terminal.modes.json) terminal.json(table);
    else terminal.result(ablationMarkdown(table).trimEnd());
  });
}

function addRecognition(parent: Command, host: CommandHost): void {
  const command = addModelOptions(
    parent.command('recognition').description('how often a classifier names what the label asked for'),
  )
    .requiredOption('--tagger <file>', 'weights of the classifier')
    .requiredOption('--audio <folder>', 'recordings with their manifest.tsv')
    .requiredOption('--cache-dir <folder>', 'where decoded recordings are kept')
    .option('--per-class <n>', 'sounds made for each class; 6 unless given')
    .option('--speed <json>', 'accelerations by field, such as {"guidanceUntil": 0.7}');
  host.run(command, async (terminal) => {
    const options = command.opts<Record<string, string | undefined>>();
    const perClass = numberOption('--per-class', options.perClass, counts);
    const { recognitionMarkdown, runRecognition } = await import('../../benchmark/run-recognition.node.js');
    const rows = await withInterrupt((signal) =>
      runRecognition(
        {
          ...modelOptions(options),
          taggerFile: resolve(options.tagger!),
          audioFolder: resolve(options.audio!),
          cacheFolder: resolve(options.cacheDir!),
          ...(perClass === null ? {} : { perClass }),
          ...(options.speed === undefined ? {} : { speed: speedOption(options.speed) }),
        },
        countTo(terminal, 'classes', signal),
      ),
    );
    if (terminal.modes.json) terminal.json(rows);
    else terminal.result(recognitionMarkdown(rows).trimEnd());
  });
}

/** @throws usage for what is not JSON, or not fields of speed within their ranges */
function speedOption(text: string): z.input<typeof recognitionOptions>['speed'] {
  const parsed = recognitionSpeed.safeParse(parsedOrNull(text));
  if (parsed.success) return parsed.data;
  throw new FoleyError('usage', `--speed must be a JSON object of speed fields, got ${text}`, {
    hint: 'Such as {"guidanceUntil": 0.7, "reuseInterval": 2}.',
  });
}

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
