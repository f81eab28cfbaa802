/** @file Every half-precision number as a float: caches are read through it, a lookup an element. */
import { float16ToFloat32 } from '../graph/half-precision.js';

/** The float of each 16-bit pattern, `[65536]`. */
export const halfToFloatTable: Float32Array = float16ToFloat32(
  Uint16Array.from({ length: 65536 }, (_, bits) => bits),
);
