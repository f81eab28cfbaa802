/** @file Matrix products: batched matmul and the fully connected layer with torch's weight layout. */
import { FoleyError } from '../../errors/foley-error.js';
import { elementCount } from '../tensor.js';
import { defineOperation, type Value } from '../value.js';
import { add, broadcastShape } from './arithmetic.js';
import { int8Linear, paysInInt8 } from './int8.js';
import { sumTo } from './reductions.js';
import { reshape, transposeLast } from './shape.js';

interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const makeMatmul = defineOperation<Transposes>({
  name: 'matmul',
  emit: (emitter, value, { transposeA, transposeB }) => {
    const names = value.inputs.map((operand) => emitter.nameOf(operand));
    if (!transposeA && !transposeB) return emitter.node('MatMul', names);
    const attributes = {
      transA: { int: transposeA ? 1 : 0 },
      transB: { int: transposeB ? 1 : 0 },
      alpha: { float: 1 },
    };
    return emitter.node('FusedMatMul', names, attributes, { domain: 'com.microsoft' });
  },
  decomposition: (value, { transposeA, transposeB }) => {
    const [a, b] = value.inputs as [Value, Value];
    return makeStandardMatmul(
      [transposeA ? transposeLast(a) : a, transposeB ? transposeLast(b) : b],
      value.shape,
      value.dtype,
      null,
    );
  },
  gradient: (value, upstream, needed, { transposeA, transposeB }) => {
    const [a, b] = value.inputs as [Value, Value];
    // with A' and B' the transposed operands: dA' = U B'^T, dB' = A'^T U
    const byA = transposeA
      ? () => matmul(b, upstream, { transposeA: transposeB, transposeB: true })
      : () => matmul(upstream, b, { transposeB: !transposeB });
    const byB = transposeB
      ? () => matmul(upstream, a, { transposeA: true, transposeB: transposeA })
      : () => matmul(a, upstream, { transposeA: !transposeA });
    return [needed[0] ? sumTo(byA(), a.shape) : null, needed[1] ? sumTo(byB(), b.shape) : null];
  },
});

const makeStandardMatmul = defineOperation<null>({
  name: 'matmul (standard)',
  emit: (emitter, value) =>
    emitter.node(
      'MatMul',
      value.inputs.map((operand) => emitter.nameOf(operand)),
    ),
});

/** Product of the last two axes, batched and broadcast over the others: [.., M, K] x [.., K, N] -> [.., M, N]. */
export function matmul(a: Value, b: Value, options: Partial<Transposes> = {}): Value {
  const { transposeA = false, transposeB = false } = options;
  if (a.shape.length < 2 || b.shape.length < 2)
    throw new FoleyError('graph-invalid', `matmul: [${a.shape}] x [${b.shape}] needs matrices`);
  const [rows, innerA] = lastTwo(a.shape, transposeA);
  const [innerB, columns] = lastTwo(b.shape, transposeB);
  if (innerA !== innerB)
    throw new FoleyError('graph-invalid', `matmul: [${a.shape}] x [${b.shape}] do not fit`);
  const batch = broadcastShape('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2));
  return makeMatmul([a, b], [...batch, rows, columns], a.dtype, { transposeA, transposeB });
}

function lastTwo(shape: readonly number[], swapped: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return swapped ? [columns, rows] : [rows, columns];
}

const makeLinear = defineOperation<null>({
  name: 'linear',
  emit: (emitter, value) => {
    const [x, weight] = value.inputs as [Value, Value];
    const [xName, weightName] = [emitter.nameOf(x), emitter.nameOf(weight)];
    const [outputs, summands] = weight.shape as [number, number];
    const rows = elementCount(x.shape) / summands;
    if (emitter.lowering === 'int8' && paysInInt8(weight, { rows, summands, outputs }))
      return int8Linear(emitter, xName, weightName, outputs);
    if (emitter.isFused) {
      return emitter.node(
        'FusedMatMul',
        [xName, weightName],
        { transB: { int: 1 }, transA: { int: 0 }, alpha: { float: 1 } },
        { domain: 'com.microsoft' },
      );
    }
    const inFeatures = weight.shape[1]!;
    const flat = emitter.node('Reshape', [
      xName,
      emitter.ints([elementCount(x.shape) / inFeatures, inFeatures]),
    ]);
    const product = emitter.node('Gemm', [flat, weightName], { transB: { int: 1 } });
    return emitter.node('Reshape', [product, emitter.ints(value.shape)]);
  },
  gradient: (value, upstream, needed) => {
    const [x, weight] = value.inputs as [Value, Value];
    const [outFeatures, inFeatures] = weight.shape as [number, number];
    const flatUpstream = reshape(upstream, [-1, outFeatures]); // [N, out]
    return [
      needed[0] ? reshape(matmul(flatUpstream, weight), x.shape) : null,
      needed[1] ? matmul(flatUpstream, reshape(x, [-1, inFeatures]), { transposeA: true }) : null,
    ];
  },
});

/**
 * Fully connected layer over the last axis, as torch.nn.Linear.
 * @param weight [out, in]
 * @param bias [out] or null
 */
export function linear(x: Value, weight: Value, bias: Value | null): Value {
  const [outFeatures, inFeatures] = weight.shape;
  if (weight.shape.length !== 2 || x.shape.at(-1) !== inFeatures) {
    throw new FoleyError('graph-invalid', `linear: weight [${weight.shape}] does not fit [${x.shape}]`);
  }
  const product = makeLinear([x, weight], [...x.shape.slice(0, -1), outFeatures!], x.dtype, null);
  return bias === null ? product : add(product, bias);
}
