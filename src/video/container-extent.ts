/** @file Finds out whether a file ends before its container says it should (a download or copy that broke off). */
import { type ReadBytes, readElement } from './ebml.js';
import type { MediaContainer } from './media-facts.js';

/** A fragmented hour has some thousand boxes; beyond this the walk has learnt enough. */
const MAX_BOXES = 100_000;

/**
 * @returns null when the file is whole as far as its outermost structure tells, else what is wrong with it, as
 * the end of a sentence that starts with the file's name.
 */
export async function findTruncation(
  read: ReadBytes,
  byteLength: number,
  container: MediaContainer,
): Promise<string | null> {
  return container === 'mp4' || container === 'mov'
    ? findMissingBoxes(read, byteLength)
    : findMissingSegment(read, byteLength);
}

async function findMissingBoxes(read: ReadBytes, byteLength: number): Promise<string | null> {
  let hasIndex = false;
  let offset = 0;
  for (let count = 0; count < MAX_BOXES && offset + 8 <= byteLength; count++) {
    const head = await read(offset, 16);
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    const type = String.fromCharCode(...head.subarray(4, 8));
    if (!/^[ -~\u00a9]{4}$/.test(type)) break; // padding or junk after the last box: players ignore it too
    hasIndex ||= type === 'moov';
    const size32 = view.getUint32(0);
    if (size32 === 0) break; // reaches to the end of the file, by definition
    const size = size32 === 1 && head.byteLength === 16 ? Number(view.getBigUint64(8)) : size32;
    if (size < 8) break;
    if (offset + size > byteLength) return missing(offset + size - byteLength);
    offset += size;
  }
  return hasIndex ? null : 'is incomplete: its index (moov) is missing';
}

async function findMissingSegment(read: ReadBytes, byteLength: number): Promise<string | null> {
  const header = await readElement(read, 0);
  if (header === null) return 'is damaged: its first element cannot be read';
  const segment = await readElement(read, header.dataOffset + (header.size ?? 0));
  if (segment === null) return 'is incomplete: nothing follows its header';
  if (segment.id !== 0x18538067 || segment.size === null) return null; // live recordings do not know their size
  const excess = segment.dataOffset + segment.size - byteLength;
  return excess > 0 ? missing(excess) : null;
}

function missing(bytes: number): string {
  return `is incomplete: its last ${bytes} bytes are missing`;
}
