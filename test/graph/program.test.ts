import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as g from '../../src/graph/index.js';
import { ProtobufWriter } from '../../src/graph/protobuf-writer.js';
import { frozenParameters } from '../../src/weights/parameters.js';
import { openSafetensors, writeSafetensors } from '../../src/weights/safetensors-file.node.js';
import { evaluate, relativeError, sampleValues } from './evaluate.js';

function twoLayers(scale: number): { inputs: g.Value[]; outputs: Record<string, g.Value> } {
  const x = g.input('x', [2, 3]);
  const w = g.input('w', [4, 3]);
  return { inputs: [x, w], outputs: { y: g.mul(g.silu(g.linear(x, w, null)), scale) } };
}

describe('the hash of a program', () => {
  test('is the same for equal graphs and another for different ones', () => {
    const hash = g.program('p', twoLayers(2)).hash;
    expect(g.program('p', twoLayers(2)).hash).toBe(hash);
    expect(g.program('p', twoLayers(3)).hash).not.toBe(hash);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('stays what it was: a refactoring must not change what is emitted', () => {
    expect(g.program('p', twoLayers(2)).hash.slice(0, 16)).toMatchInlineSnapshot(`"20c1b499871536b7"`);
  });

  test('names weights by key, not by place', () => {
    const at = (file: string, byteOffset: number, key = 'k') =>
      g.program('p', {
        inputs: [],
        outputs: {
          y: g.neg(g.weight({ key, dtype: 'float32', shape: [2], file, byteOffset, byteLength: 8 })),
        },
      }).hash;
    expect(at('/a/file', 0)).toBe(at('/b/other', 64));
    expect(at('/a/file', 0)).not.toBe(at('/a/file', 0, 'another'));
  });
});

describe('a program refuses', () => {
  const x = g.input('x', [2]);
  test('an input that is used but not listed', () => {
    expect(() => g.program('p', { inputs: [], outputs: { y: g.neg(x) } })).toThrowError(
      /input x is used but not listed/,
    );
  });
  test('two inputs of one name', () => {
    const again = g.input('x', [2]);
    expect(() => g.program('p', { inputs: [x, again], outputs: { y: g.add(x, again) } })).toThrowError(
      /listed twice/,
    );
  });
  test('a computed value as an input', () => {
    expect(() => g.program('p', { inputs: [g.neg(x)], outputs: { y: x } })).toThrowError(/not made by input/);
  });
  test('a name that is both an input and an output', () => {
    expect(() => g.program('p', { inputs: [x], outputs: { x: g.neg(x) } })).toThrowError(/both/);
  });
});

test('an input may be returned as it is, and one value under two names', async () => {
  const x = g.input('x', [2]);
  const y = g.neg(x);
  const result = await evaluate({ same: x, a: y, b: y }, [x], { x: g.tensor([2], Float32Array.of(1, -2)) });
  expect([...g.floats(result.same!), ...g.floats(result.a!), ...g.floats(result.b!)]).toEqual([
    1, -2, -1, 2, -1, 2,
  ]);
});

describe('shapes that do not fit are refused with the operation named', () => {
  const [a, b, image] = [g.input('a', [2, 3]), g.input('b', [4, 5]), g.input('image', [1, 3, 8, 8])];
  const faults: [string, () => unknown][] = [
    ['add', () => g.add(a, b)],
    ['matmul', () => g.matmul(a, b)],
    ['linear', () => g.linear(a, b, null)],
    ['reshape', () => g.reshape(a, [4, 2])],
    ['transpose', () => g.transpose(a, [0, 0])],
    ['concat', () => g.concat([a, b], 0)],
    ['slice', () => g.slice(a, 1, 2, 1)],
    ['split', () => g.split(a, 1, [1, 1])],
    ['pad', () => g.pad(a, [[1, 1]])],
    [
      'reflect',
      () =>
        g.pad(
          a,
          [
            [0, 0],
            [3, 0],
          ],
          { mode: 'reflect' },
        ),
    ],
    ['expand', () => g.expand(a, [2, 4])],
    ['gather', () => g.gather(a, b)],
    ['sum', () => g.sum(a, [2])],
    ['layerNorm', () => g.layerNorm(a, g.input('w', [2]), null, { eps: 1e-5 })],
    ['groupNorm', () => g.groupNorm(image, g.input('w', [3]), g.input('v', [3]), { groups: 2, eps: 1e-5 })],
    ['attention', () => g.attention(a, a, a, { heads: 1 })],
    ['convolution', () => g.conv2d(image, g.input('w', [4, 2, 3, 3]), null)],
    ['pixelShuffle', () => g.pixelShuffle(image, 2)],
    ['squeeze', () => g.squeeze(a, 0)],
    ['where', () => g.where(a, 1, 2)],
    ['dtypes', () => g.add(a, g.cast(a, 'int32'))],
    ['tensor', () => g.tensor([2, 2], new Float32Array(3))],
  ];
  test.each(faults)('%s', (_name, fault) => {
    expect(fault).toThrowError(expect.objectContaining({ code: 'graph-invalid' }));
  });
});

describe('half precision', () => {
  test('widening and rounding are inverse on every half', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const back = g.float32ToFloat16(g.float16ToFloat32(all));
    for (let i = 0; i < all.length; i++) {
      const isNotANumber = (i & 0x7c00) === 0x7c00 && (i & 0x3ff) !== 0;
      if (!isNotANumber) expect(back[i]).toBe(i);
    }
  });

  test('rounding goes to the nearest half', () => {
    fc.assert(
      fc.property(fc.float({ min: -65504, max: 65504, noNaN: true }), (x) => {
        const rounded = g.float16ToFloat32(g.float32ToFloat16(Float32Array.of(x)))[0]!;
        const spacing = Math.max(
          2 ** -24,
          2 ** (Math.floor(Math.log2(Math.max(Math.abs(x), 2 ** -14))) - 10),
        );
        return Math.abs(rounded - x) <= spacing / 2;
      }),
    );
  });

  test('ties go to even, overflow to infinity, subnormals survive', () => {
    const values = Float32Array.of(
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      65520,
      -1e9,
      2 ** -24,
      2 ** -26,
      Number.NaN,
    );
    expect([...g.float32ToFloat16(values)]).toEqual([0x3c00, 0x3c02, 0x7c00, 0xfc00, 1, 0, 0x7e00]);
  });
});

test('the protobuf writer writes the wire format', () => {
  const nested = new ProtobufWriter().int(1, 150);
  const message = new ProtobufWriter().int(1, -1).float(2, 1).bytes(3, 'ab').bytes(4, nested);
  const expected = '08ffffffffffffffffff01' + '150000803f' + '1a026162' + '2203089601';
  expect(Buffer.from(message.finish()).toString('hex')).toBe(expected);
});

test('argMax, topIndices and oneHot choose the first of equals, the largest first', async () => {
  const x = g.input('x', [2, 4]);
  const outputs = {
    best: g.argMax(x, 1),
    bestRow: g.argMax(x, 0),
    top: g.topIndices(x, 3),
    rows: g.oneHot(g.argMax(x, 1), 4),
  };
  const feeds = { x: g.tensor([2, 4], Float32Array.of(3, 5, 5, -1, 0, 0, 0, 0)) };
  const found = await evaluate(outputs, [x], feeds);
  const numbers = (name: string) => Array.from(found[name]!.data as BigInt64Array, Number);
  expect(numbers('best')).toEqual([1, 0]);
  expect(numbers('bestRow')).toEqual([0, 0, 0, 1]);
  expect(numbers('top')).toEqual([1, 2, 0, 0, 1, 2]);
  expect([...g.floats(found.rows!)]).toEqual([0, 1, 0, 0, 1, 0, 0, 0]);
  expect(() => g.topIndices(x, 5)).toThrow(/5 of an axis of 4/);
});

describe('the int8 lowering', () => {
  const rows = 20;
  const [inFeatures, outFeatures] = [96, 40];
  const values = sampleValues(rows * inFeatures, 3);
  const matrix = sampleValues(outFeatures * inFeatures, 4);
  const build = (weights: g.Value) => ({
    y: g.linear(g.input('x', [1, rows, inFeatures]), weights, null),
  });

  async function product(lowering: g.Lowering): Promise<Float32Array> {
    const folder = await mkdtemp(join(tmpdir(), 'int8-'));
    try {
      const path = join(folder, 'w.safetensors');
      await writeSafetensors(path, [['w', g.tensor([outFeatures, inFeatures], matrix)]]);
      const parameters = frozenParameters(await openSafetensors(path));
      const outputs = build(parameters.get('w', [outFeatures, inFeatures]));
      const x = outputs.y.inputs[0]!;
      return g.floats(
        (await evaluate(outputs, [x], { x: g.tensor([1, rows, inFeatures], values) }, { lowering })).y!,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  test('multiplies by frozen matrices in 8 bits', async () => {
    const [exact, coarse] = [await product('fused'), await product('int8')];
    const error = relativeError(coarse, exact);
    // activations and weights are rounded to a 255th of their range: about 1 % of a sum of 96 such products
    expect(error).toBeLessThan(0.03);
    expect(error).toBeGreaterThan(1e-4);
  });

  test.each([
    ['3 x 3', { kernel: 3, stride: 1, padding: 1, bias: true }],
    ['3 x 3, halving', { kernel: 3, stride: 2, padding: 1, bias: true }],
    [
      '3 x 3, padded below and on the right alone',
      { kernel: 3, stride: 2, padding: [0, 0, 1, 1], bias: false },
    ],
    ['1 x 1', { kernel: 1, stride: 1, padding: 0, bias: true }],
  ] as const)('convolves %s in 8 bits', async (_name, { kernel, stride, padding, bias }) => {
    const [channels, outputs, height, width] = [72, 24, 7, 13];
    const folder = await mkdtemp(join(tmpdir(), 'int8-'));
    try {
      const path = join(folder, 'w.safetensors');
      const shape = [outputs, channels, kernel, kernel];
      await writeSafetensors(path, [
        ['w', g.tensor(shape, sampleValues(outputs * channels * kernel * kernel, 5))],
        ['b', g.tensor([outputs], sampleValues(outputs, 6))],
      ]);
      const p = frozenParameters(await openSafetensors(path));
      const x = g.input('x', [1, channels, height, width]);
      const offset = bias ? p.get('b', [outputs]) : null;
      const sides =
        typeof padding === 'number' ? padding : ([...padding] as [number, number, number, number]);
      const y = g.conv2d(x, p.get('w', shape), offset, { stride, padding: sides });
      const feeds = { x: g.tensor(x.shape, sampleValues(channels * height * width, 7)) };
      const exact = g.floats((await evaluate({ y }, [x], feeds, { lowering: 'fused' })).y!);
      const coarse = g.floats((await evaluate({ y }, [x], feeds, { lowering: 'int8' })).y!);
      // as for products: a 255th of the range in each factor
      expect(relativeError(coarse, exact)).toBeLessThan(0.03);
      expect(relativeError(coarse, exact)).toBeGreaterThan(1e-4);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('leaves matrices that are fed, short sums and few rows as they are', () => {
    const operators = (x: g.Value, w: g.Value) =>
      new TextDecoder('latin1').decode(
        g
          .program('p', {
            inputs: [x, w].filter((v) => v.operation.name === 'input'),
            outputs: { y: g.linear(x, w, null) },
          })
          .emit('int8', () => 'w'),
      );
    const frozen = (shape: [number, number]) =>
      g.weight({
        key: 'w',
        dtype: 'float32',
        shape,
        file: 'w',
        byteOffset: 0,
        byteLength: 4 * shape[0] * shape[1],
      });
    expect(operators(g.input('x', [16, 64]), frozen([8, 64]))).toContain('DynamicQuantizeMatMul');
    expect(operators(g.input('x', [16, 64]), g.input('w', [8, 64]))).not.toContain('DynamicQuantizeMatMul');
    expect(operators(g.input('x', [16, 63]), frozen([8, 63]))).not.toContain('DynamicQuantizeMatMul');
    expect(operators(g.input('x', [15, 64]), frozen([8, 64]))).not.toContain('DynamicQuantizeMatMul');
  });
});
