import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { tensor } from '../../src/graph/index.js';
import { saveWeights } from '../../src/training/save-weights.node.js';
import { startingWeights } from '../../src/training/starting-weights.node.js';
import type { Parameters } from '../../src/weights/parameters.js';
import { writeSafetensors } from '../../src/weights/safetensors-file.node.js';

const folder = await mkdtemp(join(tmpdir(), 'foley-start-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A stage with two parameters. */
const uses = (p: Parameters) => [p.at('norm').get('weight', [2]), p.at('proj').get('weight', [1, 3])];

describe('startingWeights', () => {
  it('reads what a stage saved', async () => {
    const path = join(folder, 'saved.safetensors');
    const shapes = [
      { key: 'norm.weight', shape: [2] },
      { key: 'proj.weight', shape: [1, 3] },
    ];
    const values = new Map([
      ['norm.weight', Float32Array.of(1, -0.5)],
      ['proj.weight', Float32Array.of(0.25, 2, 4)],
    ]);
    await saveWeights(path, shapes, values, { stage: 'test' });
    expect(await startingWeights(path, uses)).toEqual(values);
  });

  it.each([
    ['lacks one', { 'norm.weight': [2] }, /proj\.weight/],
    ['has one of another shape', { 'norm.weight': [2], 'proj.weight': [3, 1] }, /proj\.weight/],
    ['has one too many', { 'norm.weight': [2], 'proj.weight': [1, 3], 'other.weight': [1] }, /other\.weight/],
  ] as const)(
    'refuses by name a file that %s, and draws nothing at random for it',
    async (_, shapes, name) => {
      const path = join(folder, 'other.safetensors');
      const tensors = Object.entries(shapes).map(([key, shape]) => {
        const size = shape.reduce((product: number, length: number) => product * length, 1);
        return [key, tensor([...shape], new Float32Array(size))] as const;
      });
      await writeSafetensors(path, tensors);
      const refused = await startingWeights(path, uses).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'weights-invalid' });
      expect(String((refused as Error).message)).toMatch(name);
    },
  );
});
