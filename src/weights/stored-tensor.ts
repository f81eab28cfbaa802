/** @file From the bytes of a stored tensor to a tensor in memory, and to float32. */
import { FoleyError } from '../errors/foley-error.js';
import { bfloat16ToFloat32, float16ToFloat32 } from '../graph/half-precision.js';
import {
  arrayTypes,
  type DType,
  elementCount,
  type FloatTensor,
  floats,
  type Tensor,
  tensor,
} from '../graph/tensor.js';
import type { StoredTensor, StoredType } from './safetensors.js';

const dtypeOf: Partial<Readonly<Record<StoredType, DType>>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I32: 'int32',
  I64: 'int64',
  U8: 'uint8',
  BOOL: 'bool',
};

/** The type a stored tensor has in memory, or null where a graph has no such type. */
export function dtypeOfStored(storedType: StoredType): DType | null {
  return dtypeOf[storedType] ?? null;
}

/**
 * Views the bytes of one stored tensor.
 *
 * @param bytes little-endian, at an offset aligned to the element (copied if it is not).
 * @throws FoleyError 'weights-invalid' for a type that no graph can hold.
 */
export function tensorFromBytes(stored: StoredTensor, bytes: Uint8Array, source: string): Tensor {
  const dtype = dtypeOfStored(stored.storedType);
  if (dtype === null) {
    throw new FoleyError(
      'weights-invalid',
      `${source}: tensor ${stored.name} has the type ${stored.storedType}`,
      {
        hint: `Types that can be used are ${Object.keys(dtypeOf).join(', ')}.`,
      },
    );
  }
  const { buffer, byteOffset } = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const data = new arrayTypes[dtype](buffer as ArrayBuffer, byteOffset, elementCount(stored.shape));
  return tensor(stored.shape, data, dtype);
}

/**
 * The same values as float32. Exact: every float16 and bfloat16 value is a float32 value.
 *
 * @throws FoleyError 'weights-invalid' for integer tensors.
 */
export function toFloat32(source: Tensor): FloatTensor {
  switch (source.dtype) {
    case 'float32':
      return tensor(source.shape, floats(source));
    case 'float16':
      return tensor(source.shape, float16ToFloat32(source.data as Uint16Array));
    case 'bfloat16':
      return tensor(source.shape, bfloat16ToFloat32(source.data as Uint16Array));
    default:
      throw new FoleyError('weights-invalid', `a tensor of ${source.dtype} holds no floating-point values`);
  }
}
