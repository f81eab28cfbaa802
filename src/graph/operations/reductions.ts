/** @file Sums, means and maxima over axes, softmax, and the sum that undoes broadcasting. */
import { FoleyError } from '../../errors/foley-error.js';
import { defineOperation, resolveAxis, sameShape, type Value } from '../value.js';
import { div, equal, mul, sub } from './arithmetic.js';
import { expand, reshape } from './shape.js';
import { cast, exp } from './unary.js';

interface Reduction {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

export interface ReductionOptions {
  /** Keeps reduced axes with size 1; off by default, as in torch. */
  readonly keepDims?: boolean;
}

function reduction(
  name: string,
  type: string,
  gradient: (x: Value, kept: Value, upstreamKept: Value, count: number) => Value,
) {
  const make = defineOperation<Reduction>({
    name,
    emit: (emitter, value, { axes, keepDims }) =>
      emitter.node(type, [emitter.nameOf(value.inputs[0]!), emitter.ints(axes)], {
        keepdims: { int: keepDims ? 1 : 0 },
      }),
    gradient: (value, upstream, _needed, { axes }) => {
      const x = value.inputs[0]!;
      const keptShape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
      const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
      return [gradient(x, reshape(value, keptShape), reshape(upstream, keptShape), count)];
    },
  });
  return (x: Value, axes: readonly number[], options: ReductionOptions = {}): Value => {
    const resolved = [...new Set(axes.map((axis) => resolveAxis(name, axis, x.shape.length)))].sort(
      (a, b) => a - b,
    );
    if (resolved.length === 0) return x;
    const keepDims = options.keepDims ?? false;
    const shape = x.shape
      .map((size, axis) => (resolved.includes(axis) ? (keepDims ? 1 : null) : size))
      .filter((size) => size !== null);
    return make([x], shape, x.dtype, { axes: resolved, keepDims });
  };
}

export const sum = reduction('sum', 'ReduceSum', (x, _kept, upstream) => expand(upstream, x.shape));
export const mean = reduction('mean', 'ReduceMean', (x, _kept, upstream, count) =>
  expand(mul(upstream, 1 / count), x.shape),
);
// equal maxima share the gradient, as torch's amax does
export const max = reduction('max', 'ReduceMax', (x, kept, upstream, count) => {
  const isMaximum = cast(equal(x, kept), 'float32');
  const reduced = x.shape.flatMap((size, axis) => (kept.shape[axis] === size && size !== 1 ? [] : [axis]));
  const ties = count === 1 ? isMaximum : sum(isMaximum, reduced, { keepDims: true });
  return mul(isMaximum, div(upstream, ties));
});

/** Mean over all axes: a scalar. */
export function meanAll(x: Value): Value {
  return mean(
    x,
    x.shape.map((_, axis) => axis),
  );
}

/** Sum over all axes: a scalar. */
export function sumAll(x: Value): Value {
  return sum(
    x,
    x.shape.map((_, axis) => axis),
  );
}

/** Sums a value down to the shape it was broadcast from. */
export function sumTo(x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.shape.length - shape.length;
  if (lead < 0) throw new FoleyError('graph-invalid', `[${x.shape}] cannot be summed to [${shape}]`);
  const axes = x.shape.flatMap((size, axis) =>
    axis < lead || (shape[axis - lead] === 1 && size !== 1) ? [axis] : [],
  );
  return reshape(sum(x, axes), shape);
}

const makeSoftmax = defineOperation<number>({
  name: 'softmax',
  emit: (emitter, value, axis) =>
    emitter.node('Softmax', [emitter.nameOf(value.inputs[0]!)], { axis: { int: axis } }),
  gradient: (value, upstream, _needed, axis) => {
    const weighted = mul(upstream, value);
    return [sub(weighted, mul(value, sum(weighted, [axis], { keepDims: true })))];
  },
});

export function softmax(x: Value, axis: number): Value {
  return makeSoftmax([x], x.shape, x.dtype, resolveAxis('softmax', axis, x.shape.length));
}

const makeLogSoftmax = defineOperation<number>({
  name: 'logSoftmax',
  emit: (emitter, value, axis) =>
    emitter.node('LogSoftmax', [emitter.nameOf(value.inputs[0]!)], { axis: { int: axis } }),
  gradient: (value, upstream, _needed, axis) => [
    sub(upstream, mul(exp(value), sum(upstream, [axis], { keepDims: true }))),
  ],
});

export function logSoftmax(x: Value, axis: number): Value {
  return makeLogSoftmax([x], x.shape, x.dtype, resolveAxis('logSoftmax', axis, x.shape.length));
}
