/** @file What a report rests on, on disk: sounds, measurements and embeddings, appended by one process or several. */
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { decodeWav } from '../../audio/wav-reader.js';
import { encodeWav } from '../../audio/wav-writer.js';
import type { Wave } from '../../audio/wave.js';
import type { SceneMeasurement } from '../../evaluation/ablation.js';
import type { AudioEmbedding } from '../../evaluation/embedders/audio-embedder.js';
import { writeFileAtomic } from '../../files/atomic-file.node.js';

/** What an embedder made of the sound of a system for a scene, or of a recording. */
export interface StoredEmbedding extends AudioEmbedding {
  readonly embedder: string;
  readonly scene: string;
  readonly system: string;
}

const measurementLine = z.object({
  scene: z.string(),
  system: z.string(),
  values: z.record(z.string(), z.number().nullable()),
});
const embeddingLine = z.object({
  embedder: z.string(),
  scene: z.string(),
  system: z.string(),
  width: z.int().min(1),
  data: z.string(),
  classLogits: z.string().nullable(),
});

export interface MeasurementStore {
  readonly measurements: SceneMeasurement[];
  readonly embeddings: StoredEmbedding[];
  addMeasurement(measurement: SceneMeasurement): Promise<void>;
  addEmbedding(embedding: StoredEmbedding): Promise<void>;
  hasMeasurement(scene: string, system: string): boolean;
  hasEmbedding(embedder: string, scene: string, system: string): boolean;
  /** Null where the sound has not been made yet. */
  readSound(scene: string, system: string): Promise<Wave | null>;
  writeSound(scene: string, system: string, wave: Wave): Promise<void>;
  /** Where a sound lies. */
  soundPath(scene: string, system: string): string;
}

/**
 * Opens what is in a folder; lines that a stopped process left unfinished count as absent.
 * @param writer names the files that this process appends to, so that several do not mix their lines
 */
export async function openMeasurementStore(folder: string, writer: string): Promise<MeasurementStore> {
  const soundsFolder = join(folder, 'sounds');
  await mkdir(soundsFolder, { recursive: true });
  const measurements: SceneMeasurement[] = [];
  const embeddings: StoredEmbedding[] = [];
  const measured = new Set<string>();
  const embedded = new Set<string>();
  const noteMeasurement = (line: SceneMeasurement): void => {
    if (measured.has(keyOf(line.scene, line.system))) return;
    measured.add(keyOf(line.scene, line.system));
    measurements.push(line);
  };
  const noteEmbedding = (line: StoredEmbedding): void => {
    const key = keyOf(line.embedder, line.scene, line.system);
    if (embedded.has(key)) return;
    embedded.add(key);
    embeddings.push(line);
  };
  for (const name of (await readdir(folder)).sort()) {
    if (!name.endsWith('.jsonl')) continue;
    if (name.startsWith('measurements.'))
      for (const line of await linesOf(join(folder, name), measurementLine)) noteMeasurement(line);
    if (name.startsWith('embeddings.')) {
      for (const line of await linesOf(join(folder, name), embeddingLine)) {
        const { data, classLogits, ...rest } = line;
        noteEmbedding({
          ...rest,
          data: floatsOf(data),
          classLogits: classLogits === null ? null : floatsOf(classLogits),
        });
      }
    }
  }
  const soundPath = (scene: string, system: string): string => join(soundsFolder, `${scene}.${system}.wav`);
  return {
    measurements,
    embeddings,
    hasMeasurement: (scene, system) => measured.has(keyOf(scene, system)),
    hasEmbedding: (embedder, scene, system) => embedded.has(keyOf(embedder, scene, system)),
    async addMeasurement(measurement) {
      noteMeasurement(measurement);
      await appendLine(join(folder, `measurements.${writer}.jsonl`), measurement);
    },
    async addEmbedding(embedding) {
      noteEmbedding(embedding);
      const { data, classLogits, ...rest } = embedding;
      await appendLine(join(folder, `embeddings.${writer}.jsonl`), {
        ...rest,
        data: textOf(data),
        classLogits: classLogits === null ? null : textOf(classLogits),
      });
    },
    soundPath,
    async readSound(scene, system) {
      const path = soundPath(scene, system);
      return existsSync(path) ? decodeWav(await readFile(path), path) : null;
    },
    async writeSound(scene, system, wave) {
      await writeFileAtomic(soundPath(scene, system), encodeWav(wave));
    },
  };
}

function keyOf(...parts: readonly string[]): string {
  return parts.join('\n');
}

/** A line break first, so that a line that was cut off does not take this one with it. */
async function appendLine(path: string, value: unknown): Promise<void> {
  await appendFile(path, `\n${JSON.stringify(value)}`);
}

async function linesOf<T>(path: string, schema: z.ZodType<T>): Promise<T[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  return lines.flatMap((line) => {
    const parsed = schema.safeParse(parsedOrNull(line));
    return parsed.success ? [parsed.data] : [];
  });
}

function parsedOrNull(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function textOf(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

function floatsOf(text: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  return new Float32Array(bytes.buffer, 0, Math.floor(bytes.length / 4));
}
