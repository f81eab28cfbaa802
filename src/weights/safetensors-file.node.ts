/** @file A safetensors file on disk: opened by its header, read tensor by tensor, written in one step. */
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { mostBytesAtOnce, writeFileAtomic } from '../files/atomic-file.node.js';
import { float32ToFloat16 } from '../graph/half-precision.js';
import type { FloatTensor, Tensor } from '../graph/tensor.js';
import {
  lengthPrefixBytes,
  parseSafetensorsHeader,
  planSafetensors,
  readHeaderLength,
  type SafetensorsHeader,
  type StoredTensor,
  type StoredType,
  storedTypeOf,
} from './safetensors.js';
import { tensorFromBytes, toFloat32 } from './stored-tensor.js';
import type { WeightsFile } from './weights-file.js';

/** A file whose header has been read and checked. It holds no open handle: nothing needs to be closed. */
export interface SafetensorsFile extends WeightsFile {
  readonly metadata: ReadonlyMap<string, string>;
  /** Reads one tensor in its stored type. */
  read(name: string): Promise<Tensor>;
  /** Reads one tensor as float32, whatever floating type it is stored in. */
  readFloat32(name: string): Promise<FloatTensor>;
}

/**
 * Opens a safetensors file. Symbolic links are resolved, because ONNX Runtime refuses links that leave a folder.
 *
 * @throws FoleyError 'model-missing' if there is no such file, 'weights-invalid' if it is damaged.
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const resolvedPath = await realpath(path).catch((error: unknown) => {
    throw new FoleyError('model-missing', `there is no weights file ${path}`, { cause: error });
  });
  const opened = await withFile(resolvedPath, async (file) => {
    const { size, mtimeMs } = await file.stat();
    const prefix = await readSpan(file, 0, Math.min(size, lengthPrefixBytes), path);
    const headerBytes = readHeaderLength(prefix, size, path);
    const header = await readSpan(file, lengthPrefixBytes, headerBytes, path);
    return { header: parseSafetensorsHeader(header, size, path), size, mtimeMs };
  });

  const read = async (name: string): Promise<Tensor> => {
    const stored = find(opened.header, name, path);
    return withFile(resolvedPath, async (file) => {
      const now = await file.stat();
      if (now.size !== opened.size || now.mtimeMs !== opened.mtimeMs) {
        throw new FoleyError('weights-invalid', `${path} was replaced while it was in use`);
      }
      return tensorFromBytes(stored, await readSpan(file, stored.byteOffset, stored.byteLength, path), path);
    });
  };
  return {
    id: resolvedPath,
    tensors: opened.header.tensors,
    metadata: opened.header.metadata,
    read,
    readFloat32: async (name) => toFloat32(await read(name)),
  };
}

/** One tensor of a file to be written, its bytes made when their turn comes, so that a file may exceed memory. */
export interface TensorToWrite {
  readonly name: string;
  readonly storedType: StoredType;
  readonly shape: readonly number[];
  /** Little-endian, row-major; whole, or in pieces. */
  bytes(): Uint8Array | AsyncIterable<Uint8Array>;
}

export interface WriteSafetensorsOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Which float32 tensors are stored as float16 (rounded to nearest). Default none. */
  readonly asFloat16?: boolean | ((name: string) => boolean);
}

/** Writes tensors by name to one file; readers see the old file or the complete new one. */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [name: string, tensor: Tensor]>,
  { metadata, asFloat16 = false }: WriteSafetensorsOptions = {},
): Promise<void> {
  const planned = [...tensors].map(([name, tensor]): TensorToWrite => {
    const halve =
      tensor.dtype === 'float32' && (typeof asFloat16 === 'boolean' ? asFloat16 : asFloat16(name));
    return {
      name,
      storedType: halve ? 'F16' : storedTypeOf[tensor.dtype],
      shape: tensor.shape,
      bytes: () => bytesOf(halve ? float32ToFloat16(tensor.data as Float32Array) : tensor.data),
    };
  });
  await writeSafetensorsStream(path, planned, metadata);
}

/** Writes tensors whose bytes are made one after the other. */
export async function writeSafetensorsStream(
  path: string,
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { head, ordered } = planSafetensors(tensors, metadata);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield head;
    for (const tensor of ordered) {
      const bytes = tensor.bytes();
      if (bytes instanceof Uint8Array) yield bytes;
      else yield* bytes;
    }
  }
  await writeFileAtomic(path, chunks());
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function find(header: SafetensorsHeader, name: string, path: string): StoredTensor {
  const stored = header.tensors.get(name);
  if (stored === undefined)
    throw new FoleyError('weights-invalid', `${path} has no tensor ${JSON.stringify(name)}`);
  return stored;
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    return await use(file);
  } catch (error) {
    if (error instanceof FoleyError) throw error;
    throw new FoleyError('weights-invalid', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  } finally {
    await file?.close();
  }
}

async function readSpan(file: FileHandle, offset: number, length: number, path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await file.read(
      bytes,
      filled,
      Math.min(length - filled, mostBytesAtOnce),
      offset + filled,
    );
    if (bytesRead === 0)
      throw new FoleyError('weights-invalid', `${path} ends after ${offset + filled} bytes`);
    filled += bytesRead;
  }
  return bytes;
}
