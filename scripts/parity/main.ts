/**
 * @file Runs the published architectures on the files of `reference/parity/make_full_size.py` and prints how far we are
 * from torch: `npm run parity -- PART [--weights DIR] [--pickled] [--threads N]`. PART is a part, `all` of them, or the whole `pipeline`.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { type Comparison, limits, passes } from './comparison.js';
import { type PartName, partNames, parts } from './parts.js';
import { comparePipeline, runPipeline } from './pipeline.js';
import { openReferenceFiles } from './reference-files.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    weights: { type: 'string', default: 'parity-files' },
    /** Reads .bin, .ckpt and .pt, converted first. */
    pickled: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
  },
});

const [asked] = positionals;
const chosen: readonly (PartName | 'pipeline')[] =
  asked === 'all'
    ? [...partNames, 'pipeline']
    : [...partNames, 'pipeline' as const].filter((name) => name === asked);
if (chosen.length === 0) {
  process.stderr.write(
    `parity: choose one of ${partNames.join(', ')}, pipeline or all, not ${asked ?? 'nothing'}\n`,
  );
  process.exit(2);
}
const scratchFolder = values.pickled ? await mkdtemp(join(tmpdir(), 'parity-')) : null;
const files = openReferenceFiles(values.weights, scratchFolder === null ? null : { scratchFolder });
print(['part', 'output', 'shape', 'stored', 'max error / rms', 'correlation', 'seconds', '']);
print(['---', '---', '---', '---', '--:', '--:', '--:', '---']);
let failures = 0;
try {
  for (const name of chosen) failures += await (name === 'pipeline' ? checkPipeline() : runPart(name));
} finally {
  await files.close();
}
process.stdout.write(failures === 0 ? 'all near enough\n' : `${failures} outputs are too far off\n`);
process.exitCode = failures === 0 ? 0 : 1;

/** Prints a part's rows. @returns how many of them fail */
async function runPart(name: PartName): Promise<number> {
  const { network, run } = parts[name];
  const engine = createOrtEngine({ threads: Number(values.threads) });
  const started = performance.now();
  const results = await run(files, engine);
  await engine.close();
  const stored = await files.storedType(network);
  const form = values.pickled ? `${stored}, pickled` : stored;
  for (const result of results) printRow(name, result, form, started, passes(result));
  return results.filter((result) => !passes(result)).length;
}

/** The product's way from its own files, which are safetensors there. @returns how many stations fail */
async function checkPipeline(): Promise<number> {
  const started = performance.now();
  const at = (path: string) => join(values.weights, path);
  const run = await runPipeline(
    files,
    {
      backbone: at('auffusion'),
      frameAdapter: at('foleycrafter/semantic_adapter.safetensors'),
      temporalAdapter: at('foleycrafter/controlnet'),
      imageEncoder: at('image_encoder'),
      vocoder: null,
    },
    (step) => process.stderr.write(`\rstep ${step}`),
  );
  process.stderr.write('\n');
  const results = await comparePipeline(run, files);
  // what people look at and hear; the stations on the way must be as near as parts are
  const wanted = (name: string) =>
    name === 'image' || name === 'trail'
      ? { error: Number.POSITIVE_INFINITY, correlation: 0.999 }
      : name === 'wave' || name === 'samples'
        ? { error: Number.POSITIVE_INFINITY, correlation: 0.99 }
        : limits;
  for (const result of results) {
    printRow('pipeline', result, 'F32', started, passes(result, wanted(result.name)));
  }
  return results.filter((result) => !passes(result, wanted(result.name))).length;
}

function printRow(part: string, result: Comparison, stored: string, started: number, isNear: boolean): void {
  const { name, shape, error, correlation } = result;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const cells = [
    part,
    name,
    shape.join(' x '),
    stored,
    error.toExponential(1),
    correlation.toFixed(8),
    seconds,
  ];
  print([...cells, isNear ? 'pass' : 'FAIL']);
}

function print(cells: readonly string[]): void {
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}
