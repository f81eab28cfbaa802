/** @file PyTorch checkpoints on disk. */
import { open, realpath } from 'node:fs/promises';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { assertInside, type ByteSource } from './byte-source.js';
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
