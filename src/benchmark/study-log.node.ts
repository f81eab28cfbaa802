/** @file Measurements of a study as they are made: a file of JSON lines that a stopped run goes on from. */
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { FoleyError } from '../errors/foley-error.js';
import { writeFileAtomic } from '../files/atomic-file.node.js';

/** What decides the measurements of a study, by name. Plain values, so that two can be compared as JSON. */
export type StudySettings = Readonly<Record<string, unknown>>;

export interface StudyLog<M> {
  /** In the order in which they were made. */
  readonly measurements: readonly M[];
  /** Appends one; it is on disk when the promise is fulfilled. */
  add(measurement: M): Promise<void>;
}

/**
 * Opens `measurements.jsonl` in a folder, or begins it. Its first line holds the settings; a line that was cut off in
 * the middle of writing is dropped, and measured again.
 *
 * @param settings what every line depends on; a file of other settings is refused rather than mixed with these
 * @throws FoleyError `usage` for a file of other settings, `input-rejected` for lines that are none of this study
 */
export async function openStudyLog<M>(
  folder: string,
  settings: StudySettings,
  schema: z.ZodType<M>,
): Promise<StudyLog<M>> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'measurements.jsonl');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  const measurements: M[] = [];
  const whole = text === null ? '' : text.slice(0, text.lastIndexOf('\n') + 1);
  const [head, ...lines] = whole.split('\n').filter((line) => line !== '');
  if (head === undefined) {
    await writeFileAtomic(path, Buffer.from(`${JSON.stringify({ settings })}\n`));
  } else {
    assertSameSettings(parsedLine(head, path), settings, path);
    for (const line of lines) {
      const parsed = schema.safeParse(parsedLine(line, path));
      if (!parsed.success) {
        throw new FoleyError('input-rejected', `${path}: ${parsed.error.issues[0]!.message}`, {
          hint: 'Give another --out-dir, or remove the file.',
        });
      }
      measurements.push(parsed.data);
    }
    if (whole !== text) await writeFile(path, whole);
  }
  return {
    measurements,
    async add(measurement) {
      await appendFile(path, `${JSON.stringify(measurement)}\n`);
      measurements.push(measurement);
    },
  };
}

/** Writes `<name>.json` and `<name>.md`. @throws FoleyError `output-failed` */
export async function writeStudyReport(
  folder: string,
  name: string,
  report: unknown,
  markdown: string,
): Promise<void> {
  await writeFileAtomic(join(folder, `${name}.json`), Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
  await writeFileAtomic(join(folder, `${name}.md`), Buffer.from(markdown));
}

function parsedLine(line: string, path: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new FoleyError('input-rejected', `${path}: holds a line that is not JSON`, { cause });
  }
}

function assertSameSettings(head: unknown, settings: StudySettings, path: string): void {
  const before = (head as { readonly settings?: StudySettings }).settings ?? {};
  const now = JSON.parse(JSON.stringify(settings)) as StudySettings;
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const changed = names.find((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]));
  if (changed === undefined) return;
  throw new FoleyError(
    'usage',
    `${path} was measured with other settings: ${changed} was ${JSON.stringify(before[changed])}, ` +
      `now it is ${JSON.stringify(now[changed])}`,
    { hint: 'Give another --out-dir, or remove the file.' },
  );
}
