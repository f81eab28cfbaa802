/** @file Where values come from: program inputs, constants, and frozen weights that stay in their file. */
import { FoleyError } from '../../errors/foley-error.js';
import type { WeightReference } from '../onnx-emitter.js';
import { type DType, elementCount, type Tensor } from '../tensor.js';
import { defineOperation, type Value } from '../value.js';

const makeInput = defineOperation<string>({
  name: 'input',
  emit: (emitter, value, name) => emitter.input(name, value.dtype, value.shape),
});

const makeConstant = defineOperation<Tensor>({
  name: 'constant',
  emit: (emitter, _value, data) => emitter.constant(data),
});

const makeWeight = defineOperation<WeightReference>({
  name: 'weight',
  emit: (emitter, _value, reference) => emitter.weight(reference),
});

/** A named input of a program. Trainable parameters are inputs too, named by their key. */
export function input(name: string, shape: readonly number[], dtype: DType = 'float32'): Value {
  return makeInput([], shape, dtype, name);
}

/** A tensor that becomes part of the program. */
export function constant(data: Tensor): Value {
  return makeConstant([], data.shape, data.dtype, data);
}

/** A float32 constant of shape []. */
export function scalar(value: number): Value {
  return constant({ dtype: 'float32', shape: [], data: Float32Array.of(value) });
}

/** A float32 constant of zeros. */
export function zeros(shape: readonly number[]): Value {
  return constant({ dtype: 'float32', shape, data: new Float32Array(elementCount(shape)) });
}

/** A frozen weight that is referenced in place; its value has the dtype in which it is stored. */
export function weight(reference: WeightReference): Value {
  return makeWeight([], reference.shape, reference.dtype, reference);
}

/** Numbers stand for scalar constants wherever a value is expected. */
export function asValue(operand: Value | number): Value {
  return typeof operand === 'number' ? scalar(operand) : operand;
}

export function isInput(value: Value): boolean {
  return value.operation.name === 'input';
}

export function isWeight(value: Value): boolean {
  return value.operation.name === 'weight';
}

export function inputName(value: Value): string {
  if (!isInput(value))
    throw new FoleyError('graph-invalid', `${value.operation.name} is not a program input`);
  return value.attributes as string;
}

export function weightReference(value: Value): WeightReference {
  if (!isWeight(value)) throw new FoleyError('graph-invalid', `${value.operation.name} is not a weight`);
  return value.attributes as WeightReference;
}
