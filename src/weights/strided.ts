/** @file Strided views of a storage, as torch keeps transposed and sliced tensors, made row-major. */
import { elementCount } from '../graph/tensor.js';

/** Whether the elements lie one after the other. Strides of axes of size 1 do not matter. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Distance from the first to the last element, in elements; strides are not negative. */
export function lastElement(shape: readonly number[], strides: readonly number[]): number {
  return shape.reduce((sum, size, axis) => sum + Math.max(0, size - 1) * strides[axis]!, 0);
}

/**
 * Copies a strided view into row-major order.
 *
 * @param bytes the whole storage.
 * @param offset of the first element, in elements.
 */
export function packStrided(
  bytes: Uint8Array,
  elementBytes: number,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array {
  const packed = new Uint8Array(elementCount(shape) * elementBytes);
  const index = shape.map(() => 0);
  let from = offset;
  for (let to = 0; to < packed.byteLength; to += elementBytes) {
    for (let byte = 0; byte < elementBytes; byte++) packed[to + byte] = bytes[from * elementBytes + byte]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = index[axis]! + 1;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return packed;
}
