// Golden files: python reference/parity/tiny_golden.py test/golden/published (FoleyCrafter's pipeline, 25 PLMS steps)
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { passes } from '../../scripts/parity/comparison.js';
import { comparePipeline, runPipeline } from '../../scripts/parity/pipeline.js';
import { openReferenceFiles } from '../../scripts/parity/reference-files.js';
import { convertFiles, filesToConvert } from '../../src/foley/model/convert-model.node.js';

const golden = fileURLToPath(new URL('../golden/published', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-test-'));
  await cp(golden, folder, { recursive: true });
  await cp(join(folder, 'auffusion-bin'), join(folder, 'auffusion'), { recursive: true });
  await convertFiles(await filesToConvert(folder));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("FoleyCrafter's pipeline from its own files", () => {
  it('sounds as the reference does, and agrees with it at every station on the way', async () => {
    const files = openReferenceFiles(folder);
    const run = await runPipeline(files, {
      backbone: join(folder, 'auffusion'),
      frameAdapter: join(folder, 'foleycrafter/semantic'),
      temporalAdapter: join(folder, 'foleycrafter/temporal_adapter.ckpt'),
      imageEncoder: join(folder, 'image_encoder'),
      vocoder: join(folder, 'foleycrafter/vocoder'),
    });
    const comparisons = await comparePipeline(run, files);
    expect(comparisons.map(({ name }) => name)).toEqual([
      'text',
      'seen',
      'row',
      'trail',
      'image',
      'wave',
      'samples',
    ]);
    // 26 evaluations later float32 differs by 1e-5 of what passes; a tenth less of the frames' weight gives 0.996
    const near = { error: 1e-4, correlation: 0.9999999 };
    const exact = comparisons.filter(({ name }) => name !== 'samples');
    expect(exact.filter((comparison) => !passes(comparison, near))).toEqual([]);
    // the reference cuts samples down to 16 bits: a step is 5e-4 of this quiet sound
    const samples = comparisons.at(-1)!;
    expect(passes(samples, { error: 1e-3, correlation: 0.999999 })).toBe(true);
  });
});
