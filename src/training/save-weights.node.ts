/** @file Finished weights as a half-precision safetensors file with how they were made in its metadata, and back. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { floats, tensor } from '../graph/tensor.js';
import type { ParameterShape } from '../weights/parameters.js';
import { type SafetensorsFile, writeSafetensors } from '../weights/safetensors-file.node.js';
import type { ParameterValues } from './stage.js';

/** Writes parameters by key, float16. */
export async function saveWeights(
  path: string,
  shapes: readonly ParameterShape[],
  values: ParameterValues,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const tensors = shapes.map(({ key, shape }) => [key, tensor(shape, values.get(key)!)] as const);
  await writeSafetensors(path, tensors, { metadata: { format: 'pt', ...metadata }, asFloat16: true });
}

/** The values of a file's tensors whose key is wanted, as float32. */
export async function readWeights(
  file: SafetensorsFile,
  isWanted: (key: string) => boolean,
): Promise<Map<string, Float32Array>> {
  const values = new Map<string, Float32Array>();
  for (const key of file.tensors.keys()) {
    if (isWanted(key)) values.set(key, floats(await file.readFloat32(key)));
  }
  return values;
}
