/** @file The safetensors header, read with every check of the reference implementation, and written. */
import { FoleyError, messageOf } from '../errors/foley-error.js';
import type { DType } from '../graph/tensor.js';
import { parseStrictJson, type StrictJson } from './strict-json.js';

// Format and checks: huggingface/safetensors, README "Format" and safetensors/src/tensor.rs.

/** Bytes per element of every type a file may hold. Sub-byte types (F4, F6) are refused as unknown. */
const elementBytes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  F8_E8M0: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  C64: 8,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

export type StoredType = keyof typeof elementBytes;

export function bytesPerStoredElement(storedType: StoredType): number {
  return elementBytes[storedType];
}

/** The stored spelling of each tensor type. */
export const storedTypeOf: Readonly<Record<DType, StoredType>> = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int32: 'I32',
  int64: 'I64',
  uint8: 'U8',
  bool: 'BOOL',
};

/** Where one tensor lies in its file. */
export interface StoredTensor {
  readonly name: string;
  readonly storedType: StoredType;
  readonly shape: readonly number[];
  /** From the beginning of the file. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

export interface SafetensorsHeader {
  /** In the order of their bytes in the file. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** The length prefix and the longest header that is read, as in the reference implementation. */
export const lengthPrefixBytes = 8;
export const longestHeaderBytes = 100_000_000;

/**
 * Reads the length prefix.
 *
 * @param prefix the first 8 bytes of the file (fewer if the file is shorter).
 * @param source names the file in errors.
 * @returns the number of header bytes that follow.
 * @throws FoleyError 'weights-invalid'
 */
export function readHeaderLength(prefix: Uint8Array, fileBytes: number, source: string): number {
  if (fileBytes < lengthPrefixBytes || prefix.byteLength < lengthPrefixBytes) {
    throw invalid(source, `has ${fileBytes} bytes, too few for a header`);
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length > BigInt(longestHeaderBytes)) throw invalid(source, `declares a header of ${length} bytes`);
  const headerBytes = Number(length);
  if (headerBytes > fileBytes - lengthPrefixBytes) {
    throw invalid(source, `declares a header of ${headerBytes} bytes but has only ${fileBytes} bytes`);
  }
  return headerBytes;
}

/**
 * Reads the JSON header that follows the length prefix.
 *
 * @param header exactly the header's bytes.
 * @param fileBytes length of the whole file: the last tensor must end there.
 * @throws FoleyError 'weights-invalid' for anything but a complete, gapless, consistent description of the file.
 */
export function parseSafetensorsHeader(
  header: Uint8Array,
  fileBytes: number,
  source: string,
): SafetensorsHeader {
  if (header[0] !== 0x7b) throw invalid(source, 'has a header that does not start with {');
  let root: StrictJson;
  try {
    root = parseStrictJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header));
  } catch (error) {
    throw invalid(source, `has an unreadable header: ${messageOf(error)}`, error);
  }
  if (!isObject(root)) throw invalid(source, 'has a header that is not an object');

  const dataOffset = lengthPrefixBytes + header.byteLength;
  const tensors: StoredTensor[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of root) {
    if (name === '__metadata__') metadata = readMetadata(value, source);
    else tensors.push(readTensorInfo(name, value, dataOffset, source));
  }

  tensors.sort((a, b) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength);
  let expectedOffset = dataOffset;
  for (const { name, byteOffset, byteLength } of tensors) {
    if (byteOffset !== expectedOffset) {
      const fault = byteOffset > expectedOffset ? 'leaves a hole before' : 'overlaps';
      throw invalid(source, `${fault} tensor ${quote(name)}`);
    }
    expectedOffset += byteLength;
  }
  if (expectedOffset !== fileBytes) {
    throw invalid(source, `has ${fileBytes} bytes where its header describes ${expectedOffset}`);
  }
  return { tensors: new Map(tensors.map((stored) => [stored.name, stored])), metadata };
}

/** Reads the header of a file that is wholly in memory. */
export function parseSafetensors(bytes: Uint8Array, source: string): SafetensorsHeader {
  const headerBytes = readHeaderLength(bytes.subarray(0, lengthPrefixBytes), bytes.byteLength, source);
  const header = bytes.subarray(lengthPrefixBytes, lengthPrefixBytes + headerBytes);
  return parseSafetensorsHeader(header, bytes.byteLength, source);
}

/** What a tensor will need in a file that is about to be written. */
export interface PlannedTensor {
  readonly name: string;
  readonly storedType: StoredType;
  readonly shape: readonly number[];
}

/**
 * Lays out a new file: tensors by falling element size, then by name, so that each is aligned to its element.
 *
 * @returns the length prefix and header (padded with spaces to 8 bytes), and the tensors in the order of their bytes.
 */
export function planSafetensors<T extends PlannedTensor>(
  planned: Iterable<T>,
  metadata: Readonly<Record<string, string>> = {},
): { readonly head: Uint8Array; readonly ordered: readonly T[] } {
  const ordered = [...planned].sort(
    (a, b) => elementBytes[b.storedType] - elementBytes[a.storedType] || (a.name < b.name ? -1 : 1),
  );
  const members: string[] = [];
  const names = Object.keys(metadata).sort();
  if (names.length > 0) {
    members.push(
      `"__metadata__":${JSON.stringify(Object.fromEntries(names.map((key) => [key, metadata[key]])))}`,
    );
  }
  const seen = new Set<string>();
  let begin = 0;
  for (const { name, storedType, shape } of ordered) {
    if (seen.has(name) || name === '__metadata__' || name === '__proto__') {
      throw new FoleyError('weights-invalid', `a tensor cannot be written under the name ${quote(name)}`);
    }
    seen.add(name);
    const end = begin + byteLengthOf(storedType, shape, 'the new file', name);
    members.push(
      `${JSON.stringify(name)}:{"dtype":"${storedType}","shape":[${shape}],"data_offsets":[${begin},${end}]}`,
    );
    begin = end;
  }
  const text = new TextEncoder().encode(`{${members.join(',')}}`);
  const paddedBytes = Math.ceil(text.byteLength / 8) * 8;
  const head = new Uint8Array(lengthPrefixBytes + paddedBytes).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(paddedBytes), true);
  head.set(text, lengthPrefixBytes);
  return { head, ordered };
}

function readMetadata(value: StrictJson, source: string): ReadonlyMap<string, string> {
  if (!isObject(value)) throw invalid(source, 'has __metadata__ that is not an object');
  const metadata = new Map<string, string>();
  for (const [key, text] of value) {
    if (typeof text !== 'string')
      throw invalid(source, `has a __metadata__ value that is no text: ${quote(key)}`);
    metadata.set(key, text);
  }
  return metadata;
}

function readTensorInfo(name: string, value: StrictJson, dataOffset: number, source: string): StoredTensor {
  const fail = (fault: string) => invalid(source, `${fault} for tensor ${quote(name)}`);
  if (!isObject(value)) throw fail('has no description');
  const storedType = value.get('dtype');
  if (typeof storedType !== 'string' || !Object.hasOwn(elementBytes, storedType)) {
    throw fail(`has the unknown type ${quote(String(storedType))}`);
  }
  const shape = value.get('shape');
  if (!isCounts(shape)) throw fail('has a bad shape');
  const offsets = value.get('data_offsets');
  if (!isCounts(offsets) || offsets.length !== 2) throw fail('has bad offsets');
  const [begin = 0, end = 0] = offsets;
  const byteLength = byteLengthOf(storedType as StoredType, shape, source, name);
  if (end - begin !== byteLength) {
    throw fail(`has ${end - begin} bytes where shape [${shape}] of ${storedType} needs ${byteLength}`);
  }
  return { name, storedType: storedType as StoredType, shape, byteOffset: dataOffset + begin, byteLength };
}

function byteLengthOf(
  storedType: StoredType,
  shape: readonly number[],
  source: string,
  name: string,
): number {
  let bytes: number = elementBytes[storedType];
  for (const size of shape) {
    bytes *= size;
    if (!Number.isSafeInteger(bytes))
      throw invalid(source, `has a shape too large for tensor ${quote(name)}`);
  }
  return bytes;
}

function isObject(value: StrictJson | undefined): value is ReadonlyMap<string, StrictJson> {
  return value instanceof Map;
}

function isCounts(value: StrictJson | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** Names come from the file: shown short and escaped. */
function quote(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
}

function invalid(source: string, fault: string, cause?: unknown): FoleyError {
  return new FoleyError('weights-invalid', `${source} ${fault}`, {
    hint: 'The file is damaged or is not a safetensors file: fetch it again.',
    ...(cause === undefined ? {} : { cause }),
  });
}
