/**
 * @file A whole clip at full size, from the call to the files, against FoleyCrafter's pipeline in torch.
 *
 *   npx tsx bench/whole.ts --video FILE --label TEXT --model JSON [--variant NAME=JSON]... [--peer FILE] [--out FILE.json]
 *
 * `--model` and `--variant` are fields of a request, the latter added to the former; each variant is one run in a process
 * of its own with an empty embedding cache. `--peer` is what `reference/bench/whole.py` has written. Variants that stand
 * in --out already and are not named again are kept, so that a comparison can be made in pieces.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { runFoleyJob } from '../src/foley/job-runner.node.js';
import { type FoleyStage, foleyStages } from '../src/foley/progress.js';
import { parseRequest } from '../src/foley/request.js';
import { memoryOf } from './child/process.js';

const { values: options } = parseArgs({
  options: {
    video: { type: 'string' },
    label: { type: 'string' },
    model: { type: 'string' },
    variant: { type: 'string', multiple: true, default: [] },
    peer: { type: 'string' },
    out: { type: 'string' },
  },
});
const { video, label, model } = options;
if (video === undefined || label === undefined || model === undefined)
  throw new Error('--video, --label and --model are needed');

interface Run {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly seconds: Readonly<Record<FoleyStage, number>>;
  /** From the call to the files: with the start of the process, opening and hashing the model. */
  readonly wallSeconds: number;
  /** Of all threads of the child. */
  readonly processorSeconds: number;
  /** MiB that belong to the child alone, at the worst moment. */
  readonly peakPrivateMiB: number;
  readonly loadAtStart: number;
}
interface Peer {
  readonly seconds: Readonly<Record<string, number>>;
  readonly processor: Readonly<Record<string, number>>;
  readonly peakPrivateMiB: number;
}
interface Report {
  readonly processor: string;
  readonly threads: number;
  readonly node: string;
  readonly video: string;
  readonly peer: Peer | null;
  readonly runs: Readonly<Record<string, Run>>;
}

/** USER_HZ of every Linux that Node runs on. */
const ticksPerSecond = 100;

const known =
  options.out === undefined
    ? null
    : await readFile(options.out, 'utf8').then(
        (text) => JSON.parse(text) as Report,
        () => null,
      );
const peer = options.peer === undefined ? (known?.peer ?? null) : await readPeer(options.peer);
const runs: Record<string, Run> = { ...known?.runs };
for (const variant of options.variant) {
  const at = variant.indexOf('=');
  const settings = { ...JSON.parse(model), ...JSON.parse(variant.slice(at + 1)) } as Record<string, unknown>;
  runs[variant.slice(0, at)] = await runOnce(settings);
}
const report: Report = {
  processor: cpus()[0]?.model ?? 'unknown',
  threads: cpus().length,
  node: process.version,
  video: basename(video),
  peer,
  runs,
};
if (options.out !== undefined) await writeFile(options.out, `${JSON.stringify(report, null, 2)}\n`);
print(report);

async function runOnce(settings: Record<string, unknown>): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'smooth-foley-bench-'));
  const loadAtStart = loadavg()[0]!;
  const watch = watchChildren();
  try {
    // digests of weights stay in the user's cache, as they do for people; embeddings must be made anew
    const request = parseRequest({ ...settings, video, label, outDir: folder, seed: 42 });
    const started = performance.now();
    const { takes } = await runFoleyJob(request);
    const wallSeconds = (performance.now() - started) / 1000;
    const { processorSeconds, peakPrivateMiB } = watch.stop();
    const paths = ['backbone', 'frameAdapter', 'temporalAdapter', 'imageEncoder', 'labelEncoder', 'vocoder'];
    const shown = Object.fromEntries(
      Object.entries(settings).filter(([name]) => !paths.includes(name) && name !== 'cacheDir'),
    );
    return {
      settings: shown,
      seconds: takes[0]!.timings,
      wallSeconds,
      processorSeconds,
      peakPrivateMiB,
      loadAtStart,
    };
  } finally {
    watch.stop();
    await rm(folder, { recursive: true });
  }
}

/** Looks at the processes below this one while they live (Linux). */
function watchChildren() {
  const processorTicks = new Map<number, number>();
  let peakPrivateMiB = 0;
  const timer = setInterval(() => {
    for (const pid of childrenOf(process.pid)) {
      try {
        peakPrivateMiB = Math.max(peakPrivateMiB, memoryOf(pid).private);
        const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
        processorTicks.set(pid, Number(fields[11]) + Number(fields[12])); // utime, stime
      } catch {
        // it has ended between the listing and the look
      }
    }
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      const ticks = [...processorTicks.values()].reduce((sum, own) => sum + own, 0);
      return { processorSeconds: ticks / ticksPerSecond, peakPrivateMiB };
    },
  };
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

async function readPeer(file: string): Promise<Peer> {
  const { seconds, processor, peakPrivateMiB } = JSON.parse(await readFile(file, 'utf8')) as Peer;
  return { seconds, processor, peakPrivateMiB };
}

function print(all: Report): void {
  const total = (parts: Readonly<Record<string, number>>) =>
    Object.values(parts).reduce((sum, seconds) => sum + seconds, 0);
  const theirs = all.peer === null ? null : total(all.peer.seconds);
  const lines = [
    `| | ${foleyStages.join(' | ')} | all | processor | times faster | private MiB |`,
    `|---|${'--:|'.repeat(foleyStages.length + 4)}`,
  ];
  if (all.peer !== null && theirs !== null) {
    const { seconds, processor, peakPrivateMiB } = all.peer;
    const stages = foleyStages.map((stage) => (seconds[stage] ?? 0).toFixed(1));
    const cells = [...stages, theirs.toFixed(1), total(processor).toFixed(1), '1', peakPrivateMiB];
    lines.push(`| torch, FoleyCrafter's defaults | ${cells.join(' | ')} |`);
  }
  for (const [name, run] of Object.entries(all.runs)) {
    const stages = foleyStages.map((stage) => run.seconds[stage].toFixed(1));
    const gain = theirs === null ? '' : (theirs / run.wallSeconds).toFixed(2);
    const cells = [
      ...stages,
      run.wallSeconds.toFixed(1),
      run.processorSeconds.toFixed(1),
      gain,
      run.peakPrivateMiB,
    ];
    lines.push(`| ${name} | ${cells.join(' | ')} |`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}
