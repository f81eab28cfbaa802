/** @file Operations that choose: the place of the largest element, the places of the largest few, and one-hot rows. */
import { FoleyError } from '../../errors/foley-error.js';
import { defineOperation, resolveAxis, type Value } from '../value.js';
import { equal } from './arithmetic.js';
import { constant } from './leaves.js';
import { unsqueeze } from './shape.js';
import { cast } from './unary.js';

const makeArgMax = defineOperation<number>({
  name: 'argMax',
  emit: (emitter, value, axis) =>
    emitter.node('ArgMax', [emitter.nameOf(value.inputs[0]!)], { axis: { int: axis }, keepdims: { int: 0 } }),
  gradient: () => [null], // a place does not move with the values
});

/** Where the largest element along an axis is, int64; of equal ones the first. The axis is dropped. */
export function argMax(x: Value, axis: number): Value {
  const at = resolveAxis('argMax', axis, x.shape.length);
  return makeArgMax(
    [x],
    x.shape.filter((_, i) => i !== at),
    'int64',
    at,
  );
}

const makeTopIndices = defineOperation<number>({
  name: 'topIndices',
  emit: (emitter, value, count) =>
    emitter.nodes('TopK', [emitter.nameOf(value.inputs[0]!), emitter.ints([count])], 2, {
      axis: { int: -1 },
      largest: { int: 1 },
      sorted: { int: 1 },
    })[1]!,
  gradient: () => [null],
});

/** Where the `count` largest elements of the last axis are, largest first, int64; equal ones in their order. */
export function topIndices(x: Value, count: number): Value {
  const size = x.shape.at(-1) ?? 0;
  if (!Number.isInteger(count) || count < 1 || count > size)
    throw new FoleyError('graph-invalid', `topIndices: ${count} of an axis of ${size} cannot be chosen`);
  return makeTopIndices([x], [...x.shape.slice(0, -1), count], 'int64', count);
}

/** int64 [..] -> float32 [.., depth]: 1 at the index, 0 elsewhere. */
export function oneHot(indices: Value, depth: number): Value {
  if (indices.dtype !== 'int64')
    throw new FoleyError('graph-invalid', `oneHot: indices are ${indices.dtype}, not int64`);
  const places = constant({
    dtype: 'int64',
    shape: [depth],
    data: BigInt64Array.from({ length: depth }, (_, place) => BigInt(place)),
  });
  return cast(equal(unsqueeze(indices, indices.shape.length), places), 'float32');
}
