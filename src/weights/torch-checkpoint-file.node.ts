/** @file PyTorch checkpoints on disk, and their conversion to safetensors. */
import { open, realpath } from 'node:fs/promises';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { assertInside, type ByteSource } from './byte-source.js';
import { writeSafetensorsStream } from './safetensors-file.node.js';
import { readTorchCheckpoint, type TorchCheckpoint } from './torch-checkpoint.js';

/** Opens a checkpoint for `use` and closes it afterwards. */
export async function withTorchCheckpoint<T>(
  path: string,
  use: (checkpoint: TorchCheckpoint) => Promise<T>,
): Promise<T> {
  const resolvedPath = await realpath(path).catch((error: unknown) => {
    throw new FoleyError('model-missing', `there is no weights file ${path}`, { cause: error });
  });
  const file = await open(resolvedPath, 'r').catch((error: unknown) => {
    throw new FoleyError('weights-invalid', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new FoleyError('weights-invalid', `${path} is not a file`);
    const source: ByteSource = {
      name: path,
      byteLength: stat.size,
      read: async (offset, length) => {
        assertInside(source, offset, length);
        const bytes = new Uint8Array(length);
        for (let filled = 0; filled < length; ) {
          const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
          if (bytesRead === 0)
            throw new FoleyError('weights-invalid', `${path} was cut off while it was read`);
          filled += bytesRead;
        }
        return bytes;
      },
    };
    return await use(await readTorchCheckpoint(source));
  } finally {
    await file.close();
  }
}

export interface ConversionOptions {
  /** Which tensors are written. Default all but an optimiser's. */
  readonly keep?: (name: string) => boolean;
  /** What a tensor is called in the new file. Default as in the old one. */
  readonly rename?: (name: string) => string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface Conversion {
  readonly written: readonly string[];
  readonly skipped: readonly string[];
}

/**
 * Writes the tensors of a checkpoint as safetensors, one at a time, so that memory holds only one storage.
 *
 * @throws FoleyError 'weights-invalid' for a checkpoint that cannot be read, 'output-failed' for the disk.
 */
export async function convertCheckpoint(
  path: string,
  outPath: string,
  { keep = isNoOptimiserState, rename = (name) => name, metadata = {} }: ConversionOptions = {},
): Promise<Conversion> {
  return withTorchCheckpoint(path, async (checkpoint) => {
    const names = [...checkpoint.keys()];
    const written = names.filter(keep);
    if (written.length === 0) throw new FoleyError('weights-invalid', `${path} holds no tensors to convert`);
    const tensors = written.map((name) => ({ ...checkpoint.get(name)!, name: rename(name) }));
    await writeSafetensorsStream(outPath, tensors, { format: 'pt', ...metadata });
    return { written, skipped: names.filter((name) => !keep(name)) };
  });
}

/** Optimisers keep two moments of each weight beside it, twice the size of the model. */
function isNoOptimiserState(name: string): boolean {
  return !/^(?:optim|optimizers?|optimizer_states?|optim_[a-z]+|lr_schedulers?)\./.test(name);
}
