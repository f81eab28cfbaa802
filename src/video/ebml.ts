/** @file Reads EBML element headers, the bricks of Matroska and WebM (RFC 8794, sections 5 and 6). */

/** Reads `length` bytes at `offset`; fewer only at the end of the file. */
export type ReadBytes = (offset: number, length: number) => Promise<Uint8Array>;

export interface EbmlElement {
  /** With its marker bits, as the specification prints it. */
  readonly id: number;
  readonly offset: number;
  readonly dataOffset: number;
  /** null: not known, reaches to the end of its parent (live recordings). */
  readonly size: number | null;
}

/** The element whose header starts at `offset`, or null where there is none. */
export async function readElement(read: ReadBytes, offset: number): Promise<EbmlElement | null> {
  const bytes = await read(offset, 12);
  const idLength = Math.clz32(bytes[0] ?? 0) - 23;
  const sizeLength = Math.clz32(bytes[idLength] ?? 0) - 23;
  if (idLength > 4 || sizeLength > 8 || idLength + sizeLength > bytes.length) return null;
  let id = 0;
  for (const byte of bytes.subarray(0, idLength)) id = id * 256 + byte;
  let size = (bytes[idLength] ?? 0) & (0xff >> sizeLength);
  let isUnknown = size === 0xff >> sizeLength;
  for (const byte of bytes.subarray(idLength + 1, idLength + sizeLength)) {
    isUnknown &&= byte === 0xff;
    size = size * 256 + byte;
  }
  return { id, offset, dataOffset: offset + idLength + sizeLength, size: isUnknown ? null : size };
}

/** The elements between two offsets, until one cannot be read or does not know its size (which is still yielded). */
export async function* elementsBetween(
  read: ReadBytes,
  startOffset: number,
  endOffset: number,
): AsyncGenerator<EbmlElement> {
  for (let offset = startOffset; offset < endOffset; ) {
    const element = await readElement(read, offset);
    if (element === null) return;
    yield element;
    if (element.size === null) return;
    offset = element.dataOffset + element.size;
  }
}

/** An element's value as an unsigned integer of up to 8 bytes. */
export async function readUnsigned(read: ReadBytes, element: EbmlElement): Promise<number> {
  let value = 0;
  for (const byte of await read(element.dataOffset, Math.min(element.size ?? 0, 8)))
    value = value * 256 + byte;
  return value;
}
