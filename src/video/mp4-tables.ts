/** @file Checks the counts in an MP4's sample tables, so that no damaged or hostile number becomes a loop. */
import type { ReadBytes } from './ebml.js';

/** Boxes that hold the tables, and boxes on the way to them (ISO/IEC 14496-12). */
const containers = new Set(['moov', 'trak', 'edts', 'mdia', 'minf', 'stbl', 'moof', 'traf']);
/** Bytes of a table's head after version and flags (the entry count included), and of each entry. */
const tables: Readonly<Record<string, { readonly headBytes: number; readonly entryBytes: number }>> = {
  stts: { headBytes: 4, entryBytes: 8 },
  ctts: { headBytes: 4, entryBytes: 8 },
  stsc: { headBytes: 4, entryBytes: 12 },
  stco: { headBytes: 4, entryBytes: 4 },
  co64: { headBytes: 4, entryBytes: 8 },
  stss: { headBytes: 4, entryBytes: 4 },
  elst: { headBytes: 4, entryBytes: 12 },
};
/** trun flags that add four bytes to each sample: duration, size, flags, composition offset. */
const perSampleFlags = [0x100, 0x200, 0x400, 0x800];

interface SampleTables {
  /** Samples by `stsz`, when it lists each; null for one size for all, as PCM has. */
  listed: number | null;
  timed: number;
  offset: number;
  largestChunk: number;
  hasOffsets: boolean;
}

/**
 * mediabunny 1.61 believes these numbers, and loops over billions of samples for a single changed byte.
 *
 * @param maxSamples what one track may have where nothing in the file bounds it.
 * @returns null when the numbers fit each other, else what is wrong, as the end of a sentence.
 */
export async function findImpossibleTable(
  read: ReadBytes,
  byteLength: number,
  maxSamples: number,
): Promise<string | null> {
  return walk(read, 0, byteLength, maxSamples, null);
}

async function walk(
  read: ReadBytes,
  start: number,
  end: number,
  maxSamples: number,
  sampleTables: SampleTables | null,
): Promise<string | null> {
  for (let offset = start; offset + 8 <= end; ) {
    const head = await read(offset, 16);
    const type = String.fromCharCode(...head.subarray(4, 8));
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    const size32 = view.getUint32(0);
    const headBytes = size32 === 1 ? 16 : 8;
    const size =
      size32 === 0
        ? end - offset
        : size32 === 1 && head.length === 16
          ? Number(view.getBigUint64(8))
          : size32;
    if (size < headBytes || offset + size > end) break; // checked for the outermost boxes, junk further inside
    const dataStart = offset + headBytes;
    let fault: string | null = null;
    if (containers.has(type)) {
      const own = type === 'stbl' ? emptyTables() : sampleTables;
      fault = await walk(read, dataStart, offset + size, maxSamples, own);
      if (type === 'stbl' && own !== null) fault ??= disagreement(own, maxSamples);
    } else if (type in tables || type === 'stsz' || type === 'trun') {
      const bytes = await read(dataStart, size - headBytes);
      fault = checkTable(
        type,
        new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        maxSamples,
        sampleTables,
      );
    }
    if (fault !== null) return fault;
    offset += size;
  }
  return null;
}

function emptyTables(): SampleTables {
  return { listed: null, timed: 0, offset: 0, largestChunk: 0, hasOffsets: false };
}

function checkTable(
  type: string,
  table: DataView,
  maxSamples: number,
  found: SampleTables | null,
): string | null {
  const tooShort = `is damaged: its table ${type} is longer than the box around it`;
  if (table.byteLength < 8) return tooShort;
  if (type === 'trun') {
    const flags = table.getUint32(0) & 0xffffff;
    const count = table.getUint32(4);
    const bytesPerSample = 4 * perSampleFlags.filter((flag) => (flags & flag) !== 0).length;
    return count > maxSamples || 8 + count * bytesPerSample > table.byteLength ? tooShort : null;
  }
  if (type === 'stsz') {
    if (table.byteLength < 12) return tooShort;
    const isListed = table.getUint32(4) === 0;
    const count = table.getUint32(8);
    if (isListed && 12 + count * 4 > table.byteLength) return tooShort;
    if (found !== null) found.listed = isListed ? count : null;
    return null;
  }
  const layout = tables[type];
  if (layout === undefined) return null;
  const count = table.getUint32(4);
  const entriesAt = 4 + layout.headBytes;
  if (entriesAt + count * layout.entryBytes > table.byteLength) return tooShort;
  if (found === null) return null;
  for (let index = 0; index < count; index++) {
    const at = entriesAt + index * layout.entryBytes;
    if (type === 'stts') found.timed += table.getUint32(at);
    else if (type === 'ctts') found.offset += table.getUint32(at);
    else if (type === 'stsc') found.largestChunk = Math.max(found.largestChunk, table.getUint32(at + 4));
    else break;
  }
  found.hasOffsets ||= type === 'ctts' && count > 0;
  return null;
}

/** A few files in the wild count one sample too many in a table; nobody counts twice as many. */
function disagreement(found: SampleTables, maxSamples: number): string | null {
  const allowed =
    found.listed === null
      ? found.hasOffsets
        ? maxSamples
        : Number.POSITIVE_INFINITY
      : found.listed * 2 + 16;
  const counts = {
    stts: found.timed,
    ctts: found.offset,
    stsc: found.listed === null ? 0 : found.largestChunk,
  };
  for (const [name, count] of Object.entries(counts)) {
    if (count > allowed)
      return `is damaged: its table ${name} counts ${count} samples where there are ${found.listed ?? allowed}`;
  }
  return null;
}
