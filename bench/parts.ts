/**
 * @file Each network at full size, ours against diffusers, transformers and torch: the same weights files, the same
 * inputs, the same number of threads, one process each, turn by turn.
 *
 *   npx tsx bench/parts.ts --weights FOLDER [--python PYTHON] [--part NAME[:BATCH]]... [--rounds N] [--threads N]
 *                          [--optimization extended|all] [--out FILE.json]
 *
 * FOLDER holds `unet`, `controlnet`, `vae`, `vocoder`, `text_l`, `text_h` and `image_h` as `.safetensors`. Without
 * --python only our side runs. A ratio below 1 means that ours takes less time. Outputs are compared as well.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Memory, TimedChild } from './child/process.js';

const { values: options } = parseArgs({
  options: {
    weights: { type: 'string' },
    python: { type: 'string' },
    part: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(cpus().length) },
    optimization: { type: 'string' },
    out: { type: 'string' },
  },
});
if (options.weights === undefined) throw new Error('--weights FOLDER is needed');

interface Side {
  /** Until the part can run: model built, file opened. */
  readonly openSeconds: number;
  /** The first run, with whatever is put off until then. */
  readonly firstSeconds: number;
  /** Of the runs after the first. */
  readonly medianSeconds: number;
  readonly seconds: readonly number[];
  /** Processor seconds of a run, both threads together: what other work on the machine changes least. */
  readonly medianCpuSeconds: number;
  /** MiB, at the worst moment. */
  readonly peak: Memory;
}
interface Row {
  readonly part: string;
  readonly batch: number;
  readonly loadAtStart: number;
  readonly ours: Side;
  readonly theirs: Side | null;
  /** Largest difference as a share of the largest value, and correlation of the two outputs. */
  readonly agreement: { readonly maximumError: number; readonly correlation: number } | null;
}

const defaultParts = [
  'unet:1',
  'unet:2',
  'controlnet:1',
  'vae-decode:1',
  'vae-encode:1',
  'hifi-gan:1',
  'text-l:1',
  'text-h:1',
  'image-h:1',
  'image-h:4',
  'image-h:8',
];
const networks = ['unet', 'controlnet', 'vae', 'vocoder', 'text_l', 'text_h', 'image_h'];
const weights = Object.fromEntries(
  networks.map((name) => [name, join(resolve(options.weights!), `${name}.safetensors`)]),
);
const threads = Number(options.threads);
const rounds = Number(options.rounds);
const compile = options.optimization ? { optimization: options.optimization } : {};

const folder = await mkdtemp(join(tmpdir(), 'smooth-foley-bench-'));
const rows: Row[] = [];
process.stdout.write(
  '| part | batch | ours s | theirs s | ratio | processor s | ratio | opens in s | first run s | private MiB | theirs | error |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n',
);
try {
  for (const wanted of options.part ?? defaultParts) {
    const [part, batch = '1'] = wanted.split(':') as [string, string?];
    const row = await compare(part, Number(batch));
    rows.push(row);
    process.stdout.write(formatRow(row));
    if (options.out !== undefined) await write(options.out);
  }
} finally {
  await rm(folder, { recursive: true });
}
/** After each part, so that a later one that fails takes nothing with it. */
async function write(file: string): Promise<void> {
  const report = { processor: cpus()[0]?.model, threads, node: process.version, rows: await merged(file) };
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
}

/** These rows, and those that stand in the file already and were not measured again: parts can be timed in pieces. */
async function merged(file: string): Promise<Row[]> {
  const known = await readFile(file, 'utf8').then(
    (text) => (JSON.parse(text) as { rows: Row[] }).rows,
    () => [],
  );
  const isNew = (old: Row) => !rows.some(({ part, batch }) => part === old.part && batch === old.batch);
  return [...known.filter(isNew), ...rows];
}

async function compare(part: string, batch: number): Promise<Row> {
  const loadAtStart = loadavg()[0]!;
  const ours = new TimedChild(process.execPath, ['--import', 'tsx', 'bench/child/ours.ts']);
  const theirs =
    options.python === undefined
      ? null
      : new TimedChild(options.python, ['reference/bench/parts.py'], { OMP_NUM_THREADS: String(threads) });
  const sides = theirs === null ? [ours] : [ours, theirs];
  const seconds = new Map<TimedChild, number[]>(sides.map((side) => [side, []]));
  const cpuSeconds = new Map<TimedChild, number[]>(sides.map((side) => [side, []]));
  const opened = new Map<TimedChild, number>();
  for (const side of sides) {
    const { seconds: took } = await side.ask({ do: 'open', part, batch, threads, weights, compile });
    opened.set(side, took!);
  }
  for (let round = 0; round <= rounds; round++) {
    for (const side of sides) {
      const took = await side.ask({ do: 'run' });
      seconds.get(side)!.push(took.seconds!);
      cpuSeconds.get(side)!.push(took.cpuSeconds!);
    }
  }
  const summary = (side: TimedChild): Side => {
    const [first, ...rest] = seconds.get(side)!;
    return {
      openSeconds: opened.get(side)!,
      firstSeconds: first!,
      medianSeconds: median(rest),
      seconds: rest,
      medianCpuSeconds: median(cpuSeconds.get(side)!.slice(1)),
      peak: side.peak,
    };
  };
  const agreement = theirs === null ? null : await agreementOf(ours, theirs);
  const row = {
    part,
    batch,
    loadAtStart,
    ours: summary(ours),
    theirs: theirs === null ? null : summary(theirs),
    agreement,
  };
  for (const side of sides) await side.quit();
  return row;
}

async function agreementOf(ours: TimedChild, theirs: TimedChild): Promise<NonNullable<Row['agreement']>> {
  const [a, b] = await Promise.all(
    [ours, theirs].map(async (side, index) => {
      const file = join(folder, `output-${index}`);
      await side.ask({ do: 'save', file });
      const bytes = await readFile(file);
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    }),
  );
  if (a!.length !== b!.length) throw new Error(`outputs have ${a!.length} and ${b!.length} values`);
  let [largest, difference, ab, aa, bb] = [0, 0, 0, 0, 0];
  for (const [i, x] of a!.entries()) {
    const y = b![i]!;
    largest = Math.max(largest, Math.abs(y));
    difference = Math.max(difference, Math.abs(x - y));
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return { maximumError: difference / largest, correlation: ab / Math.sqrt(aa * bb) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function formatRow({ part, batch, ours, theirs, agreement }: Row): string {
  const cells = [
    part,
    batch,
    ours.medianSeconds.toFixed(3),
    theirs?.medianSeconds.toFixed(3) ?? '',
    theirs ? (ours.medianSeconds / theirs.medianSeconds).toFixed(2) : '',
    [ours, theirs].map((side) => side?.medianCpuSeconds.toFixed(2)).join(' / '),
    theirs ? (ours.medianCpuSeconds / theirs.medianCpuSeconds).toFixed(2) : '',
    theirs
      ? `${ours.openSeconds.toFixed(2)} / ${theirs.openSeconds.toFixed(2)}`
      : ours.openSeconds.toFixed(2),
    theirs
      ? `${ours.firstSeconds.toFixed(2)} / ${theirs.firstSeconds.toFixed(2)}`
      : ours.firstSeconds.toFixed(2),
    ours.peak.private,
    theirs?.peak.private ?? '',
    agreement?.maximumError.toExponential(1) ?? '',
  ];
  return `| ${cells.join(' | ')} |\n`;
}
