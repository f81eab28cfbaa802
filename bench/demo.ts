/**
 * @file Seconds by stage and peak memory of a generation, with an empty and with a filled embedding cache.
 *
 *   npx tsx bench/demo.ts [CLIP LABEL]... [--out FILE.json]
 *
 * Without clips it takes those in examples/. Each run is a process of its own, as on the command line; `cold` has looked
 * at no frame before. Quote figures from a quiet machine only: the load at the start stands in the result.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runFoleyJob } from '../src/foley/job-runner.node.js';
import { type FoleyStage, foleyStages } from '../src/foley/progress.js';
import { parseRequest } from '../src/foley/request.js';

interface Run {
  readonly clip: string;
  readonly clipSeconds: number;
  readonly cache: 'cold' | 'warm';
  readonly seconds: Readonly<Record<FoleyStage, number>>;
  /** From the call to the files, with the start of the process. */
  readonly wallSeconds: number;
  readonly peakMemoryMiB: number;
}

const args = process.argv.slice(2);
const outAt = args.indexOf('--out');
const outFile = outAt < 0 ? null : args.splice(outAt, 2)[1]!;
if (args.length % 2 !== 0) throw new Error('give a label after each clip');
const clips =
  args.length > 0
    ? pairs(args)
    : pairs(['examples/dog-lying.mp4', 'dog barking', 'examples/dog-passing.mp4', 'dog barking']);

const folder = await mkdtemp(join(tmpdir(), 'smooth-foley-bench-'));
const load = loadavg()[0]!;
const runs: Run[] = [];
try {
  for (const [index, [clip, label]] of clips.entries()) {
    for (const cache of ['cold', 'warm'] as const) {
      const request = parseRequest({
        video: clip,
        label,
        outDir: folder,
        overwrite: true,
        cacheDir: join(folder, `cache-${index}`),
      });
      const started = performance.now();
      const { takes, peakRssBytes } = await runFoleyJob(request);
      const { timings, clip: facts } = takes[0]!;
      runs.push({
        clip: basename(clip),
        clipSeconds: facts.facts.durationSeconds,
        cache,
        seconds: timings,
        wallSeconds: (performance.now() - started) / 1000,
        peakMemoryMiB: Math.round(peakRssBytes / 2 ** 20),
      });
    }
  }
} finally {
  await rm(folder, { recursive: true });
}

const report = {
  processor: cpus()[0]?.model ?? 'unknown',
  threads: availableParallelism(),
  node: process.version,
  loadAtStart: load,
  runs,
};
process.stdout.write(
  `${report.processor}, ${report.threads} threads, Node ${report.node}, load ${load.toFixed(1)} at the start\n\n`,
);
process.stdout.write(
  `| clip | s | cache | ${foleyStages.join(' | ')} | all | MiB |\n|---|--:|---|${'--:|'.repeat(foleyStages.length + 2)}\n`,
);
for (const { clip, clipSeconds, cache, seconds, wallSeconds, peakMemoryMiB } of runs) {
  const stages = foleyStages.map((stage) => seconds[stage].toFixed(2)).join(' | ');
  process.stdout.write(
    `| ${clip} | ${clipSeconds.toFixed(1)} | ${cache} | ${stages} | ${wallSeconds.toFixed(2)} | ${peakMemoryMiB} |\n`,
  );
}
if (outFile !== null) await writeFile(outFile, `${JSON.stringify(report, null, 2)}\n`);

function pairs(list: readonly string[]): [string, string][] {
  return Array.from({ length: list.length / 2 }, (_, index) => [list[2 * index]!, list[2 * index + 1]!]);
}
