/** @file Mixtures drawn once and kept on disk: waves as 16-bit samples, mel images in half precision, facts as JSON. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { melToImage } from '../audio/mel-image.js';
import { auffusionMelSpec, melColumns, melSpectrogram } from '../audio/mel-spectrogram.js';
import { createMixtureSampler, type Mixture, type MixtureOptions } from '../data/mixtures.js';
import type { SoundLibrary } from '../data/sound-library.js';
import { withSyntheticSounds } from '../data/synthetic-library.js';
import { FoleyError } from '../errors/foley-error.js';
import { asOutputError, writeFileAtomic } from '../files/atomic-file.node.js';
import { float32ToFloat16 } from '../graph/half-precision.js';
import { halfToFloatTable } from './half-table.js';

const spanSchema = z.object({ startSeconds: z.number(), endSeconds: z.number() });
const itemSchema = z.object({
  caption: z.string(),
  label: z.string(),
  classIds: z.array(z.string()),
  spans: z.array(spanSchema),
  onsetsSeconds: z.array(z.number()),
  /** Of a clip with one sound that moves. */
  swell: z
    .object({
      motion: z.enum(['pass', 'approach', 'recede']),
      nearestSeconds: z.number(),
      widthSeconds: z.number(),
    })
    .nullable()
    .default(null),
});

/** What is known of one clip. */
export type CorpusItem = z.infer<typeof itemSchema>;

const indexSchema = z.object({
  format: z.literal('smooth-foley.corpus/1'),
  key: z.string(),
  samples: z.int(),
  bands: z.int(),
  columns: z.int(),
  items: z.array(itemSchema),
});
type CorpusIndex = z.infer<typeof indexSchema>;

export interface CorpusSettings {
  /** Names the recordings the clips are drawn from, say by a hash of their manifest. */
  readonly source: string;
  readonly count: number;
  readonly seed: number;
  /** Present only where synthesised sounds are drawn from, too. */
  readonly synthetic?: true;
  readonly mixtures: Partial<MixtureOptions>;
}

/** Clips of equal length, read one at a time. */
export interface Corpus {
  readonly key: string;
  readonly items: readonly CorpusItem[];
  readonly bands: number;
  readonly columns: number;
  /** Log-mel scaled to 0..1, `[bands, columnCount]`, lowest band first; all columns unless told. */
  melImage(index: number, startColumn?: number, columnCount?: number): Promise<Float32Array>;
  /** Samples at 16 kHz in -1..1. */
  wave(index: number, startSamples: number, sampleCount: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens the corpus of these settings, drawing it first where it is not there yet.
 * @param cacheFolder the files are named after a hash of the settings; delete them where the way mixtures are drawn has changed
 */
export async function openCorpus(
  cacheFolder: string,
  settings: CorpusSettings,
  library: () => Promise<SoundLibrary>,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Corpus> {
  const key = createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);
  const folder = join(cacheFolder, `corpus-${key}`);
  const index =
    (await readIndex(join(folder, 'index.json'), key)) ??
    (await draw(folder, key, settings, await library(), onProgress));
  return openFiles(folder, index);
}

async function readIndex(path: string, key: string): Promise<CorpusIndex | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const index = indexSchema.parse(JSON.parse(text));
  return index.key === key ? index : null;
}

async function draw(
  folder: string,
  key: string,
  settings: CorpusSettings,
  library: SoundLibrary,
  onProgress: (done: number, total: number) => void,
): Promise<CorpusIndex> {
  await mkdir(folder, { recursive: true });
  const sounds = settings.synthetic ? withSyntheticSounds(library) : library;
  const sampler = createMixtureSampler(sounds, settings.mixtures);
  const paths = { waves: join(folder, 'waves.i16'), mels: join(folder, 'mels.f16') };
  const waves = createWriteStream(`${paths.waves}.partial`);
  const mels = createWriteStream(`${paths.mels}.partial`);
  const items: CorpusItem[] = [];
  let samples = 0;
  let columns = 0;
  try {
    for (let i = 0; i < settings.count; i++) {
      const mixture = sampler.draw(`${settings.seed}/${i}`);
      samples = mixture.samples.length;
      columns = melColumns(samples);
      const image = melToImage(melSpectrogram(mixture.samples));
      await write(
        waves,
        Int16Array.from(mixture.samples, (value) => Math.round(value * 32767)),
      );
      await write(mels, float32ToFloat16(image.data));
      items.push(factsOf(mixture));
      onProgress(i + 1, settings.count);
    }
  } finally {
    await Promise.all([waves, mels].map(async (stream) => once(stream.end(), 'close')));
  }
  for (const path of Object.values(paths)) await rename(`${path}.partial`, path);
  const { bands } = auffusionMelSpec;
  const index: CorpusIndex = { format: 'smooth-foley.corpus/1', key, samples, bands, columns, items };
  await writeFileAtomic(join(folder, 'index.json'), new TextEncoder().encode(JSON.stringify(index)));
  return index;
}

function factsOf(mixture: Mixture): CorpusItem {
  return {
    caption: mixture.caption,
    label: mixture.label,
    classIds: mixture.tracks.map((track) => track.classId),
    spans: mixture.spans.map((span) => ({ ...span })),
    onsetsSeconds: [...mixture.onsetsSeconds],
    swell: mixture.tracks[0]?.swell ?? null,
  };
}

async function write(stream: NodeJS.WritableStream, data: ArrayBufferView): Promise<void> {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  await new Promise<void>((resolve, reject) => {
    stream.write(bytes, (error) => (error == null ? resolve() : reject(asOutputError('the corpus', error))));
  });
}

async function openFiles(folder: string, index: CorpusIndex): Promise<Corpus> {
  const { samples, bands, columns, items } = index;
  const waves = await openOfSize(join(folder, 'waves.i16'), 2 * samples * items.length);
  const mels = await openOfSize(join(folder, 'mels.f16'), 2 * bands * columns * items.length);
  return {
    key: index.key,
    items,
    bands,
    columns,
    async melImage(i, startColumn = 0, columnCount = columns) {
      const halves = new Uint16Array(bands * columns);
      await readAt(mels, halves, i * halves.byteLength);
      const image = new Float32Array(bands * columnCount);
      for (let band = 0; band < bands; band++) {
        const from = band * columns + startColumn;
        const to = band * columnCount;
        for (let c = 0; c < columnCount; c++) image[to + c] = halfToFloatTable[halves[from + c]!]!;
      }
      return image;
    },
    async wave(i, startSamples, sampleCount) {
      const values = new Int16Array(sampleCount);
      await readAt(waves, values, 2 * (i * samples + startSamples));
      const wave = new Float32Array(sampleCount);
      for (let n = 0; n < sampleCount; n++) wave[n] = values[n]! / 32767;
      return wave;
    },
    async close() {
      await waves.close();
      await mels.close();
    },
  };
}

async function openOfSize(path: string, bytes: number): Promise<FileHandle> {
  const { size } = await stat(path);
  if (size !== bytes) {
    throw new FoleyError('input-rejected', `${path} has ${size} bytes where its index describes ${bytes}`, {
      hint: 'Delete the folder: it is drawn again.',
    });
  }
  return open(path, 'r');
}

async function readAt(file: FileHandle, into: Uint16Array | Int16Array, position: number): Promise<void> {
  const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
  let filled = 0;
  while (filled < bytes.byteLength) {
    const { bytesRead } = await file.read(bytes, filled, bytes.byteLength - filled, position + filled);
    if (bytesRead === 0) throw new FoleyError('input-rejected', 'a corpus file ends before its last clip');
    filled += bytesRead;
  }
}
