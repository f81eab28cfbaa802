/** @file `smooth-foley data`: makes what training and judging need. */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { encodeWav } from '../../audio/wav-writer.js';
import { FoleyError } from '../../errors/foley-error.js';
import { writeFileAtomic } from '../../files/atomic-file.node.js';
import type { CommandHost } from '../command-host.js';
import { countTo } from '../count-to.js';
import { withInterrupt } from '../interrupt.js';
import { numberOption } from '../number-option.js';
import type { Terminal } from '../terminal.js';

const wholeCount = { low: 1, high: 100_000, isWhole: true };
const wholeSeed = { low: 0, high: 2 ** 31, isWhole: true };
const seconds = { low: 0.1, high: 120, isWhole: false };

export function addDataCommand(program: Command, host: CommandHost): void {
  const data = program.command('data').description('make clips and mixtures for training and judging');
  addScenes(data, host);
  addMixtures(data, host);
  addPictures(data, host);
  addBenchmark(data, host);
}

function addScenes(data: Command, host: CommandHost): void {
  const command = addDrawOptions(
    data.command('scenes').description('render moving objects with their true sound'),
  )
    .requiredOption('--pictures <folder>', 'what "data pictures" wrote')
    .option('--clips', 'also write an MP4 of each scene');
  host.run(command, async (terminal) => {
    const options = command.opts<Record<string, string | boolean | undefined>>();
    const { writeScenes } = await import('../../data/scenes.node.js');
    const written = await withInterrupt((signal) =>
      writeScenes(
        {
          ...drawOptions(options),
          picturesFolder: resolve(String(options.pictures)),
          clip: options.clips === true ? {} : null,
        },
        countTo(terminal, 'scenes', signal),
      ),
    );
    report(
      terminal,
      written.map(({ scenePath }) => scenePath),
      written,
    );
  });
}

function addMixtures(data: Command, host: CommandHost): void {
  const command = addDrawOptions(
    data.command('mixtures').description('mix recordings into captioned clips of sound'),
  );
  host.run(command, async (terminal) => {
    const {
      audioFolder,
      cacheFolder,
      outFolder,
      split,
      count = 100,
      firstSeed = 0,
      durationSeconds,
    } = drawOptions(command.opts<Record<string, string | undefined>>());
    const { openSoundLibrary } = await import('../../data/sound-library.node.js');
    const { createMixtureSampler } = await import('../../data/mixtures.js');
    const paths = await withInterrupt(async (signal) => {
      const step = countTo(terminal, 'mixtures', signal);
      const library = await openSoundLibrary({ audioFolder, cacheFolder });
      const sampler = createMixtureSampler(library, {
        split,
        ...(durationSeconds === undefined ? {} : { durationSeconds }),
      });
      await mkdir(outFolder, { recursive: true });
      const written: string[] = [];
      for (let index = 0; index < count; index++) {
        const { samples, sampleRateHz, ...truth } = sampler.draw(firstSeed + index);
        const path = join(outFolder, `mixture-${split}-${String(firstSeed + index).padStart(5, '0')}`);
        await writeFileAtomic(`${path}.wav`, encodeWav({ sampleRateHz, channels: [samples] }));
        await writeFileAtomic(`${path}.json`, new TextEncoder().encode(`${JSON.stringify(truth)}\n`));
        written.push(`${path}.wav`);
        step(index + 1, count);
      }
      return written;
    });
    report(terminal, paths, paths);
  });
}

function addPictures(data: Command, host: CommandHost): void {
  const command = data
    .command('pictures')
    .description('collect the pictures of scenes from unpacked Debian packages')
    .requiredOption('--packages <folder>', 'one folder for each package, as dpkg -x leaves it')
    .requiredOption('--out <folder>', 'where the pictures and their index go');
  host.run(command, async (terminal) => {
    const options = command.opts<{ packages: string; out: string }>();
    const { preparePictures } = await import('../../data/prepare-pictures.node.js');
    const outFolder = resolve(options.out);
    const { index, missing } = await withInterrupt((signal) =>
      preparePictures(
        { packagesFolder: resolve(options.packages), outFolder },
        countTo(terminal, 'pictures', signal),
      ),
    );
    if (missing.length > 0)
      terminal.warn(`${missing.length} pictures are not there: ${missing.slice(0, 5).join(', ')} ...`);
    report(terminal, [join(outFolder, 'index.json')], { pictures: index.pictures.length, missing });
  });
}

function addBenchmark(data: Command, host: CommandHost): void {
  const command = data
    .command('benchmark')
    .description('render the scenes that "eval report" measures models on')
    .requiredOption('--audio <folder>', 'recordings with their manifest.tsv')
    .requiredOption('--pictures <folder>', 'what "data pictures" wrote')
    .requiredOption('--out <folder>', 'where the scenes go')
    .option('--cache-dir <folder>', 'decoded recordings are kept here', '.cache/data')
    .option('--set <name>', 'continuous or general alone; both unless given')
    .option('--seed <n>', 'another seed gives another benchmark of the same make', '0')
    .option('--rounds <n>', 'so many times as many scenes of the same make', '1');
  host.run(command, async (terminal) => {
    const options = command.opts<Record<string, string | undefined>>();
    const { benchmarkSets } = await import('../../data/plan-benchmark.js');
    const set = benchmarkSets.find((name) => name === options.set);
    if (options.set !== undefined && set === undefined) {
      throw new FoleyError(
        'usage',
        `--set must be one of ${benchmarkSets.join(', ')}, got ${JSON.stringify(options.set)}`,
      );
    }
    const { writeBenchmark } = await import('../../data/benchmark-set.node.js');
    const outFolder = resolve(options.out!);
    const list = await withInterrupt((signal) =>
      writeBenchmark(
        {
          audioFolder: resolve(options.audio!),
          cacheFolder: resolve(options.cacheDir!),
          picturesFolder: resolve(options.pictures!),
          outFolder,
          seed: numberOption('--seed', options.seed, wholeSeed)!,
          rounds: numberOption('--rounds', options.rounds, { low: 1, high: 100, isWhole: true })!,
          ...(set === undefined ? {} : { sets: [set] }),
        },
        countTo(terminal, 'scenes', signal),
      ),
    );
    report(terminal, [join(outFolder, 'benchmark.json')], list);
  });
}

/** Options that scenes and mixtures share. */
function addDrawOptions(command: Command): Command {
  return command
    .requiredOption('--audio <folder>', 'recordings with their manifest.tsv')
    .requiredOption('--out <folder>', 'where results go')
    .option('--cache-dir <folder>', 'decoded recordings are kept here', '.cache/data')
    .option('--split <name>', 'train or val', 'train')
    .option('--count <n>', 'how many', '100')
    .option('--first-seed <n>', 'number of the first; equal numbers give equal results', '0')
    .option('--duration <s>', 'seconds of each');
}

function drawOptions(options: Readonly<Record<string, unknown>>) {
  const { split } = options;
  if (split !== 'train' && split !== 'val') {
    throw new FoleyError('usage', `--split must be one of train, val, got ${JSON.stringify(split)}`);
  }
  const durationSeconds = numberOption('--duration', options.duration, seconds);
  return {
    audioFolder: resolve(String(options.audio)),
    cacheFolder: resolve(String(options.cacheDir)),
    outFolder: resolve(String(options.out)),
    split,
    count: numberOption('--count', options.count, wholeCount)!,
    firstSeed: numberOption('--first-seed', options.firstSeed, wholeSeed)!,
    ...(durationSeconds === null ? {} : { durationSeconds }),
  } as const;
}

function report(terminal: Terminal, paths: readonly string[], value: unknown): void {
  if (terminal.modes.json) terminal.json(value);
  else for (const path of paths) terminal.result(path);
}
