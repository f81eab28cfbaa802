/** @file Element-wise functions of one operand and the activations built from them. */

import type { AttributeValue } from '../onnx-emitter.js';
import type { DType } from '../tensor.js';
import { defineOperation, type Value } from '../value.js';
import { add, div, greater, less, mul, sub, where } from './arithmetic.js';

type UnaryGradient = (x: Value, y: Value, upstream: Value) => Value;

function unary(name: string, type: string, gradient: UnaryGradient) {
  const make = defineOperation<null>({
    name,
    emit: (emitter, value) => emitter.node(type, [emitter.nameOf(value.inputs[0]!)]),
    gradient: (value, upstream) => [gradient(value.inputs[0]!, value, upstream)],
  });
  return (x: Value): Value => make([x], x.shape, x.dtype, null);
}

export const neg = unary('neg', 'Neg', (_x, _y, upstream) => neg(upstream));
export const exp = unary('exp', 'Exp', (_x, y, upstream) => mul(upstream, y));
export const log = unary('log', 'Log', (x, _y, upstream) => div(upstream, x));
export const sqrt = unary('sqrt', 'Sqrt', (_x, y, upstream) => div(mul(upstream, 0.5), y));
export const sin = unary('sin', 'Sin', (x, _y, upstream) => mul(upstream, cos(x)));
export const cos = unary('cos', 'Cos', (x, _y, upstream) => neg(mul(upstream, sin(x))));
export const tanh = unary('tanh', 'Tanh', (_x, y, upstream) => mul(upstream, sub(1, square(y))));
export const sigmoid = unary('sigmoid', 'Sigmoid', (_x, y, upstream) => mul(upstream, mul(y, sub(1, y))));
export const sign = unary('sign', 'Sign', (_x, _y, upstream) => mul(upstream, 0));
export const abs = unary('abs', 'Abs', (x, _y, upstream) => mul(upstream, sign(x)));
export const relu = unary('relu', 'Relu', (x, _y, upstream) => where(greater(x, 0), upstream, 0));
export const erf = unary('erf', 'Erf', (x, _y, upstream) =>
  mul(upstream, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))),
);

export function square(x: Value): Value {
  return mul(x, x);
}

const makePower = defineOperation<number>({
  name: 'pow',
  emit: (emitter, value, exponent) =>
    emitter.node('Pow', [emitter.nameOf(value.inputs[0]!), emitter.scalar(exponent)]),
  gradient: (value, upstream, _needed, exponent) => [
    mul(upstream, mul(pow(value.inputs[0]!, exponent - 1), exponent)),
  ],
});

/** x to a constant power. */
export function pow(x: Value, exponent: number): Value {
  return makePower([x], x.shape, x.dtype, exponent);
}

const makeLeakyRelu = defineOperation<number>({
  name: 'leakyRelu',
  emit: (emitter, value, slope) =>
    emitter.node('LeakyRelu', [emitter.nameOf(value.inputs[0]!)], { alpha: { float: slope } }),
  gradient: (value, upstream, _needed, slope) => [
    where(greater(value.inputs[0]!, 0), upstream, mul(upstream, slope)),
  ],
});

export function leakyRelu(x: Value, slope: number): Value {
  return makeLeakyRelu([x], x.shape, x.dtype, slope);
}

const makeClamp = defineOperation<{ readonly low: number; readonly high: number }>({
  name: 'clamp',
  emit: (emitter, value, { low, high }) =>
    emitter.node('Clip', [emitter.nameOf(value.inputs[0]!), emitter.scalar(low), emitter.scalar(high)]),
  gradient: (value, upstream, _needed, { low, high }) => {
    const x = value.inputs[0]!;
    return [where(less(x, low), 0, where(greater(x, high), 0, upstream))];
  },
});

/** x limited to low..high. */
export function clamp(x: Value, low: number, high: number): Value {
  return makeClamp([x], x.shape, x.dtype, { low, high });
}

export function relu6(x: Value): Value {
  return clamp(x, 0, 6);
}

// TensorProto.DataType numbers of the types that Cast goes to
const castTarget: Partial<Record<DType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9, float16: 10 };

const makeCast = defineOperation<AttributeValue>({
  name: 'cast',
  emit: (emitter, value, to) => emitter.node('Cast', [emitter.nameOf(value.inputs[0]!)], { to }),
  gradient: (value, upstream) => [cast(upstream, value.inputs[0]!.dtype)],
});

/** The same numbers in another element type. */
export function cast(x: Value, dtype: DType): Value {
  if (x.dtype === dtype) return x;
  return makeCast([x], x.shape, dtype, { int: castTarget[dtype] ?? 1 });
}

const makeStopGradient = defineOperation<null>({
  name: 'stopGradient',
  emit: (emitter, value) => emitter.nameOf(value.inputs[0]!),
  gradient: () => [null],
});

/** The same value, through which no gradient flows. */
export function stopGradient(x: Value): Value {
  return makeStopGradient([x], x.shape, x.dtype, null);
}

/** x * sigmoid(x). */
export function silu(x: Value): Value {
  return mul(x, sigmoid(x));
}

const makeGelu = defineOperation<null>({
  name: 'gelu',
  emit: (emitter, value) =>
    emitter.node('Gelu', [emitter.nameOf(value.inputs[0]!)], {}, { domain: 'com.microsoft' }),
  decomposition: (value) => {
    const x = value.inputs[0]!;
    return mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
  },
});

/** Gaussian error linear unit, the exact form with erf. */
export function gelu(x: Value): Value {
  return makeGelu([x], x.shape, x.dtype, null);
}

/** x * sigmoid(1.702 x), the approximation that CLIP was trained with. */
export function quickGelu(x: Value): Value {
  return mul(x, sigmoid(mul(x, 1.702)));
}
