/** @file `smooth-foley eval report`: every system on every scene of the benchmark, as JSON, Markdown and a page to listen to. */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { FoleyError } from '../../errors/foley-error.js';
import type { CommandHost } from '../command-host.js';
import { countTo } from '../count-to.js';
import { withInterrupt } from '../interrupt.js';
import { numberOption } from '../number-option.js';

type Texts = Record<string, string | undefined>;

export function addEvalReport(parent: Command, host: CommandHost): void {
  const command = parent
    .command('report')
    .description('measure every system on every scene of the benchmark, and write the report')
    .requiredOption('--set <folder>', 'what "data benchmark" wrote')
    .requiredOption('--pictures <folder>', 'what "data pictures" wrote')
    .requiredOption('--tagger <file>', 'weights of the classifier that names the sounds')
    .requiredOption('--out-dir <folder>', 'where sounds, measurements and the report go')
    .option('--model <name>', 'name of a model, or path of a model folder', 'small')
    .option('--clip-wise <model>', 'a frame adapter that averages the frames: a model folder or a file')
    .option('--audio <folder>', 'recordings with their manifest.tsv: for the sampler and as reference')
    .option('--cache-dir <folder>', 'decoded recordings are kept here', '.cache/data')
    .option('--embedder <name=file...>', 'further judges of likeness, such as cnn14=FILE')
    .option('--clip-frames <file>', 'image tower of CLIP ViT-B/32, beside --embedder wav2clip=FILE')
    .option('--systems <names>', 'only these, with commas between them')
    .option('--sets <names>', 'continuous, general or both with a comma')
    .option(
      '--labels <which>',
      'exact; kind: only the kind of thing, and the picture may say which; vague: the text is the kind, too',
      'exact',
    )
    .option('--count <n>', 'so many scenes of each set, evenly over it')
    .option('--shard <i/n>', 'take every n-th scene from the i-th on, and write no report')
    .option('--against <system>', 'differences are told from this system', 'both')
    .option('--heard <n>', 'scenes of each set that the page plays; 12 unless given')
    .option('--resamples <n>', 'of the intervals of set scores; 500 unless given')
    .option('--seed <n>', 'seed of the generated sounds')
    .option('--steps <n>', 'denoising steps; 16 unless given')
    .option('--guidance <n>', "how strongly conditions are followed; the model's own unless given")
    .option('--threads <n>', 'CPU threads; all cores unless given');
  host.run(command, async (terminal) => {
    const options = command.opts<Texts & { embedder?: string[] }>();
    const { runReport } = await import('../../benchmark/report/run-report.node.js');
    const { reportOptions } = await import('../../benchmark/report/options.js');
    const parsed = reportOptions.safeParse({
      benchmarkFolder: resolve(options.set!),
      picturesFolder: resolve(options.pictures!),
      outFolder: resolve(options.outDir!),
      model: options.model,
      clipWise: options.clipWise ?? null,
      embedders: [
        { name: 'tagger', file: resolve(options.tagger!) },
        { name: 'tagger-whole', file: resolve(options.tagger!) },
        ...(options.embedder ?? []).map(embedderOption),
      ],
      clipFrames: options.clipFrames === undefined ? null : resolve(options.clipFrames),
      audioFolder: options.audio === undefined ? null : resolve(options.audio),
      cacheFolder: resolve(options.cacheDir!),
      ...(options.systems === undefined ? {} : { systems: options.systems.split(',') }),
      ...(options.sets === undefined ? {} : { sets: options.sets.split(',') }),
      labels: options.labels,
      shard: shardOption(options.shard),
      against: options.against,
      ...numbers(options),
    });
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      throw new FoleyError('usage', `eval report: ${issue.path.join('.')}: ${issue.message}`);
    }
    const report = await withInterrupt((signal) =>
      runReport(parsed.data, countTo(terminal, 'sounds', signal)),
    );
    if (terminal.modes.json) terminal.json(report);
    else if (report === null) terminal.result('this part is measured; without --shard the report is written');
    else
      for (const name of ['report.json', 'report.md', 'report/index.html'])
        terminal.result(join(parsed.data.outFolder, name));
  });
}

function numbers(options: Texts): Record<string, number> {
  const ranges = {
    count: { low: 1, high: 10_000, isWhole: true },
    heard: { low: 0, high: 200, isWhole: true },
    resamples: { low: 50, high: 20_000, isWhole: true },
    seed: { low: 0, high: 2 ** 32 - 1, isWhole: true },
    steps: { low: 1, high: 500, isWhole: true },
    guidance: { low: 0, high: 30, isWhole: false },
    threads: { low: 1, high: 1024, isWhole: true },
  };
  const given = Object.entries(ranges).flatMap(([name, range]): [string, number][] => {
    const value = numberOption(`--${name}`, options[name], range);
    return value === null ? [] : [[name, value]];
  });
  return Object.fromEntries(given);
}

/** @throws FoleyError `usage` for what is not i/n */
function shardOption(text: string | undefined): { number: number; of: number } | null {
  if (text === undefined) return null;
  const match = /^(\d+)\/(\d+)$/.exec(text);
  if (match === null) {
    throw new FoleyError('usage', `--shard must be like 1/2, got ${JSON.stringify(text)}`);
  }
  return { number: Number(match[1]), of: Number(match[2]) };
}

/** @throws FoleyError `usage` for what is not name=file */
function embedderOption(text: string): { name: string; file: string } {
  const at = text.indexOf('=');
  if (at < 1)
    throw new FoleyError('usage', `--embedder must be like cnn14=FILE, got ${JSON.stringify(text)}`);
  return { name: text.slice(0, at), file: resolve(text.slice(at + 1)) };
}
