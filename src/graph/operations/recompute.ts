/** @file Trading time for memory: a block whose inner values are computed again for the backward pass instead of kept. */
import { defineOperation, topologicalOrder, type Value, withInputs } from '../value.js';
import { isInput, isWeight } from './leaves.js';

const makeRecomputed = defineOperation<readonly Value[]>({
  name: 'recompute',
  emit: (emitter, value) => emitter.nameOf(value.inputs[0]!),
});

/**
 * Marks a block for recomputation. The result is the block's output; `gradients` writes the block's forward pass a
 * second time, from `inputs`, where the backward pass needs it. Programs that use it are compiled with common
 * subexpression elimination off (the engine's `keepRecomputation` option), or the second copy would be merged away.
 *
 * @param inputs the values at which recomputation starts
 * @param block builds the block from those inputs; parameters may be captured
 */
export function recompute(inputs: readonly Value[], block: (...inputs: Value[]) => Value): Value {
  const output = block(...inputs);
  return makeRecomputed([output], output.shape, output.dtype, inputs);
}

export function isRecomputed(value: Value): boolean {
  return value.operation.name === 'recompute';
}

/** A fresh copy of the block's forward pass, starting at the block's inputs. */
export function recomputedBody(value: Value): Value {
  const boundary = new Set(value.attributes as readonly Value[]);
  const output = value.inputs[0]!;
  const copies = new Map<Value, Value>();
  const within = (inner: Value) => (boundary.has(inner) ? [] : inner.inputs);
  for (const inner of topologicalOrder([output], within)) {
    const isLeaf = boundary.has(inner) || inner.inputs.length === 0 || isInput(inner) || isWeight(inner);
    if (isLeaf) {
      copies.set(inner, inner);
      continue;
    }
    const copy = withInputs(
      inner,
      inner.inputs.map((input) => copies.get(input)!),
    );
    if (isRecomputed(inner)) {
      const starts = inner.attributes as readonly Value[];
      copies.set(inner, { ...copy, attributes: starts.map((start) => copies.get(start) ?? start) });
    } else copies.set(inner, copy);
  }
  return copies.get(output)!;
}

/** Whether a graph contains blocks marked for recomputation. */
export function usesRecomputation(outputs: readonly Value[]): boolean {
  return topologicalOrder(outputs).some(isRecomputed);
}
