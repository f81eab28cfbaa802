/** @file What a batch is to do: a folder of clips, a JSONL or a CSV file, as one checked item for each clip. */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { FoleyError, messageOf } from '../../errors/foley-error.js';
import { parseRequest } from '../../foley/request.js';
import { requestFields } from '../../foley/request-fields.js';
import { resolveRequest } from '../../foley/resolve-request.node.js';
import { type JobOrderInput, publicRequestSchema } from '../contract.js';
import { parseCsv } from './csv.js';

/** One clip of a batch. */
export interface BatchItem {
  /** Names the item from one run to the next: a hash of its clip and of all that is asked for. */
  readonly key: string;
  /** Where it stands in the input, for people: `clips.jsonl, line 3`. */
  readonly place: string;
  /** Absolute. */
  readonly video: string;
  /** Base name of the results; no two items share one. */
  readonly stem: string;
  readonly order: Omit<Extract<JobOrderInput, { kind: 'generate' }>, 'mediaId' | 'name'>;
}

const clipEndings: ReadonlySet<string> = new Set(['.mp4', '.m4v', '.mov', '.webm', '.mkv']);
const offered = Object.keys(publicRequestSchema.shape);

/**
 * Reads and checks a whole batch, before anything is done.
 * @param common request fields of every item; those of its own line count more
 * @param parseText turns the text of a CSV field into the value of that request field
 * @throws FoleyError naming the line: usage, input-rejected, input-missing
 */
export async function readBatch(
  input: string,
  common: Readonly<Record<string, unknown>>,
  parseText: (fields: Readonly<Record<string, string>>) => Record<string, unknown>,
): Promise<BatchItem[]> {
  const path = resolve(input);
  const found = await stat(path).catch((cause: unknown) => {
    throw new FoleyError('input-missing', `${input} cannot be found`, { cause });
  });
  const drafts = found.isDirectory()
    ? await draftsOfFolder(path)
    : await draftsOfFile(path, input, parseText);
  if (drafts.length === 0)
    throw new FoleyError('input-rejected', `${input} names no clips`, {
      hint: 'Give a folder of MP4, MOV, WebM or MKV files, or a JSONL or CSV file with one clip a line.',
    });
  const stems = new Set<string>();
  const keys = new Map<string, number>();
  const items: BatchItem[] = [];
  for (const draft of drafts) items.push(await itemOf(draft, common, stems, keys));
  return items;
}

interface Draft {
  readonly place: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** What a relative path is relative to. */
  readonly folder: string;
}

async function draftsOfFolder(folder: string): Promise<Draft[]> {
  const names = (await readdir(folder)).filter(
    (name) => clipEndings.has(extname(name).toLowerCase()) && !name.startsWith('.'),
  );
  // what this program has made is no input
  const clips = names.filter((name) => !/\.foley(?:-\d+)?\.\w+$/.test(name)).sort();
  return clips.map((name) => ({ place: name, fields: { video: name }, folder }));
}

async function draftsOfFile(
  path: string,
  name: string,
  parseText: (fields: Readonly<Record<string, string>>) => Record<string, unknown>,
): Promise<Draft[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new FoleyError('input-rejected', `${name} cannot be read: ${messageOf(cause)}`, { cause });
  });
  const folder = dirname(path);
  if (extname(path).toLowerCase() === '.csv') {
    const [head, ...rows] = parseCsv(text, name);
    if (head === undefined) return [];
    return rows.map(({ line, fields }) => {
      const place = `${name}, line ${line}`;
      if (fields.length > head.fields.length)
        throw new FoleyError('input-rejected', `${place}: has more fields than the first line names`);
      const given = head.fields.flatMap((column, index) => {
        const value = fields[index] ?? '';
        return value === '' ? [] : [[column.trim(), value] as const]; // an empty field is one that is left out
      });
      const texts = Object.fromEntries(given);
      return { place, fields: { ...texts, ...parseText(texts) }, folder };
    });
  }
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const place = `${name}, line ${index + 1}`;
    return [{ place, fields: parseLine(line, place), folder }];
  });
}

function parseLine(line: string, place: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw new FoleyError('input-rejected', `${place}: is not JSON`, {
      hint: 'JSONL holds one object a line, such as {"video": "clip.mp4", "label": "dog barking"}.',
      cause,
    });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new FoleyError('input-rejected', `${place}: is no object`);
  return json as Record<string, unknown>;
}

async function itemOf(
  { place, fields, folder }: Draft,
  common: Readonly<Record<string, unknown>>,
  stems: Set<string>,
  keys: Map<string, number>,
): Promise<BatchItem> {
  const { video, name, ...own } = fields;
  const about = (message: string): FoleyError => new FoleyError('usage', `${place}: ${message}`);
  if (typeof video !== 'string' || video === '') throw about('video is missing');
  if (
    name !== undefined &&
    (typeof name !== 'string' || !/^[^/\\\0]{1,100}$/.test(name) || name.startsWith('.'))
  )
    throw about('name must be a plain file name of at most 100 characters');
  const foreign = Object.keys(own).find((key) => key !== 'timing' && !offered.includes(key));
  if (foreign !== undefined) throw about(`there is no field ${JSON.stringify(foreign)} in a batch`);
  const merged = own.label !== undefined || own.tracks !== undefined ? withoutWhat(common) : common;
  const absolute = resolve(folder, video);
  const atHome = { ...merged, ...withPathsFrom(folder, own) };
  const request = await parseHere(() => parseRequest({ ...atHome, video: absolute }), about);
  const { timing, tracks } = await resolveRequest(request);
  const order: BatchItem['order'] = {
    kind: 'generate',
    request: publicRequestSchema.parse({
      ...Object.fromEntries(offered.map((key) => [key, request[key as keyof typeof request]])),
      tracks,
    }),
    timing,
  };
  const key = createHash('sha256')
    .update(JSON.stringify([absolute, name ?? null, order]))
    .digest('hex')
    .slice(0, 32);
  const repeat = keys.get(key) ?? 0;
  keys.set(key, repeat + 1);
  const stem = freeName(typeof name === 'string' ? name : basename(absolute, extname(absolute)), stems);
  return { key: repeat === 0 ? key : `${key}-${repeat + 1}`, place, video: absolute, stem, order };
}

/** A line that says what is heard replaces what the command line says of that. */
function withoutWhat({
  label: _,
  prompt: __,
  timing: ___,
  tracks: ____,
  ...rest
}: Readonly<Record<string, unknown>>) {
  return rest;
}

function withPathsFrom(folder: string, fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { timing, tracks } = fields;
  const moved = (value: unknown): unknown => (typeof value === 'string' ? resolve(folder, value) : value);
  const movedTracks = Array.isArray(tracks)
    ? tracks.map((track: unknown) =>
        typeof track === 'object' && track !== null && 'timing' in track
          ? { ...track, timing: moved(track.timing) }
          : track,
      )
    : tracks;
  return {
    ...fields,
    ...(timing === undefined ? {} : { timing: moved(timing) }),
    ...(tracks === undefined ? {} : { tracks: movedTracks }),
  };
}

async function parseHere<T>(parse: () => T, about: (message: string) => FoleyError): Promise<T> {
  try {
    return parse();
  } catch (error) {
    throw error instanceof FoleyError ? about(error.message) : error;
  }
}

function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${wanted}-${number}`;
  taken.add(name.toLowerCase());
  return name;
}

/** Fields that a column of a CSV file may have, beside `video` and `name`. */
export const batchFields = requestFields(publicRequestSchema);
