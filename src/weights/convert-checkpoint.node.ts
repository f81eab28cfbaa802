/** @file Turns a PyTorch checkpoint into safetensors once, in pieces of a few megabytes, so that generation reads no pickle. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { FoleyError } from '../errors/foley-error.js';
import { elementCount } from '../graph/tensor.js';
import { planCheckpoint } from './checkpoint-names.js';
import { bytesPerStoredElement } from './safetensors.js';
import { type TensorToWrite, writeSafetensorsStream } from './safetensors-file.node.js';
import type { CheckpointTensor, TorchCheckpoint } from './torch-checkpoint.js';
import { withTorchCheckpoint } from './torch-checkpoint-file.node.js';

export interface ConversionProgress {
  /** `read`: the source's sum is taken. `write`: the new file grows. */
  readonly stage: 'read' | 'write';
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface ConversionOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ConversionProgress) => void;
}

/** Tensors that were left out, by the dictionary that held them. */
export interface DroppedTensors {
  readonly name: string;
  readonly tensors: number;
  readonly bytes: number;
}

export interface Conversion {
  /** Names in the new file. */
  readonly written: readonly string[];
  readonly writtenBytes: number;
  readonly dropped: readonly DroppedTensors[];
  readonly sourceSha256: string;
}

/**
 * Writes the model in a checkpoint as safetensors: wrappings of a training (`state_dict`, `generator`, `module.`) are
 * taken off, an optimiser's state is left out. The metadata of the new file say what it was made of.
 *
 * @throws FoleyError 'weights-invalid' for a checkpoint that cannot be read, 'output-failed' for the disk, 'cancelled'.
 */
export async function convertCheckpoint(
  path: string,
  outPath: string,
  { signal, onProgress }: ConversionOptions = {},
): Promise<Conversion> {
  return withTorchCheckpoint(path, async (checkpoint) => {
    const names = [...checkpoint.keys()];
    const holders = [...checkpoint.values()].flatMap(({ holder }) => (holder === null ? [] : [holder]));
    const { kept, dropped } = planCheckpoint(names, new Set(holders));
    if (kept.size === 0) throw new FoleyError('weights-invalid', `${path} holds no tensors to convert`);
    // before anything is written, because the header stands first and names the source
    const sourceSha256 = await hashSource(path, { signal, onProgress });
    const writtenBytes = bytesOf(checkpoint, [...kept.keys()]);
    let doneBytes = 0;
    const tensors = [...kept].map(([name, parameter]): TensorToWrite => {
      const { storedType, shape, pieces } = checkpoint.get(name)!;
      return {
        name: parameter,
        storedType,
        shape,
        async *bytes() {
          for await (const piece of pieces()) {
            throwIfCancelled(signal);
            yield piece;
            doneBytes += piece.byteLength;
            onProgress?.({ stage: 'write', doneBytes, totalBytes: writtenBytes });
          }
        },
      };
    });
    await writeSafetensorsStream(outPath, tensors, {
      format: 'pt',
      source_file: basename(path),
      source_sha256: sourceSha256,
    });
    return {
      written: [...kept.values()],
      writtenBytes,
      dropped: summarise(checkpoint, dropped),
      sourceSha256,
    };
  });
}

async function hashSource(
  path: string,
  { signal, onProgress }: { signal: AbortSignal | undefined; onProgress: ConversionOptions['onProgress'] },
): Promise<string> {
  const hash = createHash('sha256');
  const { size: totalBytes } = await stat(path);
  let doneBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 4 * 2 ** 20 })) {
    throwIfCancelled(signal);
    hash.update(chunk as Buffer);
    doneBytes += (chunk as Buffer).byteLength;
    onProgress?.({ stage: 'read', doneBytes, totalBytes });
  }
  return hash.digest('hex');
}

function summarise(checkpoint: TorchCheckpoint, dropped: readonly string[]): DroppedTensors[] {
  const groups = new Map<string, string[]>();
  for (const name of dropped) {
    const group = name.split('.', 1)[0]!;
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [name]);
    else members.push(name);
  }
  return [...groups].map(([name, names]) => ({
    name,
    tensors: names.length,
    bytes: bytesOf(checkpoint, names),
  }));
}

function bytesOf(checkpoint: TorchCheckpoint, names: readonly string[]): number {
  const size = ({ shape, storedType }: CheckpointTensor) =>
    elementCount(shape) * bytesPerStoredElement(storedType);
  return names.reduce((sum, name) => sum + size(checkpoint.get(name)!), 0);
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new FoleyError('cancelled', 'the conversion was cancelled');
}
