/** @file Opens the library of source recordings: decodes them once, and keeps them in one file of 16-bit samples. */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../files/atomic-file.node.js';
import type { LicenceTier, ManifestRow } from './manifest.js';
import { filterManifest } from './manifest.js';
import { readManifest } from './manifest.node.js';
import { librarySampleRateHz, librarySound, type SoundLibrary, type SoundMeasures } from './sound-library.js';

export interface OpenSoundLibraryOptions {
  /** Folder with manifest.tsv and the sounds it names. */
  readonly audioFolder: string;
  /** Where the decoded samples are kept (about 200 MB for 103 minutes). */
  readonly cacheFolder: string;
  /** A and B unless told. */
  readonly tiers?: readonly LicenceTier[];
  /** Called after each decoded recording; never when the kept file is used. */
  readonly onProgress?: (done: number, total: number) => void;
}

const cacheHeader = z.strictObject({
  format: z.literal('smooth-foley.sounds/1'),
  key: z.string(),
  entries: z.array(
    z.strictObject({
      file: z.string(),
      sampleCount: z.number().int().min(0),
      scale: z.number(),
      activeRms: z.number(),
      events: z.array(z.strictObject({ startSeconds: z.number(), endSeconds: z.number() })),
    }),
  ),
});
type CacheHeader = z.infer<typeof cacheHeader>;

/**
 * All recordings of the given tiers, decoded to 16 kHz mono. The first call decodes (minutes); later ones read one
 * file. The kept file is named after a hash of the manifest's rows, so a changed manifest decodes afresh.
 * @throws FoleyError as `readManifest` and `decodeSounds`, and `output-failed` when the cache cannot be written
 */
export async function openSoundLibrary(options: OpenSoundLibraryOptions): Promise<SoundLibrary> {
  const rows = filterManifest(await readManifest(options.audioFolder), {
    ...(options.tiers === undefined ? {} : { tiers: options.tiers }),
  });
  const key = createHash('sha256')
    .update(JSON.stringify([librarySampleRateHz, rows.map((row) => [row.file, row.durationSeconds])]))
    .digest('hex')
    .slice(0, 16);
  const path = join(options.cacheFolder, `sounds-${key}.bin`);
  const kept = await readCache(path, key);
  if (kept !== null) return libraryOf(rows, kept.header, kept.samples);
  // Loaded here, so that a kept library opens without any codec.
  const { decodeSounds } = await import('./decode-sounds.node.js');
  const decoded = await decodeSounds(rows, options.audioFolder, options.onProgress);
  const samples = decoded.map((sound) => sound.samples);
  const entries = decoded.map(({ samples: { length: sampleCount }, ...measures }, index) => ({
    file: rows[index]!.file,
    sampleCount,
    scale: measures.scale,
    activeRms: measures.activeRms,
    events: measures.events.map((event) => ({ ...event })),
  }));
  const header: CacheHeader = { format: 'smooth-foley.sounds/1', key, entries };
  await mkdir(options.cacheFolder, { recursive: true });
  await writeFileAtomic(path, cacheBytes(header, samples));
  return libraryOf(rows, header, samples);
}

function libraryOf(
  rows: readonly ManifestRow[],
  header: CacheHeader,
  samples: readonly Int16Array[],
): SoundLibrary {
  return {
    sounds: rows.map((row, index) => {
      const { scale, activeRms, events }: SoundMeasures = header.entries[index]!;
      return librarySound(row, samples[index]!, { scale, activeRms, events });
    }),
  };
}

/** Layout: uint32 little-endian length of the JSON header, header, padding to an even offset, 16-bit samples in file order. */
function cacheBytes(header: CacheHeader, samples: readonly Int16Array[]): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const start = (4 + json.length + 1) & ~1;
  const total = samples.reduce((sum, part) => sum + part.byteLength, start);
  const bytes = Buffer.alloc(total);
  bytes.writeUInt32LE(json.length, 0);
  json.copy(bytes, 4);
  let offset = start;
  for (const part of samples) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), offset);
    offset += part.byteLength;
  }
  return bytes;
}

/** The kept samples, or null where there are none of this key, or the file is not whole: it is then made again. */
async function readCache(
  path: string,
  key: string,
): Promise<{ header: CacheHeader; samples: Int16Array[] } | null> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch {
    return null;
  }
  const header = parseHeader(bytes);
  if (header === null || header.key !== key) return null;
  let offset = (4 + bytes.readUInt32LE(0) + 1) & ~1;
  const total = header.entries.reduce((sum, entry) => sum + 2 * entry.sampleCount, offset);
  if (total !== bytes.length) return null;
  const samples = header.entries.map((entry) => {
    const part = new Int16Array(bytes.buffer, bytes.byteOffset + offset, entry.sampleCount);
    offset += part.byteLength;
    return part;
  });
  return { header, samples };
}

function parseHeader(bytes: Buffer): CacheHeader | null {
  if (bytes.length < 4) return null;
  const end = 4 + bytes.readUInt32LE(0);
  if (end > bytes.length) return null;
  try {
    return cacheHeader.parse(JSON.parse(bytes.toString('utf8', 4, end)));
  } catch {
    return null;
  }
}
