/** @file The service that served this page, over HTTP. */
import type { Job, Media, ServiceEvent, ServiceSchema, Upload } from '../../service/contract.js';
import { headers as names, pathTo, type QueryValues } from '../../service/paths.js';
import type { Backend } from './backend.js';

/** An error in the service's own words. */
export class ServiceProblem extends Error {
  readonly code: string;
  readonly hint: string | null;

  constructor(code: string, message: string, hint: string | null) {
    super(message);
    this.name = 'ServiceProblem';
    this.code = code;
    this.hint = hint;
  }
}

/** Small enough that progress moves, large enough that round trips do not count. */
const chunkBytes = 4 * 2 ** 20;

export function createBackend(): Backend {
  return {
    schema: () => ask<ServiceSchema>('GET', pathTo('schema', {})),
    media: (mediaId) => ask<Media>('GET', pathTo('media', { mediaId })),
    mediaUrl: (mediaId) => pathTo('mediaFile', { mediaId }),
    filmstrip: (mediaId, query) => ask('GET', pathTo('mediaFilmstrip', { mediaId }, query as QueryValues)),
    order: (order) => ask<Job>('POST', pathTo('jobs', {}), JSON.stringify(order)),
    job: (jobId) => ask<Job>('GET', pathTo('job', { jobId })),
    cancel: (jobId) => ask<Job>('POST', pathTo('jobCancel', { jobId }), '{}'),
    fileUrl: (jobId, fileId) => pathTo('jobFile', { jobId, fileId }),
    upload,
    follow,
  };
}

async function upload(file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<Media> {
  const order = JSON.stringify({ fileName: file.name, byteLength: file.size });
  let state = await ask<Upload>('POST', pathTo('uploads', {}), order, {}, signal);
  const uploadId = state.id;
  while (state.receivedBytes < file.size) {
    const offset = state.receivedBytes;
    const chunk = file.slice(offset, offset + chunkBytes);
    const headers = {
      [names.uploadOffset]: String(offset),
      'Content-Type': 'application/octet-stream',
    };
    state = await ask<Upload>('PATCH', pathTo('upload', { uploadId }), chunk, headers, signal);
    onProgress(state.receivedBytes / file.size);
  }
  return ask<Media>('POST', pathTo('uploadComplete', { uploadId }), '{}', {}, signal);
}

/** The browser opens the stream again by itself, with the id of the last event it saw. */
function follow(onEvent: (event: ServiceEvent) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const source = new EventSource(pathTo('events', {}));
    const hear = (message: MessageEvent<string>): void => onEvent(JSON.parse(message.data) as ServiceEvent);
    for (const type of ['job', 'progress', 'removed', 'queue'] as const) source.addEventListener(type, hear);
    signal.addEventListener('abort', () => {
      source.close();
      resolve();
    });
  });
}

async function ask<T>(
  method: string,
  path: string,
  body: BodyInit | null = null,
  headers: Readonly<Record<string, string>> = {},
  signal: AbortSignal | null = null,
): Promise<T> {
  const json = typeof body === 'string' ? { 'Content-Type': 'application/json' } : {};
  const response = await fetch(path, { method, body, headers: { ...json, ...headers }, signal }).catch(
    (cause: unknown) => {
      if (signal?.aborted) throw cause;
      throw new ServiceProblem(
        'unreachable',
        'the service does not answer',
        'Look at the window in which smooth-foley studio runs; start it again if it has ended.',
      );
    },
  );
  const text = await response.text();
  const answer: unknown = text === '' ? null : JSON.parse(text);
  if (response.ok) return answer as T; // the service checks what it sends against the same contract
  const error = (answer as { error?: { code: string; message: string; hint: string | null } } | null)?.error;
  throw new ServiceProblem(
    error?.code ?? 'internal',
    error?.message ?? `the service answered ${response.status}`,
    error?.hint ?? null,
  );
}
