/**
 * @file Seconds by stage and peak memory of a generation, with an empty and with a filled embedding cache.
 *
 *   npm run build && npx tsx bench/demo.ts [CLIP LABEL]... [--repeats N] [--bin FILE]... [--out FILE.json]
 *
 * Without clips it takes those in examples/. Every run is the command line itself, from its start to its end; `cold` has
 * looked at no frame before. With several `--bin`, such as that of another checkout, their runs take turns. Quote figures from
 * a quiet machine only: the load at the start stands in the result.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { type FoleyStage, foleyStages } from '../src/foley/progress.js';
import type { FoleySidecar } from '../src/foley/write-take.node.js';

interface Run {
  readonly bin: string;
  readonly clip: string;
  readonly clipSeconds: number;
  readonly cache: 'cold' | 'warm';
  readonly seconds: Readonly<Record<FoleyStage, number>>;
  /** From the start of the command to its end. */
  readonly wallSeconds: number;
  readonly peakMemoryMiB: number;
}

const args = process.argv.slice(2);
const outFile = taken('--out').at(-1) ?? null;
const repeats = Number(taken('--repeats').at(-1) ?? 3);
const named = taken('--bin');
const bins = named.length > 0 ? named : ['bin/smooth-foley.js'];
if (args.length % 2 !== 0) throw new Error('give a label after each clip');
if (!existsSync('dist')) throw new Error('what is measured is the built package: npm run build');
const clips =
  args.length > 0
    ? pairs(args)
    : pairs(['examples/dog-lying.mp4', 'dog barking', 'examples/dog-passing.mp4', 'dog barking']);

const folder = await mkdtemp(join(tmpdir(), 'smooth-foley-bench-'));
const load = loadavg()[0]!;
const runs: Run[] = [];
try {
  for (const [index, [clip, label]] of clips.entries()) {
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const [which, bin] of bins.entries()) {
        const cacheDir = join(folder, `cache-${index}-${repeat}-${which}`);
        for (const cache of ['cold', 'warm'] as const)
          runs.push(await measured(bin, clip, label, cacheDir, cache));
      }
    }
  }
} finally {
  await rm(folder, { recursive: true });
}

async function measured(
  bin: string,
  clip: string,
  label: string,
  cacheDir: string,
  cache: Run['cache'],
): Promise<Run> {
  const flags = ['--label', label, '--out-dir', folder, '--cache-dir', cacheDir, '--overwrite', '--json'];
  const started = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, [bin, 'generate', clip, ...flags], {
    maxBuffer: 2 ** 28,
  });
  const wallSeconds = (performance.now() - started) / 1000;
  const { takes, peakRssBytes } = JSON.parse(stdout) as { takes: FoleySidecar[]; peakRssBytes: number };
  const { timings, clip: facts } = takes[0]!;
  return {
    bin,
    clip: basename(clip),
    clipSeconds: facts.facts.durationSeconds,
    cache,
    seconds: timings,
    wallSeconds,
    peakMemoryMiB: Math.round(peakRssBytes / 2 ** 20),
  };
}

const report = {
  processor: cpus()[0]?.model ?? 'unknown',
  threads: availableParallelism(),
  node: process.version,
  loadAtStart: load,
  runs,
};
process.stdout.write(
  `${report.processor}, ${report.threads} threads, Node ${report.node}, load ${load.toFixed(1)} at the start; ` +
    `medians of ${repeats} [least, most]\n\n`,
);
process.stdout.write(
  `| command | clip | s | cache | ${foleyStages.join(' | ')} | all | MiB |\n|---|---|--:|---|${'--:|'.repeat(foleyStages.length + 2)}\n`,
);
for (const bin of bins) {
  for (const [clip] of clips) {
    for (const cache of ['cold', 'warm'] as const) {
      const group = runs.filter(
        (run) => run.bin === bin && run.clip === basename(clip) && run.cache === cache,
      );
      const stages = foleyStages.map((stage) =>
        median(group.map(({ seconds }) => seconds[stage])).toFixed(2),
      );
      const walls = group.map(({ wallSeconds }) => wallSeconds).sort((a, b) => a - b);
      const all = `${median(walls).toFixed(1)} [${walls[0]!.toFixed(1)}, ${walls.at(-1)!.toFixed(1)}]`;
      const memory = Math.max(...group.map(({ peakMemoryMiB }) => peakMemoryMiB));
      const { clipSeconds } = group[0]!;
      process.stdout.write(
        `| ${bin} | ${basename(clip)} | ${clipSeconds.toFixed(1)} | ${cache} | ${stages.join(' | ')} | ${all} | ${memory} |\n`,
      );
    }
  }
}
if (outFile !== null) await writeFile(outFile, `${JSON.stringify(report, null, 2)}\n`);

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The values of an option, taken out of the arguments. */
function taken(name: string): string[] {
  const values: string[] = [];
  for (let at = args.indexOf(name); at >= 0; at = args.indexOf(name)) values.push(args.splice(at, 2)[1]!);
  return values;
}

function pairs(list: readonly string[]): [string, string][] {
  return Array.from({ length: list.length / 2 }, (_, index) => [list[2 * index]!, list[2 * index + 1]!]);
}
