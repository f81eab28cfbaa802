/** @file Where each trainable parameter lies in one long vector, so that the optimiser sees equal chunks. */
import { elementCount } from '../graph/tensor.js';

/** A parameter by its published key. */
export interface ParameterShape {
  readonly key: string;
  readonly shape: readonly number[];
}

export interface LaidOutParameter extends ParameterShape {
  /** First element in the vector. */
  readonly offset: number;
  readonly length: number;
}

export interface ParameterLayout {
  readonly entries: readonly LaidOutParameter[];
  /** Elements of the vector; a multiple of `chunkLength`, the gaps hold zeros. */
  readonly length: number;
  readonly chunkLength: number;
}

/** Elements between two parameters' starts are a multiple of this: 64 bytes, the runtime's own alignment. */
const alignment = 16;

/**
 * Lays parameters out one after the other in the given order.
 * @param chunkLength elements per optimiser call; small enough that five chunks stay in a core's cache
 */
export function layOutParameters(
  parameters: readonly ParameterShape[],
  chunkLength = 65536,
): ParameterLayout {
  let offset = 0;
  const entries = parameters.map(({ key, shape }) => {
    const length = elementCount(shape);
    const entry = { key, shape, offset, length };
    offset += Math.ceil(length / alignment) * alignment;
    return entry;
  });
  const chunks = Math.max(1, Math.ceil(offset / chunkLength));
  return { entries, length: chunks * chunkLength, chunkLength };
}

/** The part of a vector that holds one parameter: a view, not a copy. */
export function viewOf(vector: Float32Array, entry: LaidOutParameter): Float32Array {
  return vector.subarray(entry.offset, entry.offset + entry.length);
}
