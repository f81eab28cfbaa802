/** @file Concrete values: a typed array with a shape, as they enter and leave a program. */
import { FoleyError } from '../errors/foley-error.js';

/** Element types of values and tensors; half precision travels as 16-bit patterns. */
export type DType = 'float32' | 'float16' | 'bfloat16' | 'int32' | 'int64' | 'uint8' | 'bool';

export type TensorData = Float32Array | Uint16Array | Int32Array | BigInt64Array | Uint8Array;

export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** A tensor known to hold 32-bit floats. */
export interface FloatTensor extends Tensor {
  readonly dtype: 'float32';
  readonly data: Float32Array;
}

export const bytesPerElement: Readonly<Record<DType, number>> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  bool: 1,
};

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Makes a tensor after checking that the data fits the shape and the dtype.
 * @throws FoleyError `graph-invalid` when the length or the array type differs.
 */
export function tensor(shape: readonly number[], data: Float32Array, dtype?: 'float32'): FloatTensor;
export function tensor(shape: readonly number[], data: TensorData, dtype: DType): Tensor;
export function tensor(shape: readonly number[], data: TensorData, dtype: DType = 'float32'): Tensor {
  if (data.length !== elementCount(shape)) {
    throw new FoleyError(
      'graph-invalid',
      `a tensor of shape [${shape}] needs ${elementCount(shape)} elements, not ${data.length}`,
    );
  }
  if (!(data instanceof arrayTypes[dtype])) {
    throw new FoleyError('graph-invalid', `a ${dtype} tensor is made of a ${arrayTypes[dtype].name}`);
  }
  return { dtype, shape, data };
}

/** The elements of a float32 tensor; an error for any other dtype. */
export function floats(value: Tensor): Float32Array {
  if (value.dtype !== 'float32' || !(value.data instanceof Float32Array)) {
    throw new FoleyError('graph-invalid', `expected a float32 tensor, got ${value.dtype}`);
  }
  return value.data;
}

export const arrayTypes = {
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;
