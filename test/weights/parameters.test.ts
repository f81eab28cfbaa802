/** @file Views of parameters: frozen, trainable, constant, overlaid; old spellings; and what is missing or left over. */
import { describe, expect, test } from 'vitest';
import type { FoleyError } from '../../src/errors/foley-error.js';
import {
  add,
  inputName,
  isInput,
  isWeight,
  program,
  reshape,
  tensor,
  weightReference,
} from '../../src/graph/index.js';
import {
  assertShapesFit,
  collectParameters,
  constantParameters,
  frozenParameters,
  initialiseParameters,
  overlayParameters,
  type Parameters,
  type StoredType,
  trainableParameters,
  type WeightsFile,
  zeroWhere,
} from '../../src/weights/index.js';

function fileOf(id: string, tensors: Record<string, readonly [StoredType, ...number[]]>): WeightsFile {
  let byteOffset = 100;
  const entries = Object.entries(tensors).map(([name, [storedType, ...shape]]) => {
    const byteLength = shape.reduce((a, b) => a * b, storedType === 'F32' ? 4 : 2);
    byteOffset += byteLength;
    return [name, { name, storedType, shape, byteOffset: byteOffset - byteLength, byteLength }] as const;
  });
  return { id, tensors: new Map(entries) };
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toMatchObject({ code: 'weights-invalid' });
    return (error as FoleyError).message;
  }
  return expect.fail('expected an error');
}

describe('frozenParameters', () => {
  const file = fileOf('unet', {
    'conv.weight': ['F32', 2, 1],
    'conv.bias': ['F16', 2],
    'block.0.norm.weight': ['BF16', 4],
  });

  test('refers to the bytes in the file under the joined prefixes', () => {
    const value = frozenParameters(file).at('conv').get('weight', [2, 1]);
    expect(isWeight(value)).toBe(true);
    expect(weightReference(value)).toEqual({
      key: 'conv.weight',
      dtype: 'float32',
      shape: [2, 1],
      file: 'unet',
      byteOffset: 100,
      byteLength: 8,
    });
  });

  test('widens half precision, and gives the same value each time', () => {
    const parameters = frozenParameters(file);
    for (const name of ['conv.bias', 'block.0.norm.weight']) {
      const size = file.tensors.get(name)!.shape;
      const value = parameters.get(name, size);
      expect(value.dtype).toBe('float32');
      expect(value.operation.name).toBe('cast');
      expect(parameters.get(name, size)).toBe(value);
    }
    expect(parameters.at('block.0').at('norm').get('weight', [4])).toBe(
      parameters.get('block.0.norm.weight', [4]),
    );
  });

  test('names what is missing, misshapen or asked for in two shapes', () => {
    const parameters = frozenParameters(file).at('conv');
    expect(messageOf(() => parameters.get('scale', [2]))).toMatch(/unet: there is no parameter conv\.scale/);
    expect(messageOf(() => parameters.get('weight', [1, 2]))).toMatch(/conv\.weight is \[2,1\] .* \[1,2\]/);
    parameters.get('bias', [2]);
    expect(messageOf(() => parameters.get('bias', [3]))).toMatch(
      /conv\.bias is asked for as \[2\] and as \[3\]/,
    );
    expect([parameters.has('bias'), parameters.has('scale')]).toEqual([true, false]);
  });

  test('refuses a type that no graph holds, and a key in two files', () => {
    expect(messageOf(() => frozenParameters(fileOf('x', { a: ['F64', 1] })).get('a', [1]))).toMatch(
      /a has the type F64/,
    );
    expect(messageOf(() => frozenParameters(file, { ...file, id: 'other' }))).toMatch(
      /in both unet and other/,
    );
  });

  test('lists what was left over, under the prefix that is checked', () => {
    const parameters = frozenParameters(file);
    parameters.get('conv.weight', [2, 1]);
    expect(messageOf(() => parameters.assertAllUsed())).toMatch(/conv\.bias, block\.0\.norm\.weight$/);
    expect(messageOf(() => parameters.at('conv').assertAllUsed())).toMatch(/: conv\.bias$/);
    parameters.assertAllUsed((key) => key !== 'conv.weight');
    parameters.get('conv.bias', [2]);
    parameters.at('conv').assertAllUsed();
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, ['F32', 1] as const]));
    expect(messageOf(() => frozenParameters(fileOf('x', many)).assertAllUsed())).toMatch(/k7 and 12 more$/);
  });

  test('does not miss tables and counters that torch saves as buffers', () => {
    const stored = fileOf('x', { 'embeddings.position_ids': ['I64', 1], 'bn.num_batches_tracked': ['I64'] });
    frozenParameters(stored).assertAllUsed();
  });
});

describe('old spellings', () => {
  test('of the attention of the VAE, as dense layers or as 1x1 convolutions', () => {
    const parameters = frozenParameters(
      fileOf('vae', {
        'mid.query.weight': ['F32', 4, 4],
        'mid.key.weight': ['F32', 4, 4, 1, 1],
        'mid.value.bias': ['F32', 4],
        'mid.proj_attn.weight': ['F32', 4, 4],
      }),
    ).at('mid');
    expect(weightReference(parameters.get('to_q.weight', [4, 4])).key).toBe('mid.query.weight');
    expect(weightReference(parameters.get('to_k.weight', [4, 4]))).toMatchObject({
      key: 'mid.key.weight',
      shape: [4, 4],
    });
    expect(parameters.has('to_v.bias')).toBe(true);
    expect(parameters.has('to_v.weight')).toBe(false);
    expect(messageOf(() => parameters.get('to_out.0.weight', [2, 8]))).toMatch(
      /proj_attn\.weight is \[4,4\]/,
    );
    parameters.get('to_out.0.weight', [4, 4]);
    parameters.get('to_v.bias', [4]);
    parameters.assertAllUsed();
  });

  test('of layer normalisation', () => {
    const parameters = frozenParameters(
      fileOf('bert', { 'a.LayerNorm.gamma': ['F32', 4], 'a.LayerNorm.beta': ['F32', 4] }),
    );
    expect(weightReference(parameters.get('a.LayerNorm.weight', [4])).key).toBe('a.LayerNorm.gamma');
    expect(weightReference(parameters.get('a.LayerNorm.bias', [4])).key).toBe('a.LayerNorm.beta');
  });

  test.each([
    ['conv.weight_g', 'conv.weight_v'],
    ['conv.parametrizations.weight.original0', 'conv.parametrizations.weight.original1'],
  ])('of weight normalisation: %s', (magnitude, direction) => {
    const parameters = frozenParameters(
      fileOf('hifi', { [magnitude]: ['F32', 6, 1, 1], [direction]: ['F32', 6, 2, 3] }),
    );
    expect(parameters.has('conv.weight')).toBe(true);
    expect(parameters.get('conv.weight', [6, 2, 3]).shape).toEqual([6, 2, 3]);
    parameters.assertAllUsed();
  });
});

describe('trainableParameters', () => {
  test('are inputs named by their full key', () => {
    const value = trainableParameters().at('a.b').get('weight', [3]);
    expect(isInput(value)).toBe(true);
    expect(inputName(value)).toBe('a.b.weight');
    expect(value.shape).toEqual([3]);
  });

  test('may be limited to known ones', () => {
    const parameters = trainableParameters([
      { key: 'a', shape: [2] },
      { key: 'b', shape: [] },
    ]);
    parameters.get('a', [2]);
    expect(parameters.has('c')).toBe(false);
    expect(messageOf(() => parameters.get('c', []))).toMatch(/no parameter c/);
    expect(messageOf(() => parameters.get('b', [1]))).toMatch(/b is \[\] where the model has \[1\]/);
    expect(parameters.unused()).toEqual(['b']);
  });

  test('tell what a model needs, in the order it asks', () => {
    const model = (p: Parameters) => add(p.at('z').get('weight', [2]), p.get('bias', [2]));
    expect(collectParameters(model)).toEqual([
      { key: 'z.weight', shape: [2] },
      { key: 'bias', shape: [2] },
    ]);
  });
});

test('constantParameters put the values into the program', () => {
  const parameters = constantParameters(new Map([['a', tensor([2], new Float32Array([1, 2]))]]));
  const made = program('p', { inputs: [], outputs: { out: reshape(parameters.get('a', [2]), [2, 1]) } });
  expect(made.weights).toEqual([]);
  expect(messageOf(() => parameters.get('b', [1]))).toMatch(/no parameter b/);
});

describe('overlayParameters', () => {
  const base = () =>
    frozenParameters(
      fileOf('unet', { 'attn.to_q.weight': ['F32', 2, 2], 'attn.to_k.weight': ['F32', 2, 2] }),
    );

  test('takes an adapter from one and everything else from the other', () => {
    const over = trainableParameters();
    const both = overlayParameters(base(), over, (key) => key.includes('_ip.'));
    expect(isWeight(both.at('attn').get('to_k.weight', [2, 2]))).toBe(true);
    expect(isInput(both.at('attn').get('to_k_ip.weight', [2, 2]))).toBe(true);
    expect(over.used().map(({ key }) => key)).toEqual(['attn.to_k_ip.weight']);
    expect(both.unused()).toEqual(['attn.to_q.weight']);
  });

  test('takes prefixes as whole parts of a key', () => {
    const both = overlayParameters(base(), trainableParameters(), ['att', 'image_proj']);
    expect(isWeight(both.get('attn.to_q.weight', [2, 2]))).toBe(true);
    expect(isInput(both.get('image_proj.weight', [2, 2]))).toBe(true);
  });
});

test('assertShapesFit lists everything that is wrong at once', () => {
  const shapes = new Map([
    ['b', [2]],
    ['c', [3]],
  ]);
  const expected = [
    { key: 'a', shape: [1] },
    { key: 'b', shape: [1] },
    { key: 'c', shape: [3] },
  ];
  expect(messageOf(() => assertShapesFit(expected, (key) => shapes.get(key), 'unet.safetensors'))).toBe(
    'unet.safetensors lacks a and has b [2] instead of [1]',
  );
  assertShapesFit(expected.slice(2), (key) => shapes.get(key), 'x');
});

describe('initialiseParameters', () => {
  const shapes = [
    { key: 'conv.weight', shape: [64, 16, 3, 3] },
    { key: 'conv.bias', shape: [64] },
    { key: 'norm1.weight', shape: [8] },
    { key: 'group_norm.bias', shape: [8] },
    { key: 'token_embedding.weight', shape: [500, 20] },
    { key: 'zero_conv.weight', shape: [4, 4, 1, 1] },
  ];
  const draw = (seed: number) => initialiseParameters(shapes, seed, [zeroWhere(/^zero_conv\./)]);

  test('follows torch: fan-in bounds, identity normalisation, normal embeddings', () => {
    const values = draw(1);
    const bound = 1 / Math.sqrt(16 * 9); // torch: kaiming_uniform_(a=sqrt(5)), and the same bound for the bias
    for (const key of ['conv.weight', 'conv.bias']) {
      const drawn = values.get(key)!;
      expect(Math.max(...drawn.map(Math.abs))).toBeLessThanOrEqual(Math.fround(bound));
      expect(Math.max(...drawn.map(Math.abs))).toBeGreaterThan(bound * 0.9);
    }
    expect([...values.get('norm1.weight')!]).toEqual(Array(8).fill(1));
    expect([...values.get('group_norm.bias')!]).toEqual(Array(8).fill(0));
    expect([...values.get('zero_conv.weight')!]).toEqual(Array(16).fill(0));
    const normal = values.get('token_embedding.weight')!;
    const variance = normal.reduce((sum, x) => sum + x * x, 0) / normal.length;
    // the deviation of the variance of 10,000 draws is sqrt(2/10000) = 0.014: five of them
    expect(Math.abs(variance - 1)).toBeLessThan(0.07);
  });

  test('depends on the seed and the key alone', () => {
    expect(draw(1)).toEqual(draw(1));
    expect(draw(2).get('conv.weight')).not.toEqual(draw(1).get('conv.weight'));
    expect(initialiseParameters(shapes.slice(0, 2), 1).get('conv.bias')).toEqual(draw(1).get('conv.bias'));
  });
});
