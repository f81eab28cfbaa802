/** @file Operations that move elements without computing: reshape, transpose, slice, concat, pad, expand, gather. */
import { FoleyError } from '../../errors/foley-error.js';
import { elementCount } from '../tensor.js';
import { defineOperation, resolveAxis, sameShape, type Value } from '../value.js';
import { asValue, zeros } from './leaves.js';
import { sumTo } from './reductions.js';

const makeReshape = defineOperation<null>({
  name: 'reshape',
  emit: (emitter, value) =>
    emitter.node('Reshape', [emitter.nameOf(value.inputs[0]!), emitter.ints(value.shape)]),
  gradient: (value, upstream) => [reshape(upstream, value.inputs[0]!.shape)],
});

/** The same elements in another shape; one size may be -1 and is worked out. */
export function reshape(x: Value, shape: readonly number[]): Value {
  const count = elementCount(x.shape);
  const known = shape.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const resolved = shape.map((size) => (size === -1 ? count / known : size));
  if (shape.filter((size) => size === -1).length > 1 || elementCount(resolved) !== count) {
    throw new FoleyError('graph-invalid', `reshape: [${x.shape}] does not fit into [${shape}]`);
  }
  return sameShape(resolved, x.shape) ? x : makeReshape([x], resolved, x.dtype, null);
}

const makeTranspose = defineOperation<readonly number[]>({
  name: 'transpose',
  emit: (emitter, value, order) =>
    emitter.node('Transpose', [emitter.nameOf(value.inputs[0]!)], { perm: { ints: order } }),
  gradient: (_value, upstream, _needed, order) => [
    transpose(
      upstream,
      order.map((_, axis) => order.indexOf(axis)),
    ),
  ],
});

/** Axes in another order: axis i of the result is axis `order[i]` of x. */
export function transpose(x: Value, order: readonly number[]): Value {
  if (order.length !== x.shape.length || [...order].sort((a, b) => a - b).some((axis, i) => axis !== i)) {
    throw new FoleyError('graph-invalid', `transpose: [${order}] is no order of the axes of [${x.shape}]`);
  }
  if (order.every((axis, i) => axis === i)) return x;
  return makeTranspose(
    [x],
    order.map((axis) => x.shape[axis]!),
    x.dtype,
    order,
  );
}

/** Swaps the last two axes. */
export function transposeLast(x: Value): Value {
  const rank = x.shape.length;
  const order = x.shape.map((_, axis) => axis);
  return transpose(x, [...order.slice(0, rank - 2), rank - 1, rank - 2]);
}

export function squeeze(x: Value, axis: number): Value {
  const at = resolveAxis('squeeze', axis, x.shape.length);
  if (x.shape[at] !== 1)
    throw new FoleyError('graph-invalid', `squeeze: axis ${axis} of [${x.shape}] is not 1`);
  return reshape(
    x,
    x.shape.filter((_, i) => i !== at),
  );
}

export function unsqueeze(x: Value, axis: number): Value {
  const at = resolveAxis('unsqueeze', axis, x.shape.length + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

const makeConcat = defineOperation<number>({
  name: 'concat',
  emit: (emitter, value, axis) =>
    emitter.node(
      'Concat',
      value.inputs.map((part) => emitter.nameOf(part)),
      { axis: { int: axis } },
    ),
  gradient: (value, upstream, needed, axis) => {
    let start = 0;
    return value.inputs.map((part, i) => {
      const from = start;
      start += part.shape[axis]!;
      return needed[i] ? slice(upstream, axis, from, start) : null;
    });
  },
});

/** Values one after the other along an axis. */
export function concat(values: readonly Value[], axis: number): Value {
  const first = values[0];
  if (first === undefined) throw new FoleyError('graph-invalid', 'concat: nothing to join');
  if (values.length === 1) return first;
  const at = resolveAxis('concat', axis, first.shape.length);
  for (const value of values) {
    const fits = value.dtype === first.dtype && value.shape.length === first.shape.length;
    if (!fits || value.shape.some((size, i) => i !== at && size !== first.shape[i])) {
      throw new FoleyError(
        'graph-invalid',
        `concat: [${value.shape}] does not fit [${first.shape}] along axis ${at}`,
      );
    }
  }
  const total = values.reduce((size, value) => size + value.shape[at]!, 0);
  return makeConcat(
    values,
    first.shape.map((size, i) => (i === at ? total : size)),
    first.dtype,
    at,
  );
}

interface Slice {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

const makeSlice = defineOperation<Slice>({
  name: 'slice',
  emit: (emitter, value, { axis, start, end, step }) =>
    emitter.node('Slice', [
      emitter.nameOf(value.inputs[0]!),
      ...[start, end, axis, step].map((n) => emitter.ints([n])),
    ]),
  gradient: (value, upstream, _needed, { axis, start, step }) => {
    const x = value.inputs[0]!;
    const rank = x.shape.length;
    let spread = upstream;
    if (step > 1) {
      // put step - 1 zeros behind each element
      const count = upstream.shape[axis]!;
      const behind = pad(unsqueeze(upstream, axis + 1), padAxis(rank + 1, axis + 1, 0, step - 1));
      spread = reshape(
        behind,
        upstream.shape.map((size, i) => (i === axis ? count * step : size)),
      );
    }
    const room = x.shape[axis]! - start;
    if (spread.shape[axis]! > room) spread = slice(spread, axis, 0, room);
    return [pad(spread, padAxis(rank, axis, start, room - spread.shape[axis]!))];
  },
});

/** Elements start, start + step, … below `end` of one axis; negative bounds count from the end. */
export function slice(x: Value, axis: number, start: number, end: number, step = 1): Value {
  const at = resolveAxis('slice', axis, x.shape.length);
  const size = x.shape[at]!;
  const from = start < 0 ? start + size : start;
  const to = Math.min(end < 0 ? end + size : end, size);
  if (from < 0 || from > to || step < 1) {
    throw new FoleyError(
      'graph-invalid',
      `slice: ${start}..${end} step ${step} does not fit axis ${axis} of [${x.shape}]`,
    );
  }
  if (from === 0 && to === size && step === 1) return x;
  const count = Math.ceil((to - from) / step);
  return makeSlice(
    [x],
    x.shape.map((s, i) => (i === at ? count : s)),
    x.dtype,
    { axis: at, start: from, end: to, step },
  );
}

/** Cuts an axis into parts of the given sizes. */
export function split(x: Value, axis: number, sizes: readonly number[]): Value[] {
  const at = resolveAxis('split', axis, x.shape.length);
  if (sizes.reduce((a, b) => a + b, 0) !== x.shape[at]) {
    throw new FoleyError(
      'graph-invalid',
      `split: sizes [${sizes}] do not add up to axis ${axis} of [${x.shape}]`,
    );
  }
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return slice(x, at, start - size, start);
  });
}

const makeFlip = defineOperation<number>({
  name: 'flip',
  emit: (emitter, value, axis) =>
    emitter.node('Slice', [
      emitter.nameOf(value.inputs[0]!),
      emitter.ints([-1]),
      emitter.ints([-value.shape[axis]! - 1]),
      emitter.ints([axis]),
      emitter.ints([-1]),
    ]),
  gradient: (_value, upstream, _needed, axis) => [flip(upstream, axis)],
});

/** The axis in reverse order. */
export function flip(x: Value, axis: number): Value {
  const at = resolveAxis('flip', axis, x.shape.length);
  return x.shape[at] === 1 ? x : makeFlip([x], x.shape, x.dtype, at);
}

interface Padding {
  readonly sizes: readonly (readonly [number, number])[];
  readonly value: number;
}

const makePad = defineOperation<Padding>({
  name: 'pad',
  emit: (emitter, value, { sizes, value: fill }) => {
    const pads = emitter.ints([...sizes.map(([before]) => before), ...sizes.map(([, after]) => after)]);
    return emitter.node('Pad', [emitter.nameOf(value.inputs[0]!), pads, emitter.scalar(fill)]);
  },
  gradient: (value, upstream, _needed, { sizes }) => {
    const x = value.inputs[0]!;
    return [
      sizes.reduce((inner, [before], axis) => slice(inner, axis, before, before + x.shape[axis]!), upstream),
    ];
  },
});

/**
 * Elements put before and after each axis: a constant, or the mirror image without the edge element (`reflect`).
 * @param sizes [before, after] for every axis
 */
export function pad(
  x: Value,
  sizes: readonly (readonly [number, number])[],
  options: { readonly mode?: 'constant' | 'reflect'; readonly value?: number } = {},
): Value {
  if (sizes.length !== x.shape.length || sizes.flat().some((size) => size < 0)) {
    throw new FoleyError('graph-invalid', `pad: sizes ${JSON.stringify(sizes)} do not fit [${x.shape}]`);
  }
  if (sizes.every(([before, after]) => before === 0 && after === 0)) return x;
  if (options.mode === 'reflect')
    return sizes.reduce((inner, [before, after], axis) => reflect(inner, axis, before, after), x);
  const shape = x.shape.map((size, axis) => size + sizes[axis]![0] + sizes[axis]![1]);
  return makePad([x], shape, x.dtype, { sizes, value: options.value ?? 0 });
}

function reflect(x: Value, axis: number, before: number, after: number): Value {
  const size = x.shape[axis]!;
  if (before >= size || after >= size)
    throw new FoleyError(
      'graph-invalid',
      `pad: cannot reflect ${Math.max(before, after)} of ${size} elements`,
    );
  const parts: Value[] = [x];
  if (before > 0) parts.unshift(flip(slice(x, axis, 1, before + 1), axis));
  if (after > 0) parts.push(flip(slice(x, axis, size - 1 - after, size - 1), axis));
  return concat(parts, axis);
}

function padAxis(rank: number, axis: number, before: number, after: number): [number, number][] {
  return Array.from({ length: rank }, (_, i) => (i === axis ? [before, after] : [0, 0]));
}

const makeExpand = defineOperation<null>({
  name: 'expand',
  emit: (emitter, value) =>
    emitter.node('Expand', [emitter.nameOf(value.inputs[0]!), emitter.ints(value.shape)]),
  gradient: (value, upstream) => [sumTo(upstream, value.inputs[0]!.shape)],
});

/** Repeats axes of size 1, and adds axes in front, up to the given shape. */
export function expand(x: Value, shape: readonly number[]): Value {
  const lead = shape.length - x.shape.length;
  if (lead < 0 || x.shape.some((size, i) => size !== 1 && size !== shape[i + lead])) {
    throw new FoleyError('graph-invalid', `expand: [${x.shape}] does not expand to [${shape}]`);
  }
  return sameShape(x.shape, shape) ? x : makeExpand([x], shape, x.dtype, null);
}

const makeGather = defineOperation<number>({
  name: 'gather',
  emit: (emitter, value, axis) =>
    emitter.node(
      'Gather',
      value.inputs.map((part) => emitter.nameOf(part)),
      { axis: { int: axis } },
    ),
  gradient: (value, upstream, _needed, axis) => {
    const [table, indices] = value.inputs as [Value, Value];
    if (axis !== 0) throw new FoleyError('gradient-missing', 'gather has a gradient along axis 0 only');
    return [scatterAddRows(table.shape, indices, upstream), null];
  },
});

/** Rows (or slices along another axis) of a table: indices [..] int64 -> table.shape with the axis replaced by [..]. */
export function gather(table: Value, indices: Value, axis = 0): Value {
  const at = resolveAxis('gather', axis, table.shape.length);
  if (indices.dtype !== 'int64')
    throw new FoleyError('graph-invalid', `gather: indices are ${indices.dtype}, not int64`);
  const shape = [...table.shape.slice(0, at), ...indices.shape, ...table.shape.slice(at + 1)];
  return makeGather([table, indices], shape, table.dtype, at);
}

const makeScatterAddRows = defineOperation<null>({
  name: 'scatterAddRows',
  emit: (emitter, value) => {
    const [empty, indices, rows] = value.inputs.map((part) => emitter.nameOf(part)) as [
      string,
      string,
      string,
    ];
    const asColumns = emitter.node('Unsqueeze', [indices, emitter.ints([-1])]);
    return emitter.node('ScatterND', [empty, asColumns, rows], { reduction: { text: 'add' } });
  },
});

function scatterAddRows(shape: readonly number[], indices: Value, rows: Value): Value {
  return makeScatterAddRows([zeros(shape), asValue(indices), rows], shape, rows.dtype, null);
}
