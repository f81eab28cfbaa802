/** @file A reader for ZIP archives whose entries are stored, not compressed, as torch writes them. Nothing is unpacked. */
import { FoleyError } from '../errors/foley-error.js';
import { assertInside, type ByteSource } from './byte-source.js';

// PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.3 (ZIP64).

export interface ZipEntry {
  readonly name: string;
  /** Of the content, from the beginning of the file. */
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly crc32: number;
}

const mostEntries = 200_000;
const longestDirectoryBytes = 64 * 2 ** 20;
const endBytes = 22;
const longestCommentBytes = 65_535;
const localHeaderBytes = 30;
const directoryHeaderBytes = 46;

/**
 * Lists the entries of an archive.
 *
 * @throws FoleyError 'weights-invalid' for damage, compression, encryption, duplicates and overlapping entries.
 */
export async function readZipDirectory(source: ByteSource): Promise<ReadonlyMap<string, ZipEntry>> {
  const { entryCount, directoryOffset, directoryBytes } = await findDirectory(source);
  if (entryCount > mostEntries || directoryBytes > longestDirectoryBytes) {
    throw invalid(
      source,
      `lists ${entryCount} entries in ${directoryBytes} bytes, more than a checkpoint has`,
    );
  }
  const directory = await source.read(directoryOffset, directoryBytes);
  const view = viewOf(directory);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  let contentEnd = 0;
  for (let index = 0; index < entryCount; index++) {
    if (at + directoryHeaderBytes > directoryBytes || view.getUint32(at, true) !== 0x02014b50) {
      throw invalid(source, `has a damaged directory at entry ${index}`);
    }
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) =>
      view.getUint16(at + field, true),
    );
    const nameAt = at + directoryHeaderBytes;
    const extraAt = nameAt + nameBytes!;
    const next = extraAt + extraBytes! + commentBytes!;
    if (next > directoryBytes) throw invalid(source, `has a damaged directory at entry ${index}`);
    const name = decodeName(source, directory.subarray(nameAt, extraAt));
    if (entries.has(name)) throw invalid(source, `holds ${JSON.stringify(name)} twice`);
    if ((view.getUint16(at + 8, true) & 1) !== 0)
      throw invalid(source, `holds ${JSON.stringify(name)} encrypted`);
    if (view.getUint16(at + 10, true) !== 0)
      throw invalid(source, `holds ${JSON.stringify(name)} compressed`);
    const sizes = readSizes(source, view, at, extraAt, extraAt + extraBytes!);
    if (sizes.stored !== sizes.original) throw invalid(source, `gives ${JSON.stringify(name)} two sizes`);

    const local = viewOf(await source.read(sizes.localOffset, localHeaderBytes));
    if (local.getUint32(0, true) !== 0x04034b50 || local.getUint16(26, true) !== nameBytes) {
      throw invalid(source, `has a damaged header of ${JSON.stringify(name)}`);
    }
    const byteOffset = sizes.localOffset + localHeaderBytes + nameBytes! + local.getUint16(28, true);
    // torch writes entries in the order of the directory: anything else could make two entries share bytes
    if (sizes.localOffset < contentEnd)
      throw invalid(source, `holds ${JSON.stringify(name)} over another entry`);
    contentEnd = byteOffset + sizes.original;
    if (contentEnd > directoryOffset) throw invalid(source, `is too short for ${JSON.stringify(name)}`);
    const crc32 = view.getUint32(at + 16, true);
    entries.set(name, { name, byteOffset, byteLength: sizes.original, crc32 });
    at = next;
  }
  if (at !== directoryBytes) throw invalid(source, 'has a directory longer than its entries');
  return entries;
}

/** Reads a whole entry and checks its sum. */
export async function readZipEntry(source: ByteSource, entry: ZipEntry): Promise<Uint8Array> {
  const bytes = await source.read(entry.byteOffset, entry.byteLength);
  if (crc32(bytes) !== entry.crc32)
    throw invalid(source, `has damaged bytes in ${JSON.stringify(entry.name)}`);
  return bytes;
}

/** Reads a whole entry in pieces; its sum is checked when the last one was taken. */
export async function* streamZipEntry(
  source: ByteSource,
  entry: ZipEntry,
  pieceBytes: number,
): AsyncGenerator<Uint8Array> {
  let sum = 0;
  for (let at = 0; at < entry.byteLength; at += pieceBytes) {
    const piece = await source.read(entry.byteOffset + at, Math.min(pieceBytes, entry.byteLength - at));
    sum = crc32(piece, sum);
    yield piece;
  }
  if (sum !== entry.crc32) throw invalid(source, `has damaged bytes in ${JSON.stringify(entry.name)}`);
}

interface DirectoryPlace {
  readonly entryCount: number;
  readonly directoryOffset: number;
  readonly directoryBytes: number;
}

async function findDirectory(source: ByteSource): Promise<DirectoryPlace> {
  const tailBytes = Math.min(source.byteLength, endBytes + longestCommentBytes);
  const tailOffset = source.byteLength - tailBytes;
  const tail = viewOf(await source.read(tailOffset, tailBytes));
  for (let at = tailBytes - endBytes; at >= 0; at--) {
    if (
      tail.getUint32(at, true) !== 0x06054b50 ||
      tail.getUint16(at + 20, true) !== tailBytes - at - endBytes
    )
      continue;
    let entryCount = tail.getUint16(at + 10, true);
    let directoryBytes = tail.getUint32(at + 12, true);
    let directoryOffset = tail.getUint32(at + 16, true);
    if (entryCount === 0xffff || directoryBytes === 0xffffffff || directoryOffset === 0xffffffff) {
      const locator = viewOf(await source.read(tailOffset + at - 20, 20));
      if (locator.getUint32(0, true) !== 0x07064b50) throw invalid(source, 'has no ZIP64 locator');
      const end = viewOf(await source.read(readBig(source, locator, 8), 56));
      if (end.getUint32(0, true) !== 0x06064b50) throw invalid(source, 'has a damaged ZIP64 directory');
      entryCount = readBig(source, end, 32);
      directoryBytes = readBig(source, end, 40);
      directoryOffset = readBig(source, end, 48);
    }
    assertInside(source, directoryOffset, directoryBytes);
    return { entryCount, directoryOffset, directoryBytes };
  }
  throw invalid(source, 'has no directory: it is cut off');
}

function readSizes(source: ByteSource, view: DataView, at: number, extraAt: number, extraEnd: number) {
  let stored = view.getUint32(at + 20, true);
  let original = view.getUint32(at + 24, true);
  let localOffset = view.getUint32(at + 42, true);
  for (let field = extraAt; field + 4 <= extraEnd; ) {
    const bytes = view.getUint16(field + 2, true);
    const end = field + 4 + bytes;
    if (end > extraEnd) throw invalid(source, 'has a damaged extra field');
    if (view.getUint16(field, true) === 1) {
      let value = field + 4;
      const take = (): number => {
        if (value + 8 > end) throw invalid(source, 'has a damaged ZIP64 field');
        value += 8;
        return readBig(source, view, value - 8);
      };
      if (original === 0xffffffff) original = take();
      if (stored === 0xffffffff) stored = take();
      if (localOffset === 0xffffffff) localOffset = take();
    }
    field = end;
  }
  return { stored, original, localOffset };
}

function readBig(source: ByteSource, view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid(source, `has an impossible size of ${value}`);
  return Number(value);
}

function decodeName(source: ByteSource, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw invalid(source, 'holds an entry whose name is no UTF-8', error);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function invalid(source: ByteSource, fault: string, cause?: unknown): FoleyError {
  return new FoleyError('weights-invalid', `${source.name} ${fault}`, {
    hint: 'The file is damaged or is not a PyTorch checkpoint: fetch it again.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** CRC-32 (IEEE 802.3) of the bytes. @param before the sum of what came before them */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  for (let i = 0; i < bytes.length; i++) crc = crcTable[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});
