/** @file Does the work of one job: clip out of the store, child processes, results into the store. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { FoleyError } from '../errors/foley-error.js';
import { runFoleyJob, runInspection } from '../foley/job-runner.node.js';
import { parseMixRequest } from '../foley/mix-request.js';
import { runMixJob } from '../foley/mix-runner.node.js';
import type { FoleyProgress } from '../foley/progress.js';
import type { FoleySidecar } from '../foley/write-take.node.js';
import type { BlobStore } from './blob-store.js';
import type { Job, JobFile, JobOrder, Media } from './contract.js';
import { safeName, stemOf } from './download-name.js';
import type { JobOutcome, JobRecord, StoredFile } from './job-record.js';
import { mediaKey } from './media-store.node.js';
import { commandLineOf, foleyRequestOf } from './order-request.js';
import { newId } from './random-id.js';
import { ServiceError } from './service-error.js';

export interface OrderSurroundings {
  readonly blobs: BlobStore;
  readonly media: { get(id: string): Promise<Media> };
  readonly jobs: { find(id: string): Promise<JobRecord | null> };
  /** Empty, of this attempt alone. */
  readonly scratch: string;
  readonly cacheDir: string;
  readonly threads: number;
  readonly mebibytes: number;
  /** In place of the real child: tests give one that needs no model. */
  readonly jobWorkerPath?: string;
}

export interface OrderHooks {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FoleyProgress) => void;
}

/** Where the files of one attempt go; another attempt has another token, so that the two cannot meet. */
export function attemptPrefix(jobId: string, token: string): string {
  return `results/${jobId}/${token}`;
}

/** A file that a job has written, before it has an id. */
interface Made {
  readonly path: string;
  readonly kind: JobFile['kind'];
  readonly take: number | null;
  readonly track: number | null;
}

/** @throws FoleyError, ServiceError; nothing refers to what was stored until the outcome is recorded */
export async function runOrder(
  record: JobRecord,
  token: string,
  around: OrderSurroundings,
  hooks: OrderHooks,
): Promise<JobOutcome> {
  const { order } = record;
  const media = await around.media.get(record.mediaId);
  const clip = join(around.scratch, `clip.${media.facts.container}`);
  await mkdir(around.scratch, { recursive: true });
  await around.blobs.materialize(mediaKey(media.id), clip, hooks.signal);
  const outDir = join(around.scratch, 'out');
  const made = await make(order, media, clip, outDir, around, hooks);
  const stem = stemOf(media.fileName);
  const files: StoredFile[] = [];
  for (const file of made.files) {
    hooks.signal.throwIfAborted();
    files.push(
      await store(file, `${stem}${basename(file.path).slice('clip'.length)}`, record.id, token, around.blobs),
    );
  }
  const record0 = files.find(({ kind }) => kind === 'sidecar')?.name ?? `${stem}.foley.json`;
  const { inspection, takes } = made.outcome;
  const chosen = inspection?.chosenLabel ?? takes[0]?.chosenLabel ?? null;
  const commandLine = commandLineOf(order, safeName(media.fileName), record0, chosen?.label ?? null);
  return { ...made.outcome, files, commandLine };
}

interface Making {
  readonly outcome: Pick<Job, 'inspection' | 'takes'>;
  readonly files: readonly Made[];
}

async function make(
  order: JobOrder,
  media: Media,
  clip: string,
  outDir: string,
  around: OrderSurroundings,
  hooks: OrderHooks,
): Promise<Making> {
  const { cacheDir, threads, mebibytes, jobWorkerPath } = around;
  const options = { ...hooks, ...(jobWorkerPath === undefined ? {} : { workerPath: jobWorkerPath }) };
  if (order.kind === 'mix') return mixTakes(order, media, clip, outDir, around, options);
  const request = foleyRequestOf(order, { video: clip, outDir, cacheDir, threads, memoryLimit: mebibytes });
  if (order.kind === 'inspect') {
    const wanted = { withTiming: true, withPicture: false };
    const found = await runInspection({ ...request, outDir: null }, wanted, options);
    const { timing, seenAs, chosenLabel, warnings } = found;
    const inspection = {
      timing: plain(timing!),
      seenAs,
      chosenLabel: chosenLabel === null ? null : plain(chosenLabel),
      warnings: [...warnings],
    };
    return { outcome: { inspection, takes: [] }, files: [] };
  }
  const result = await runFoleyJob(request, options);
  const files: Made[] = [];
  for (const sidecar of result.takes) files.push(...(await filesOfTake(sidecar, outDir, media)));
  return { outcome: { inspection: null, takes: result.takes.map(takeOf) }, files };
}

function takeOf(sidecar: FoleySidecar): Job['takes'][number] {
  const { take, seed, timing, tracks, seenAs, chosenLabel, warnings } = sidecar;
  return {
    take,
    seed,
    timing: timing === null ? null : plain(timing),
    tracks: (tracks ?? []).map((track) => ({
      label: track.label,
      seed: track.seed,
      timing: track.timing === null ? null : plain(track.timing),
      seenAs: track.seenAs,
    })),
    seenAs,
    chosenLabel: chosenLabel === null ? null : plain(chosenLabel),
    warnings: [...warnings],
  };
}

/** The same as it will read back from JSON: mutable, without classes. */
function plain<T extends object>(value: T): DeepMutable<T> {
  return JSON.parse(JSON.stringify(value)) as DeepMutable<T>;
}
type DeepMutable<T> = T extends readonly (infer E)[]
  ? DeepMutable<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: DeepMutable<T[K]> }
    : T;

async function filesOfTake(sidecar: FoleySidecar, outDir: string, media: Media): Promise<Made[]> {
  const { take, files } = sidecar;
  const made: Made[] = [];
  const add = (name: string | null, kind: Made['kind'], track: number | null = null): void => {
    if (name !== null) made.push({ path: join(outDir, name), kind, take, track });
  };
  add(files.wav, 'wav');
  add(files.flac, 'flac');
  add(files.video, 'video');
  add(files.picture, 'picture');
  for (const [track, { files: stem }] of (sidecar.tracks ?? []).entries()) {
    add(stem.wav, 'stem', track);
    add(stem.flac, 'stem', track);
    add(stem.timing, 'timing', track);
  }
  const name = `${files.video.slice(0, -extname(files.video).length)}.json`;
  await hidePaths(join(outDir, name), media);
  add(name, 'sidecar');
  return made;
}

/** A record tells how a sound was made, and not where on the server. */
async function hidePaths(path: string, media: Media): Promise<void> {
  const sidecar = JSON.parse(await readFile(path, 'utf8')) as Record<string, Record<string, unknown>>;
  const file = safeName(media.fileName);
  sidecar.request = {
    ...sidecar.request,
    video: file,
    outDir: null,
    cacheDir: null,
    memoryLimit: null,
    threads: null,
  };
  if (sidecar.clip) sidecar.clip = { ...sidecar.clip, file };
  await writeFile(path, `${JSON.stringify(sidecar, null, 2)}\n`);
}

async function mixTakes(
  order: Extract<JobOrder, { kind: 'mix' }>,
  media: Media,
  clip: string,
  outDir: string,
  around: OrderSurroundings,
  options: OrderHooks,
): Promise<Making> {
  const tracks = [];
  const sources = [];
  for (const [index, track] of order.tracks.entries()) {
    const source = await soundOf(track, media.id, around, index);
    const file = join(around.scratch, `track-${index}${extname(source.file.name)}`);
    await around.blobs.materialize(source.file.key, file, options.signal);
    const name = track.name ?? source.label;
    tracks.push({ file, name, gain: track.gain, pan: track.pan, mute: track.isMuted });
    sources.push({ ...track, file: source.file.name, name });
  }
  const request = parseMixRequest({
    video: clip,
    tracks,
    original: order.original,
    originalGain: order.originalGain,
    loudness: order.loudness,
    container: order.container,
    format: order.flac ? 'both' : 'wav',
    stems: order.stems,
    outDir,
    memoryLimit: around.mebibytes,
  });
  const { mix, paths } = await runMixJob(request, options);
  const made = (name: string | null, kind: Made['kind'], track: number | null = null): Made[] =>
    name === null ? [] : [{ path: join(outDir, name), kind, take: null, track }];
  const sidecar = paths.find((path) => path.endsWith('.json'))!;
  const told = JSON.parse(await readFile(sidecar, 'utf8')) as Record<string, unknown>;
  told.request = { ...order, video: safeName(media.fileName), tracks: sources };
  await writeFile(sidecar, `${JSON.stringify(told, null, 2)}\n`);
  const files = [
    ...made(mix.files.wav, 'wav'),
    ...made(mix.files.flac, 'flac'),
    ...made(mix.files.video, 'video'),
    ...mix.files.stems.flatMap((stem, track) => [
      ...made(stem.wav, 'stem', track),
      ...made(stem.flac, 'stem', track),
    ]),
    ...made(basename(sidecar), 'sidecar'),
  ];
  return { outcome: { inspection: null, takes: [] }, files };
}

/** The sound that a track of a mix names. @throws ServiceError `invalid-request` naming the track */
async function soundOf(
  track: Extract<JobOrder, { kind: 'mix' }>['tracks'][number],
  mediaId: string,
  { jobs }: OrderSurroundings,
  index: number,
): Promise<{ readonly file: StoredFile; readonly label: string }> {
  const field = `tracks.${index}.jobId`;
  const source = await jobs.find(track.jobId);
  const reject = (why: string): never => {
    throw new ServiceError('invalid-request', `${field}: ${why}`, { field });
  };
  if (source === null || source.mediaId !== mediaId)
    return reject(`there is no job ${track.jobId} of this media`);
  if (source.kind !== 'generate' || source.state !== 'succeeded')
    return reject(`job ${track.jobId} has no sound`);
  const wanted = track.track === null ? ['wav', 'flac'] : ['stem'];
  const file = source.outcome.files.find(
    ({ kind, take, track: of }) => wanted.includes(kind) && take === track.take && of === track.track,
  );
  if (file === undefined) return reject(`job ${track.jobId} has no such take or track`);
  const request = source.order.kind === 'generate' ? source.order.request : null;
  const chosen = source.outcome.takes.find(({ take }) => take === track.take)?.chosenLabel;
  const label =
    track.track === null ? (request?.label ?? chosen?.label) : request?.tracks?.[track.track]?.label;
  return { file, label: label ?? `track ${index + 1}` };
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.wav': 'audio/wav',
  '.flac': 'audio/flac',
  '.mp4': 'video/mp4',
  '.mov': 'video/quicktime',
  '.webm': 'video/webm',
  '.mkv': 'video/x-matroska',
  '.png': 'image/png',
  '.json': 'application/json',
};

async function store(
  file: Made,
  name: string,
  jobId: string,
  token: string,
  blobs: BlobStore,
): Promise<StoredFile> {
  const id = newId();
  const key = `${attemptPrefix(jobId, token)}/f-${id}`;
  const { size } = await stat(file.path);
  const sha256 = await sha256Of(file.path);
  await blobs.put(key, file.path);
  const mediaType = mediaTypes[extname(file.path)];
  if (mediaType === undefined) throw new FoleyError('output-failed', `results have no type for ${name}`);
  return {
    id,
    kind: file.kind,
    take: file.take,
    track: file.track,
    name,
    mediaType,
    byteLength: size,
    sha256,
    key,
  };
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
