// Golden files: python reference/parity/tiny_golden.py test/golden/published (torch 2.15, diffusers 0.42, transformers 5.23)
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Comparison, compare, passes } from '../../scripts/parity/comparison.js';
import { type PartName, partNames, parts } from '../../scripts/parity/parts.js';
import { openReferenceFiles, type ReferenceFiles } from '../../scripts/parity/reference-files.js';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';

const golden = (name: string) => fileURLToPath(new URL(`../golden/${name}`, import.meta.url));
const engine = createOrtEngine({ threads: 1 });
let scratchFolder: string;
let files: ReferenceFiles;
beforeAll(async () => {
  scratchFolder = await mkdtemp(join(tmpdir(), 'parity-test-'));
  files = openReferenceFiles(golden('published'), { scratchFolder });
});
afterAll(async () => {
  await engine.close();
  await rm(scratchFolder, { recursive: true, force: true });
});

/** Float32 sums in another order than torch's; measured 7e-6 at most. */
const nearest = { error: 1e-4, correlation: 0.9999999 };

function expectNear(comparisons: readonly Comparison[]): void {
  expect(comparisons.length).toBeGreaterThan(0);
  expect(comparisons.filter((comparison) => !passes(comparison, nearest))).toEqual([]);
}

describe('a published network, read from its own files', () => {
  it.each(partNames)('%s says what torch says', async (name: PartName) => {
    expectNear(await parts[name].run(files, engine));
  });

  it('says it from weights in bfloat16, too', async () => {
    const half = openReferenceFiles(golden('published-bf16'));
    expect(await half.storedType('clipTextL')).toBe('BF16');
    expectNear(await parts['clip-text-l'].run(half, engine));
  });

  it('and from magnitudes and directions in float16', async () => {
    const half = openReferenceFiles(golden('published-fp16'));
    expect(await half.storedType('vocoder')).toBe('F16');
    expectNear(await parts['hifi-gan'].run(half, engine));
  });
});

describe('compare', () => {
  it('measures the largest difference in units of the reference', () => {
    const { error, correlation } = compare('x', [4], [3, -3, 3, -3.3], [3, -3, 3, -3]);
    expect(error).toBeCloseTo(0.1, 12);
    expect(correlation).toBeGreaterThan(0.99);
  });
  it('tells apart what differs in sign alone', () => {
    expect(compare('x', [3], [-1, -2, -3], [1, 2, 3]).correlation).toBeCloseTo(-1, 12);
  });
  it('takes neither another length nor what is no number', () => {
    expect(() => compare('x', [2], [1], [1, 2])).toThrow(RangeError);
    expect(() => compare('x', [2], [1, Number.NaN], [1, 2])).toThrow(RangeError);
  });
});
