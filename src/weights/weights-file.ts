/** @file What the rest of the project needs to know of a file of weights, wherever it lies. */
import type { StoredTensor } from './safetensors.js';

/** A source of stored tensors. On Node the id is the resolved path; the engine finds the bytes by it. */
export interface WeightsFile {
  readonly id: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}
