/** @file Conversions between 32-bit floats and the 16-bit formats in which weights are stored. */

/** Widens IEEE 754 half-precision bit patterns. */
export function float16ToFloat32(bits: Uint16Array): Float32Array {
  const result = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i]!;
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const mantissa = half & 0x3ff;
    if (exponent === 0) result[i] = sign * mantissa * 2 ** -24;
    else if (exponent === 31) result[i] = mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    else result[i] = sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
  }
  return result;
}

/** Rounds to IEEE 754 half precision, ties to even; values beyond 65504 become infinite. */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const result = new Uint16Array(values.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const sign = (word >>> 16) & 0x8000;
    const exponent = ((word >>> 23) & 0xff) - 127 + 15;
    const mantissa = word & 0x7fffff;
    if (((word >>> 23) & 0xff) === 0xff) {
      result[i] = sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200);
    } else if (exponent >= 31) {
      result[i] = sign | 0x7c00;
    } else if (exponent <= 0) {
      result[i] = exponent < -10 ? sign : sign | roundShift(mantissa | 0x800000, 14 - exponent);
    } else {
      // a mantissa that rounds up to 0x400 carries into the exponent, which is what it should do
      result[i] = sign | ((exponent << 10) + roundShift(mantissa, 13));
    }
  }
  return result;
}

/** Widens bfloat16 bit patterns, which are the upper halves of 32-bit floats. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const result = new Float32Array(bits.length);
  const words = new Uint32Array(result.buffer);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return result;
}

function roundShift(value: number, shift: number): number {
  const kept = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}
