/** @file Symbolic values: a shape, a dtype and how the value is made; models are functions from values to values. */
import { FoleyError } from '../errors/foley-error.js';
import type { Emitter } from './onnx-emitter.js';
import type { DType } from './tensor.js';

/** An immutable node of a graph. Shapes are static. */
export interface Value {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly operation: Operation<unknown>;
  readonly inputs: readonly Value[];
  readonly attributes: unknown;
}

/**
 * What an operation is, in one place: how it is written as ONNX, and how a gradient passes through it.
 * An operation with a `decomposition` is written by it in the `plain` lowering, and differentiated through it
 * when it has no `gradient` of its own.
 */
export interface Operation<Attributes> {
  readonly name: string;
  /** Adds nodes to the emitter and returns the name of the output. */
  emit?(emitter: Emitter, value: Value, attributes: Attributes): string;
  /** The same value out of simpler operations. */
  decomposition?(value: Value, attributes: Attributes): Value;
  /** Gradients of the loss by each input, `null` where none flows; `needed[i]` is false where nobody asks. */
  gradient?(
    value: Value,
    upstream: Value,
    needed: readonly boolean[],
    attributes: Attributes,
  ): (Value | null)[];
}

/** Declares an operation and returns the function that makes its values. */
export function defineOperation<Attributes>(operation: Operation<Attributes>) {
  return (
    inputs: readonly Value[],
    shape: readonly number[],
    dtype: DType,
    attributes: Attributes,
  ): Value => {
    if (shape.some((size) => !Number.isInteger(size) || size < 0)) {
      throw new FoleyError('graph-invalid', `${operation.name}: the result would have shape [${shape}]`);
    }
    return { shape, dtype, operation: operation as Operation<unknown>, inputs, attributes };
  };
}

/** The same operation on other inputs of the same shapes. */
export function withInputs(value: Value, inputs: readonly Value[]): Value {
  return { ...value, inputs };
}

/**
 * Every value that the roots depend on, inputs before users, each once, in an order that depends only on the graph.
 * @param inputsOf what a value depends on; its own inputs unless told otherwise.
 */
export function topologicalOrder(
  roots: readonly Value[],
  inputsOf: (value: Value) => readonly Value[] = (value) => value.inputs,
): Value[] {
  const order: Value[] = [];
  const visited = new Set<Value>();
  for (const root of roots) {
    const stack: { value: Value; inputs: readonly Value[]; next: number }[] = [];
    const enter = (value: Value) => {
      if (visited.has(value)) return;
      visited.add(value);
      stack.push({ value, inputs: inputsOf(value), next: 0 });
    };
    enter(root);
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      if (top.next < top.inputs.length) enter(top.inputs[top.next++]!);
      else {
        order.push(top.value);
        stack.pop();
      }
    }
  }
  return order;
}

/** Turns a negative axis into a positive one and checks it. */
export function resolveAxis(name: string, axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    throw new FoleyError('graph-invalid', `${name}: axis ${axis} does not exist in a value of rank ${rank}`);
  }
  return resolved;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}
