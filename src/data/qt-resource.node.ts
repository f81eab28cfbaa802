/** @file Reads Qt resource files (`.rcc`), in which some packages keep their pictures. */
import { inflateSync } from 'node:zlib';
import { FoleyError } from '../errors/foley-error.js';

/** One file of a resource tree. */
export interface QtResource {
  /** Path in the tree, with `/`, without a leading one. */
  readonly path: string;
  /** The content, unpacked. @throws FoleyError `input-rejected` for a compression that is not zlib */
  read(): Uint8Array;
}

const compressedFlag = 1;
const directoryFlag = 2;
const zstdFlag = 4;

/**
 * The files of a Qt resource. Layout (qtbase, src/corelib/io/qresource.cpp): "qres", version, then the offsets of tree,
 * data and names, all big-endian; a node is 14 bytes, 22 from version 2 on.
 * @throws FoleyError `input-rejected` for anything that is not one
 */
export function readQtResource(bytes: Uint8Array, name: string): QtResource[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return readTree(bytes, view, name);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new FoleyError('input-rejected', `${name}: this Qt resource file is cut short or damaged`, {
      cause,
    });
  }
}

function readTree(bytes: Uint8Array, view: DataView, name: string): QtResource[] {
  if (view.byteLength < 20 || view.getUint32(0) !== 0x71726573) {
    throw new FoleyError('input-rejected', `${name}: not a Qt resource file`);
  }
  const version = view.getUint32(4);
  const [tree, data, names] = [view.getUint32(8), view.getUint32(12), view.getUint32(16)];
  const nodeBytes = version >= 2 ? 22 : 14;
  const files: QtResource[] = [];
  const visited = new Set<number>();

  const visit = (index: number, folder: string): void => {
    if (visited.has(index)) throw new RangeError('the tree loops');
    visited.add(index);
    const node = tree + index * nodeBytes;
    const flags = view.getUint16(node + 4);
    const path = index === 0 ? '' : folder + nameAt(view, names + view.getUint32(node));
    if ((flags & directoryFlag) !== 0) {
      const count = view.getUint32(node + 6);
      const first = view.getUint32(node + 10);
      for (let child = first; child < first + count; child++) visit(child, path === '' ? '' : `${path}/`);
      return;
    }
    const offset = data + view.getUint32(node + 10);
    files.push({ path, read: () => unpack(bytes, view, offset, flags, `${name}:${path}`) });
  };
  visit(0, '');
  return files;
}

/** uint16 length, uint32 hash, UTF-16BE characters. */
function nameAt(view: DataView, offset: number): string {
  const length = view.getUint16(offset);
  let text = '';
  for (let index = 0; index < length; index++)
    text += String.fromCharCode(view.getUint16(offset + 6 + 2 * index));
  return text;
}

/** uint32 length, then the bytes; zlib data begins with the unpacked length, as qCompress writes it. */
function unpack(bytes: Uint8Array, view: DataView, offset: number, flags: number, name: string): Uint8Array {
  const content = bytes.subarray(offset + 4, offset + 4 + view.getUint32(offset));
  if ((flags & zstdFlag) !== 0) throw new FoleyError('input-rejected', `${name}: Zstandard is not supported`);
  return (flags & compressedFlag) === 0 ? content : inflateSync(content.subarray(4));
}
