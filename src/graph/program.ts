/** @file The compiled unit: named inputs and outputs over a graph, the weights it refers to, and a stable hash. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { FoleyError } from '../errors/foley-error.js';
import { Emitter, type Lowering, type WeightLocator, type WeightReference } from './onnx-emitter.js';
import { inputName, isInput, isWeight, weightReference } from './operations/leaves.js';
import type { DType } from './tensor.js';
import { topologicalOrder, type Value } from './value.js';

export interface Port {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface Program {
  readonly name: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Frozen weights the program reads in place. */
  readonly weights: readonly WeightReference[];
  /** SHA-256 over the plain ONNX form with weights named by key: equal graphs have equal hashes on every machine. */
  readonly hash: string;
  /** The ONNX model; `locate` says where each weights file lies relative to the engine's folder. */
  emit(lowering: Lowering, locate: WeightLocator): Uint8Array;
}

/** Those of the inputs that the outputs depend on, in the order given. */
export function inputsUsed(inputs: readonly Value[], outputs: Readonly<Record<string, Value>>): Value[] {
  const reached = new Set(topologicalOrder(Object.values(outputs)));
  return inputs.filter((value) => reached.has(value));
}

/**
 * Closes a graph into a program.
 * @param definition `inputs` are values made by `input()`; each that the outputs need must be listed.
 * @throws FoleyError `graph-invalid` for an unlisted, doubled or foreign input.
 */
export function program(
  name: string,
  definition: { readonly inputs: readonly Value[]; readonly outputs: Readonly<Record<string, Value>> },
): Program {
  const { inputs, outputs } = definition;
  const listed = new Set(inputs);
  const names = new Set<string>();
  for (const value of inputs) {
    if (!isInput(value))
      throw new FoleyError('graph-invalid', `program ${name}: a listed input was not made by input()`);
    if (names.has(inputName(value)))
      throw new FoleyError('graph-invalid', `program ${name}: input ${inputName(value)} is listed twice`);
    names.add(inputName(value));
  }
  for (const output of Object.keys(outputs)) {
    if (names.has(output))
      throw new FoleyError('graph-invalid', `program ${name}: ${output} is both an input and an output`);
  }
  const weights: WeightReference[] = [];
  for (const value of topologicalOrder(Object.values(outputs))) {
    if (isInput(value) && !listed.has(value)) {
      throw new FoleyError(
        'graph-invalid',
        `program ${name}: input ${inputName(value)} is used but not listed`,
      );
    }
    if (isWeight(value)) weights.push(weightReference(value));
  }
  const emit = (lowering: Lowering, locate: WeightLocator) =>
    new Emitter(lowering, locate).model(name, inputs, outputs);
  let hash: string | null = null;
  return {
    name,
    inputs: inputs.map((value) => ({ name: inputName(value), dtype: value.dtype, shape: value.shape })),
    outputs: Object.entries(outputs).map(([key, value]) => ({
      name: key,
      dtype: value.dtype,
      shape: value.shape,
    })),
    weights,
    get hash() {
      hash ??= bytesToHex(sha256(emit('plain', () => null)));
      return hash;
    },
    emit,
  };
}
