/** @file Bytes that are read by range: a file, a blob, or an array in memory. */
import { FoleyError } from '../errors/foley-error.js';

export interface ByteSource {
  /** Names the bytes in errors. */
  readonly name: string;
  readonly byteLength: number;
  /** Exactly `length` bytes from `offset`, in an array of their own. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Bytes in memory as a source. */
export function bytesInMemory(bytes: Uint8Array, name: string): ByteSource {
  return {
    name,
    byteLength: bytes.byteLength,
    read: async (offset, length) => {
      assertInside({ name, byteLength: bytes.byteLength }, offset, length);
      return bytes.slice(offset, offset + length);
    },
  };
}

/** @throws FoleyError 'weights-invalid' when a range is not inside the source. */
export function assertInside(
  source: Pick<ByteSource, 'name' | 'byteLength'>,
  offset: number,
  length: number,
): void {
  const isInside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!isInside || offset + length > source.byteLength) {
    throw new FoleyError('weights-invalid', `${source.name} ends before byte ${offset + length}`, {
      hint: 'The file is cut off or damaged: fetch it again.',
    });
  }
}
