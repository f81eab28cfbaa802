/**
 * @file Runs the published architectures on the files of `reference/parity/make_full_size.py` and prints how far we are
 * from torch: `npm run parity -- PART [--weights DIR] [--pickled] [--threads N]`.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { type Comparison, limits, passes } from './comparison.js';
import { type PartName, partNames, parts } from './parts.js';
import { openReferenceFiles, type ReferenceFiles } from './reference-files.js';

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
const chosen = asked === 'all' ? partNames : partNames.filter((name) => name === asked);
if (chosen.length === 0) {
  process.stderr.write(`parity: choose one of ${partNames.join(', ')} or all, not ${asked ?? 'nothing'}\n`);
  process.exit(2);
}
const scratchFolder = values.pickled ? await mkdtemp(join(tmpdir(), 'parity-')) : null;
const files = openReferenceFiles(values.weights, scratchFolder === null ? null : { scratchFolder });
print(['part', 'output', 'shape', 'stored', 'max error / rms', 'correlation', 'seconds', '']);
print(['---', '---', '---', '---', '--:', '--:', '--:', '---']);
let failures = 0;
try {
  for (const name of chosen) failures += await runPart(name, files);
} finally {
  await files.close();
}
process.stdout.write(
  failures === 0
    ? `every error is below ${limits.error} and every correlation above ${limits.correlation}\n`
    : `${failures} outputs are further off than ${limits.error} or ${limits.correlation}\n`,
);
process.exitCode = failures === 0 ? 0 : 1;

/** Prints a part's rows. @returns how many of them fail */
async function runPart(name: PartName, from: ReferenceFiles): Promise<number> {
  const { network, run } = parts[name];
  const engine = createOrtEngine({ threads: Number(values.threads) });
  const started = performance.now();
  const results: readonly Comparison[] = await run(from, engine);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  await engine.close();
  const stored = await from.storedType(network);
  for (const result of results) {
    const { name: output, shape, error, correlation } = result;
    const verdict = passes(result) ? 'pass' : 'FAIL';
    print([
      name,
      output,
      shape.join(' x '),
      values.pickled ? `${stored}, pickled` : stored,
      error.toExponential(1),
      correlation.toFixed(8),
      seconds,
      verdict,
    ]);
  }
  return results.filter((result) => !passes(result)).length;
}

function print(cells: readonly string[]): void {
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}
