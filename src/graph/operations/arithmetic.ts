/** @file Element-wise arithmetic of two operands with numpy broadcasting, and its gradients. */
import { FoleyError } from '../../errors/foley-error.js';
import { defineOperation, sameShape, type Value } from '../value.js';
import { asValue } from './leaves.js';
import { sumTo } from './reductions.js';
import { cast, neg, square } from './unary.js';

/** The shape two operands broadcast to. */
export function broadcastShape(name: string, a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const sizeA = a[i - rank + a.length] ?? 1;
    const sizeB = b[i - rank + b.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw new FoleyError('graph-invalid', `${name}: shapes [${a}] and [${b}] do not broadcast`);
    }
    return sizeA === 1 ? sizeB : sizeA;
  });
}

type BinaryGradient = (a: Value, b: Value, upstream: Value, needed: readonly boolean[]) => (Value | null)[];

function binary(name: string, type: string, gradient: BinaryGradient) {
  const make = defineOperation<null>({
    name,
    emit: (emitter, value) =>
      emitter.node(
        type,
        value.inputs.map((operand) => emitter.nameOf(operand)),
      ),
    gradient: (value, upstream, needed) => {
      const [a, b] = value.inputs as [Value, Value];
      const [byA, byB] = gradient(a, b, upstream, needed);
      return [byA && needed[0] ? sumTo(byA, a.shape) : null, byB && needed[1] ? sumTo(byB, b.shape) : null];
    },
  });
  return (a: Value | number, b: Value | number): Value => {
    const [left, right] = [asValue(a), asValue(b)];
    if (left.dtype !== right.dtype)
      throw new FoleyError('graph-invalid', `${name}: ${left.dtype} and ${right.dtype} do not mix`);
    return make([left, right], broadcastShape(name, left.shape, right.shape), left.dtype, null);
  };
}

export const add = binary('add', 'Add', (_a, _b, upstream) => [upstream, upstream]);
export const sub = binary('sub', 'Sub', (_a, _b, upstream, needed) => [
  upstream,
  needed[1] ? neg(upstream) : null,
]);
export const mul = binary('mul', 'Mul', (a, b, upstream, needed) => [
  needed[0] ? mul(upstream, b) : null,
  needed[1] ? mul(upstream, a) : null,
]);
export const div = binary('div', 'Div', (a, b, upstream, needed) => [
  needed[0] ? div(upstream, b) : null,
  needed[1] ? neg(div(mul(upstream, a), square(b))) : null,
]);

// where both operands are equal, each gets half of the gradient, as in torch
export const minimum = binary('minimum', 'Min', (a, b, upstream) => chosen(a, b, upstream, less(a, b)));
export const maximum = binary('maximum', 'Max', (a, b, upstream) => chosen(a, b, upstream, greater(a, b)));

function chosen(a: Value, b: Value, upstream: Value, first: Value): Value[] {
  const equalShare = mul(cast(equal(a, b), 'float32'), 0.5);
  const shareOfFirst = add(cast(first, 'float32'), equalShare);
  return [mul(upstream, shareOfFirst), mul(upstream, sub(1, shareOfFirst))];
}

function comparison(name: string, type: string) {
  const make = defineOperation<null>({
    name,
    emit: (emitter, value) =>
      emitter.node(
        type,
        value.inputs.map((operand) => emitter.nameOf(operand)),
      ),
    // a step function: its gradient is zero wherever it exists
    gradient: () => [null, null],
  });
  return (a: Value | number, b: Value | number): Value => {
    const [left, right] = [asValue(a), asValue(b)];
    return make([left, right], broadcastShape(name, left.shape, right.shape), 'bool', null);
  };
}

/** Element-wise comparisons; the result is bool. */
export const greater = comparison('greater', 'Greater');
export const less = comparison('less', 'Less');
export const equal = comparison('equal', 'Equal');

const makeWhere = defineOperation<null>({
  name: 'where',
  emit: (emitter, value) =>
    emitter.node(
      'Where',
      value.inputs.map((operand) => emitter.nameOf(operand)),
    ),
  gradient: (value, upstream) => {
    const [condition, a, b] = value.inputs as [Value, Value, Value];
    return [
      null,
      sumTo(where(condition, upstream, 0), a.shape),
      sumTo(where(condition, 0, upstream), b.shape),
    ];
  },
});

/** `a` where the condition holds, else `b`; all three broadcast. */
export function where(condition: Value, a: Value | number, b: Value | number): Value {
  const [left, right] = [asValue(a), asValue(b)];
  if (condition.dtype !== 'bool')
    throw new FoleyError('graph-invalid', `where: the condition is ${condition.dtype}, not bool`);
  const shape = broadcastShape('where', condition.shape, broadcastShape('where', left.shape, right.shape));
  return makeWhere([condition, left, right], shape, left.dtype, null);
}

/** Sum of any number of values of one shape. */
export function addAll(values: readonly Value[]): Value {
  const [first, ...rest] = values;
  if (first === undefined || rest.some((value) => !sameShape(value.shape, first.shape))) {
    throw new FoleyError('graph-invalid', 'addAll needs values of one shape');
  }
  return rest.reduce((total, value) => add(total, value), first);
}
