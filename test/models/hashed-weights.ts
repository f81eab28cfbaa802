/** @file Weights that both sides can make: a hash of the key and the index (reference/encoders/hashed_weights.py). */
import { constant, elementCount, type FloatTensor, tensor } from '../../src/graph/index.js';
import { type Parameters, parametersOf } from '../../src/weights/parameters.js';
import { crc32 } from '../../src/weights/zip-archive.js';

/** Uniform in 0..1. */
export function hashedUniform(key: string, count: number): Float64Array {
  const seed = crc32(new TextEncoder().encode(key));
  return Float64Array.from({ length: count }, (_, index) => {
    let x = (Math.imul(index, 2654435761) + seed) >>> 0;
    x ^= x >>> 15;
    x = Math.imul(x, 2246822519);
    x ^= x >>> 13;
    x = Math.imul(x, 3266489917);
    x ^= x >>> 16;
    return (x >>> 0) / 2 ** 32;
  });
}

/** Uniform in -1..1. */
export function hashedPicture(key: string, shape: readonly number[]): FloatTensor {
  return tensor(
    shape,
    Float32Array.from(hashedUniform(key, elementCount(shape)), (u) => u * 2 - 1),
  );
}

/** Every parameter there is, drawn by its key. */
export function hashedParameters(): Parameters {
  const draw = (key: string, shape: readonly number[]) => {
    const isPositive = key.endsWith('weight') || key.endsWith('running_var');
    const scale = Math.sqrt(3 / elementCount(shape.slice(1)));
    const value = (u: number) =>
      shape.length > 1 ? (2 * u - 1) * scale : isPositive ? u + 0.5 : (u - 0.5) / 2;
    return constant(tensor(shape, Float32Array.from(hashedUniform(key, elementCount(shape)), value)));
  };
  return parametersOf({ has: () => true, resolve: draw, unused: () => [] });
}
