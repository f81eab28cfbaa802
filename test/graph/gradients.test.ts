import { describe, expect, test } from 'vitest';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import * as g from '../../src/graph/index.js';
import { evaluate, relativeError, sampleValues } from './evaluate.js';

type Build = (...inputs: g.Value[]) => g.Value;
type Case = [name: string, shapes: number[][], build: Build, positive?: boolean];

const int64 = (values: number[]) =>
  g.constant(g.tensor([values.length], BigInt64Array.from(values, BigInt), 'int64'));

// every operation with a gradient rule, in the forms in which the models use it
const cases: Case[] = [
  ['add, broadcast', [[2, 3], [3]], (a, b) => g.add(a, b)],
  [
    'sub, broadcast',
    [
      [2, 3],
      [2, 1],
    ],
    (a, b) => g.sub(a, b),
  ],
  [
    'mul, broadcast',
    [
      [2, 3],
      [1, 3],
    ],
    (a, b) => g.mul(a, b),
  ],
  ['div', [[2, 3], [3]], (a, b) => g.div(a, b)],
  ['minimum', [[4], [4]], (a, b) => g.minimum(a, b)],
  ['maximum', [[4], [4]], (a, b) => g.maximum(a, b)],
  ['where', [[4], [4]], (a, b) => g.where(g.greater(a, 0), a, b)],
  ['addAll', [[3], [3], [3]], (a, b, c) => g.addAll([a, b, g.mul(c, 2)])],
  ['neg', [[3]], g.neg],
  ['exp', [[3]], g.exp],
  ['log', [[3]], g.log, true],
  ['sqrt', [[3]], g.sqrt, true],
  ['sin', [[3]], g.sin],
  ['cos', [[3]], g.cos],
  ['tanh', [[3]], g.tanh],
  ['sigmoid', [[3]], g.sigmoid],
  ['abs', [[5]], g.abs],
  ['sign has a zero gradient', [[5]], (a) => g.add(g.sign(a), a)],
  ['relu', [[5]], g.relu],
  ['erf', [[4]], g.erf],
  ['pow', [[4]], (a) => g.pow(a, 3)],
  ['square', [[4]], g.square],
  ['leakyRelu', [[5]], (a) => g.leakyRelu(a, 0.1)],
  ['clamp', [[6]], (a) => g.clamp(a, -0.3, 0.52)],
  ['cast there and back', [[4]], (a) => g.cast(g.cast(a, 'float32'), 'float32')],
  ['silu', [[4]], g.silu],
  ['gelu', [[4]], g.gelu],
  ['quickGelu', [[4]], g.quickGelu],
  ['sum', [[2, 3, 2]], (a) => g.sum(a, [1])],
  ['sum, kept', [[2, 3]], (a) => g.sum(a, [0, 1], { keepDims: true })],
  ['mean', [[2, 3, 2]], (a) => g.mean(a, [0, 2])],
  ['max', [[2, 5]], (a) => g.max(a, [1])],
  ['softmax', [[2, 4]], (a) => g.softmax(a, 1)],
  ['logSoftmax', [[2, 4]], (a) => g.logSoftmax(a, -1)],
  ['reshape', [[2, 6]], (a) => g.reshape(a, [3, -1])],
  ['transpose', [[2, 3, 2]], (a) => g.transpose(a, [2, 0, 1])],
  ['squeeze, unsqueeze', [[2, 1, 2]], (a) => g.unsqueeze(g.squeeze(a, 1), 0)],
  [
    'concat',
    [
      [2, 2],
      [2, 3],
    ],
    (a, b) => g.concat([a, b], 1),
  ],
  ['slice', [[5, 2]], (a) => g.slice(a, 0, 1, 4)],
  ['slice with a step', [[7, 2]], (a) => g.slice(a, 0, 1, 7, 3)],
  ['slice with a step that ends short', [[8]], (a) => g.slice(a, 0, 0, 7, 3)],
  ['split', [[5]], (a) => g.mul(g.split(a, 0, [2, 3])[1]!, 3)],
  ['flip', [[4, 2]], (a) => g.flip(a, 0)],
  [
    'pad',
    [[2, 3]],
    (a) =>
      g.pad(
        a,
        [
          [0, 1],
          [2, 0],
        ],
        { value: 5 },
      ),
  ],
  [
    'pad by reflection',
    [[2, 5]],
    (a) =>
      g.pad(
        a,
        [
          [0, 0],
          [3, 2],
        ],
        { mode: 'reflect' },
      ),
  ],
  ['expand', [[2, 1]], (a) => g.expand(a, [3, 2, 4])],
  ['gather', [[4, 2]], (a) => g.gather(a, int64([2, 0, 2]))],
  [
    'matmul',
    [
      [2, 3],
      [3, 2],
    ],
    (a, b) => g.matmul(a, b),
  ],
  [
    'matmul, first transposed',
    [
      [3, 2],
      [3, 4],
    ],
    (a, b) => g.matmul(a, b, { transposeA: true }),
  ],
  [
    'matmul, second transposed',
    [
      [2, 3],
      [4, 3],
    ],
    (a, b) => g.matmul(a, b, { transposeB: true }),
  ],
  [
    'matmul, both transposed',
    [
      [3, 2],
      [4, 3],
    ],
    (a, b) => g.matmul(a, b, { transposeA: true, transposeB: true }),
  ],
  [
    'matmul, batched and broadcast',
    [
      [2, 2, 3],
      [3, 2],
    ],
    (a, b) => g.matmul(a, b),
  ],
  ['linear', [[2, 2, 3], [4, 3], [4]], (x, w, b) => g.linear(x, w, b)],
  ['conv2d', [[2, 3, 5, 4], [2, 3, 3, 3], [2]], (x, w, b) => g.conv2d(x, w, b, { padding: 1 })],
  [
    'conv2d, stride 2',
    [[1, 2, 6, 5], [3, 2, 3, 3], [3]],
    (x, w, b) => g.conv2d(x, w, b, { padding: 1, stride: 2 }),
  ],
  [
    'conv2d, stride 2, one-sided padding',
    [[1, 2, 6, 6], [3, 2, 3, 3], [3]],
    (x, w, b) => g.conv2d(x, w, b, { padding: [0, 0, 1, 1], stride: 2 }),
  ],
  ['conv2d, 1x1', [[1, 3, 2, 2], [2, 3, 1, 1], [2]], (x, w, b) => g.conv2d(x, w, b)],
  [
    'conv2d, dilated',
    [
      [1, 2, 6, 6],
      [2, 2, 3, 3],
    ],
    (x, w) => g.conv2d(x, w, null, { dilation: 2, padding: 2 }),
  ],
  [
    'conv2d, more padding than reach',
    [
      [1, 1, 3, 3],
      [1, 1, 1, 1],
    ],
    (x, w) => g.conv2d(x, w, null, { padding: 1 }),
  ],
  [
    'conv2d, groups',
    [
      [2, 4, 4, 4],
      [6, 2, 3, 3],
    ],
    (x, w) => g.conv2d(x, w, null, { groups: 2, padding: 1 }),
  ],
  [
    'conv2d, depthwise',
    [
      [2, 3, 4, 4],
      [3, 1, 3, 3],
    ],
    (x, w) => g.conv2d(x, w, null, { groups: 3, padding: 1 }),
  ],
  ['conv1d', [[2, 2, 7], [3, 2, 3], [3]], (x, w, b) => g.conv1d(x, w, b, { padding: [2, 1] })],
  [
    'conv1d, stride 3',
    [
      [1, 1, 11],
      [2, 1, 5],
    ],
    (x, w) => g.conv1d(x, w, null, { stride: 3 }),
  ],
  [
    'conv1d, depthwise',
    [[2, 3, 6], [3, 1, 3], [3]],
    (x, w, b) => g.conv1d(x, w, b, { padding: 1, groups: 3 }),
  ],
  [
    'convTranspose1d',
    [[2, 2, 4], [2, 3, 4], [3]],
    (x, w, b) => g.convTranspose1d(x, w, b, { stride: 2, padding: 1 }),
  ],
  [
    'convTranspose1d, gaps',
    [
      [1, 2, 3],
      [2, 1, 2],
    ],
    (x, w) => g.convTranspose1d(x, w, null, { stride: 3 }),
  ],
  [
    'convTranspose1d, output padding',
    [
      [1, 2, 3],
      [2, 2, 5],
    ],
    (x, w) => g.convTranspose1d(x, w, null, { stride: 3, padding: 2, outputPadding: 1 }),
  ],
  ['layerNorm', [[2, 3, 4], [4], [4]], (x, w, b) => g.layerNorm(x, w, b, { eps: 1e-5 })],
  ['groupNorm', [[2, 4, 2, 3], [4], [4]], (x, w, b) => g.groupNorm(x, w, b, { groups: 2, eps: 1e-5 })],
  [
    'groupNorm in one dimension',
    [[2, 4, 5], [4], [4]],
    (x, w, b) => g.groupNorm(x, w, b, { groups: 4, eps: 1e-5 }),
  ],
  [
    'attention',
    [
      [2, 3, 4],
      [2, 5, 4],
      [2, 5, 4],
    ],
    (q, k, v) => g.attention(q, k, v, { heads: 2 }),
  ],
  [
    'maskedAttention',
    [
      [1, 3, 4],
      [1, 3, 4],
      [1, 3, 4],
      [3, 3],
    ],
    (q, k, v, m) => g.maskedAttention(q, k, v, { heads: 2, scale: 0.3 }, m),
  ],
  ['upsampleNearest2d', [[1, 2, 2, 3]], (x) => g.upsampleNearest2d(x, 2)],
  ['averagePool2d', [[1, 2, 5, 4]], (x) => g.averagePool2d(x, { kernel: 2, stride: 2 })],
  ['maxPool2d', [[1, 2, 5, 4]], (x) => g.maxPool2d(x, { kernel: 2, stride: 2 })],
  ['maxPool2d, padded', [[1, 2, 5, 6]], (x) => g.maxPool2d(x, { kernel: 3, stride: 2, padding: 1 })],
  ['globalAveragePool2d', [[2, 2, 3, 2]], g.globalAveragePool2d],
  ['pixelUnshuffle', [[1, 2, 4, 4]], (x) => g.pixelUnshuffle(x, 2)],
  ['pixelShuffle', [[1, 8, 2, 2]], (x) => g.pixelShuffle(x, 2)],
  [
    'recompute',
    [
      [2, 3],
      [3, 3],
    ],
    (x, w) => g.recompute([x], (inner) => g.tanh(g.matmul(g.recompute([inner], g.sin), w))),
  ],
  [
    'recompute with an input that is also used outside',
    [[4]],
    (x) =>
      g.mul(
        g.recompute([x], (inner) => g.exp(g.mul(inner, inner))),
        x,
      ),
  ],
];

describe('gradient rules against finite differences', () => {
  test.each(cases)('%s', async (_name, shapes, build, positive) => {
    const inputs = shapes.map((shape, i) => g.input(`x${i}`, shape));
    const output = build(...inputs);
    // a random projection, so that errors that cancel in a plain sum still show
    const projection = g.constant(g.tensor(output.shape, sampleValues(g.elementCount(output.shape), 99)));
    const loss = g.sumAll(g.mul(output, projection));
    const byInput = g.gradients(loss, inputs);
    const feeds: Record<string, g.FloatTensor> = {};
    shapes.forEach((shape, i) => {
      const values = sampleValues(g.elementCount(shape), i + 1);
      feeds[`x${i}`] = g.tensor(shape, positive ? values.map((x) => Math.abs(x) + 0.2) : values);
    });

    const analytic = await evaluate(Object.fromEntries(byInput.map((d, i) => [`d${i}`, d])), inputs, feeds);
    const engine = createOrtEngine({ threads: 1 });
    const session = await engine.compile(g.program('loss', { inputs, outputs: { loss } }), {
      lowering: 'plain',
    });
    const lossAt = async () => g.floats((await session.run(feeds)).loss!)[0]!;
    for (const [i, shape] of shapes.entries()) {
      const numeric = new Float32Array(g.elementCount(shape));
      const { data } = feeds[`x${i}`]!;
      for (let at = 0; at < data.length; at++) {
        const kept = data[at]!;
        const differences = [];
        for (const step of [4e-3, -4e-3]) {
          data[at] = kept + step;
          differences.push(await lossAt());
        }
        numeric[at] = (differences[0]! - differences[1]!) / 8e-3;
        data[at] = kept;
      }
      // central differences of a float32 loss: rounding of about 1e-6 / 8e-3 and a cubic term of the same size
      expect(relativeError(analytic[`d${i}`]!, numeric), `by input ${i}`).toBeLessThan(4e-3);
    }
    await engine.close();
  });
});

test('every value is the same in both lowerings', async () => {
  for (const [name, shapes, build, positive] of cases) {
    const inputs = shapes.map((shape, i) => g.input(`x${i}`, shape));
    const feeds = Object.fromEntries(
      shapes.map((shape, i) => {
        const values = sampleValues(g.elementCount(shape), i + 1);
        return [`x${i}`, g.tensor(shape, positive ? values.map((x) => Math.abs(x) + 0.2) : values)];
      }),
    );
    const output = build(...inputs);
    const plain = await evaluate({ y: output }, inputs, feeds, { lowering: 'plain' });
    const fused = await evaluate({ y: output }, inputs, feeds, { lowering: 'fused' });
    // both sum in float32, in another order
    expect(relativeError(fused.y!, plain.y!), name).toBeLessThan(1e-5);
  }
});

test('a value the loss does not depend on gets zeros', async () => {
  const [x, unused] = [g.input('x', [2]), g.input('unused', [3])];
  const [, byUnused] = g.gradients(g.sumAll(x), [x, unused]);
  const { d } = await evaluate({ d: byUnused! }, [], {});
  expect([...g.floats(d!)]).toEqual([0, 0, 0]);
});

test('stopGradient stops it', async () => {
  const x = g.input('x', [2]);
  const [byX] = g.gradients(g.sumAll(g.mul(x, g.stopGradient(x))), [x]);
  const { d } = await evaluate({ d: byX! }, [x], { x: g.tensor([2], Float32Array.of(3, -2)) });
  expect([...g.floats(d!)]).toEqual([3, -2]);
});

test('an operation without a rule is named', () => {
  const x = g.input('x', [1, 1, 4, 4]);
  const loss = g.sumAll(g.averagePool2d(x, { kernel: 2, stride: 1 }));
  expect(() => g.gradients(loss, [x])).toThrowError(/averagePool2d/);
});

test('second derivatives come from the same rules', async () => {
  const x = g.input('x', [3]);
  const [first] = g.gradients(g.sumAll(g.pow(x, 3)), [x]);
  const [second] = g.gradients(g.sumAll(first!), [x]);
  const { d } = await evaluate({ d: second! }, [x], { x: g.tensor([3], Float32Array.of(1, 2, -0.5)) });
  expect(relativeError(d!, Float32Array.of(6, 12, -3))).toBeLessThan(1e-6);
});
