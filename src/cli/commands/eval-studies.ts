/** @file The studies of `smooth-foley eval`: thresholds, labels, domains and efficiency. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { FoleyError } from '../../errors/foley-error.js';
import type { CommandHost } from '../command-host.js';
import { countTo } from '../count-to.js';
import { withInterrupt } from '../interrupt.js';
import { numberOption } from '../number-option.js';
import type { Terminal } from '../terminal.js';

type Options = Readonly<Record<string, string | undefined>>;

const counts = { low: 1, high: 10_000, isWhole: true };
const looks = { low: 1, high: 60, isWhole: false };

export function addStudies(parent: Command, host: CommandHost): void {
  addThresholds(parent, host);
  addLabels(parent, host);
  addDomains(parent, host);
  addEfficiency(parent, host);
}

function addThresholds(parent: Command, host: CommandHost): void {
  const command = addStudyOptions(
    parent
      .command('thresholds')
      .description(
        'similarity strategies times thresholds, chosen on one set of scenes, reported on another',
      ),
  )
    .requiredOption(
      '--choose-on <folder>',
      'scenes of pictures that training saw: the choice is made on them',
    )
    .requiredOption('--report-on <folder>', 'other scenes: they say how good the choice is')
    .requiredOption('--pictures <folder>', 'what "data pictures" wrote')
    .option('--count <n>', 'scenes of each set; 60 unless given')
    .option('--thresholds <list>', 'such as 0.3,0.5,0.7; 0.3 to 0.7 in steps of 0.05 unless given')
    .option('--looks <n>', 'pictures a second that the encoder sees; 10 unless given')
    .option('--cache-dir <folder>', 'frame embeddings; in the output folder unless given');
  host.run(command, async (terminal) => {
    const options = command.opts<Options>();
    const { runThresholds } = await import('../../benchmark/run-thresholds.node.js');
    const { thresholdMarkdown } = await import('../../benchmark/threshold-report.js');
    const report = await study(terminal, 'scenes', (hooks) =>
      runThresholds(
        {
          ...studyOptions(options),
          chooseFolder: resolve(options.chooseOn!),
          reportFolder: resolve(options.reportOn!),
          picturesFolder: resolve(options.pictures!),
          cacheFolder: options.cacheDir === undefined ? null : resolve(options.cacheDir),
          ...given('count', numberOption('--count', options.count, counts)),
          ...given('looksPerSecond', numberOption('--looks', options.looks, looks)),
          ...given(
            'thresholds',
            numbersOption('--thresholds', options.thresholds, { low: 0, high: 1, isWhole: false }),
          ),
        },
        hooks,
      ),
    );
    show(terminal, report, thresholdMarkdown);
  });
}

function addLabels(parent: Command, host: CommandHost): void {
  const command = addStudyOptions(
    parent
      .command('labels')
      .description('what timing and sound become when the label is written otherwise, wrong, or missing'),
  )
    .requiredOption('--scenes <folder>', 'what "data scenes --split val" wrote')
    .requiredOption('--pictures <folder>', 'what "data pictures" wrote')
    .option('--tagger <file>', 'weights of the classifier that names the sounds')
    .option('--count <n>', 'scenes whose timing is measured; 60 unless given')
    .option('--sounds <n>', 'the first of them, which also get a sound for each label; 12 unless given')
    .option('--steps <n>', 'denoising steps; 16 unless given')
    .option('--looks <n>', 'pictures a second that the encoder sees; 10 unless given')
    .option('--cache-dir <folder>', 'frame embeddings; in the output folder unless given');
  host.run(command, async (terminal) => {
    const options = command.opts<Options>();
    const { runLabels } = await import('../../benchmark/run-labels.node.js');
    const { labelMarkdown } = await import('../../benchmark/label-measurements.js');
    const report = await study(terminal, 'labels', (hooks) =>
      runLabels({ ...studyOptions(options), ...sceneOptions(options) }, hooks),
    );
    show(terminal, report, labelMarkdown);
  });
}

function addDomains(parent: Command, host: CommandHost): void {
  const command = addStudyOptions(
    parent
      .command('domains')
      .description('the same scenes with photographs, drawings, cartoons or renders in them; and real clips'),
  )
    .requiredOption('--scenes <folder>', 'what "data scenes --split val" wrote')
    .requiredOption('--pictures <folder>', 'what "data pictures" wrote')
    .option('--sprites <domain=folder...>', 'further pictures, such as "3D render=FOLDER"')
    .option('--sprite-list <file>', 'what they show: columns name and subject')
    .option('--clips <folder>', 'real clips')
    .option('--clip-list <file>', 'their labels: columns file and label')
    .option('--tagger <file>', 'weights of the classifier that names the sounds')
    .option('--count <n>', 'scenes; 30 unless given')
    .option('--sounds <n>', 'the first of them, which also get a sound for each picture; 12 unless given')
    .option('--steps <n>', 'denoising steps; 16 unless given')
    .option('--looks <n>', 'pictures a second that the encoder sees; 10 unless given')
    .option('--cache-dir <folder>', 'frame embeddings; in the output folder unless given');
  host.run(command, async (terminal) => {
    const { sprites, ...options } = command.opts<Options & { readonly sprites?: readonly string[] }>();
    const path = (name: string): string | null => {
      const text = (options as Options)[name];
      return text === undefined ? null : resolve(text);
    };
    const { runDomains } = await import('../../benchmark/run-domains.node.js');
    const { domainMarkdown } = await import('../../benchmark/domain-measurements.js');
    const report = await study(terminal, 'pictures', (hooks) =>
      runDomains(
        {
          ...studyOptions(options as Options),
          ...sceneOptions(options as Options),
          sprites: (sprites ?? []).map(spriteFolderOf),
          spriteList: path('spriteList'),
          clipsFolder: path('clips'),
          clipList: path('clipList'),
        },
        hooks,
      ),
    );
    show(terminal, report, domainMarkdown);
  });
}

/** @throws usage for what has no name and folder with = between */
function spriteFolderOf(text: string): { readonly domain: string; readonly folder: string } {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) {
    return { domain: text.slice(0, at), folder: resolve(text.slice(at + 1)) };
  }
  throw new FoleyError('usage', `--sprites takes domain=folder, got ${text}`);
}

function addEfficiency(parent: Command, host: CommandHost): void {
  const command = addStudyOptions(
    parent
      .command('efficiency')
      .description(
        'seconds and memory against frame rate, tokens per frame and steps, each in its own process',
      ),
  )
    .requiredOption('--video <file>', 'the clip that gets sound')
    .requiredOption('--label <text>', 'what is heard in it')
    .option('--repeats <n>', 'runs of each variant; the table holds medians; 3 unless given')
    .option('--rates <list>', 'frames a second; 4,8,15,30 unless given')
    .option('--steps <list>', 'denoising steps; 5,10,20,50 unless given');
  host.run(command, async (terminal) => {
    const options = command.opts<Options>();
    const { efficiencyMarkdown, runEfficiency } = await import('../../benchmark/run-efficiency.node.js');
    const report = await study(terminal, 'jobs', (hooks) =>
      runEfficiency(
        {
          ...studyOptions(options),
          videoFile: resolve(options.video!),
          label: options.label!,
          ...given(
            'repeats',
            numberOption('--repeats', options.repeats, { low: 1, high: 100, isWhole: true }),
          ),
          ...given(
            'frameRates',
            numbersOption('--rates', options.rates, { low: 1, high: 60, isWhole: true }),
          ),
          ...given('steps', numbersOption('--steps', options.steps, { low: 1, high: 500, isWhole: true })),
        },
        hooks,
      ),
    );
    show(terminal, report, efficiencyMarkdown);
  });
}

/** Options of studies that make sound for rendered scenes. */
function sceneOptions(options: Options) {
  return {
    scenesFolder: resolve(options.scenes!),
    picturesFolder: resolve(options.pictures!),
    taggerFile: options.tagger === undefined ? null : resolve(options.tagger),
    cacheFolder: options.cacheDir === undefined ? null : resolve(options.cacheDir),
    ...given('count', numberOption('--count', options.count, counts)),
    ...given('sounds', numberOption('--sounds', options.sounds, { ...counts, low: 0 })),
    ...given('steps', numberOption('--steps', options.steps, { low: 1, high: 1000, isWhole: true })),
    ...given('looksPerSecond', numberOption('--looks', options.looks, looks)),
  };
}

/** Options that all studies share. */
function addStudyOptions(command: Command): Command {
  return command
    .requiredOption(
      '--out-dir <folder>',
      'where measurements and tables go; a stopped run goes on from there',
    )
    .option('--model <name>', 'name of a model, or path of a model folder', 'small')
    .option('--seed <n>', 'the same seed gives the same figures; 0 unless given')
    .option('--threads <n>', 'CPU threads; all cores unless given');
}

function studyOptions(options: Options) {
  return {
    model: options.model!,
    outFolder: resolve(options.outDir!),
    ...given('seed', numberOption('--seed', options.seed, { low: 0, high: 2 ** 32 - 1, isWhole: true })),
    ...given('threads', numberOption('--threads', options.threads, { low: 1, high: 1024, isWhole: true })),
  };
}

/** Runs a study with progress on stderr, to be stopped by Ctrl-C. */
function study<T>(
  terminal: Terminal,
  what: string,
  work: (hooks: {
    readonly signal: AbortSignal;
    readonly onProgress: (done: number, total: number) => void;
  }) => Promise<T>,
): Promise<T> {
  return withInterrupt((signal) => work({ signal, onProgress: countTo(terminal, what, signal) }));
}

function show<R>(terminal: Terminal, report: R, markdown: (report: R) => string): void {
  if (terminal.modes.json) terminal.json(report);
  else terminal.result(markdown(report).trimEnd());
}

/** A property that is only there when it has a value: what is left out takes its default. */
function given<K extends string, V>(name: K, value: V | null): Partial<Record<K, V>> {
  return value === null ? {} : ({ [name]: value } as Record<K, V>);
}

/** Numbers with commas between. @throws usage naming the option and what is wrong in it */
function numbersOption(
  name: string,
  text: string | undefined,
  range: Parameters<typeof numberOption>[2],
): number[] | null {
  if (text === undefined) return null;
  const values = text.split(',').map((part) => numberOption(name, part.trim(), range)!);
  if (new Set(values).size !== values.length) {
    throw new FoleyError('usage', `${name} names a value twice: ${text}`);
  }
  return values;
}
