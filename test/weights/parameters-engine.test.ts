/** @file Parameters that are computed when a graph is loaded, run by the engine: weight normalisation, half precision. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { floats, input, mul, program, tensor } from '../../src/graph/index.js';
import { frozenParameters, openSafetensors, writeSafetensors } from '../../src/weights/index.node.js';

const engine = createOrtEngine({ threads: 1 });
afterAll(() => engine.close());

test('a weight split by weight_norm is magnitude * direction / |direction|; half precision is widened', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parameters-'));
  try {
    const path = join(folder, 'w.safetensors');
    await writeSafetensors(
      path,
      [
        ['conv.weight_g', tensor([2, 1, 1], new Float32Array([10, 3]))],
        ['conv.weight_v', tensor([2, 1, 2], new Float32Array([3, 4, 0, -2]))],
        ['scale', tensor([2, 1, 2], new Float32Array([1, 1, 1, 0.333251953125]))],
      ],
      { asFloat16: (name) => name === 'scale' },
    );
    const parameters = frozenParameters(await openSafetensors(path));
    const x = input('x', [2, 1, 2]);
    const weight = parameters.get('conv.weight', [2, 1, 2]);
    const output = mul(x, mul(weight, parameters.get('scale', [2, 1, 2])));
    const session = await engine.compile(program('p', { inputs: [x], outputs: { output } }));
    const result = await session.run({ x: tensor([2, 1, 2], new Float32Array([1, 1, 1, 1])) });
    // |(3, 4)| = 5, so 10 * 3/5 and 10 * 4/5; |(0, -2)| = 2, so 0 and -3 times the scale
    const expected = [6, 8, 0, -3 * 0.333251953125];
    // two roundings of float32
    floats(result.output!).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
    await session.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});
