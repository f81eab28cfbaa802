/** @file The typed client: the same in a page and in a program, on fetch alone. */
import type * as contract from './contract.js';
import { headers as headerNames, pathTo, type QueryValues, type RouteIds, type RouteName } from './paths.js';

export type * from './contract.js';
export { pathTo } from './paths.js';

export interface ClientOptions {
  /** Where the service is: `http://127.0.0.1:8300`; in its own page ''. */
  readonly url: string;
  readonly token?: string;
  readonly fetch?: typeof globalThis.fetch;
}

/** An answer that was an error, in the words of the service. */
export class ServiceRefusal extends Error {
  readonly status: number;
  readonly info: contract.ServiceErrorInfo;

  constructor(status: number, info: contract.ServiceErrorInfo) {
    super(info.message);
    this.name = 'ServiceRefusal';
    this.status = status;
    this.info = info;
  }

  get code(): string {
    return this.info.code;
  }

  get hint(): string | null {
    return this.info.hint;
  }
}

export interface UploadOptions {
  readonly onProgress?: (sentBytes: number, byteLength: number) => void;
  readonly signal?: AbortSignal;
  /** Goes on with an upload that was begun before. */
  readonly uploadId?: string;
  readonly sha256?: string;
  /** Bytes of one append. */
  readonly pieceBytes?: number;
  /** How often a piece is tried again before giving up. */
  readonly retries?: number;
}

export interface SubmitOptions {
  /** The same key never makes two jobs; drawn when left out, so that a repeated request is safe. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

export interface EventOptions {
  /** One job; left out: all. */
  readonly jobId?: string;
  /** Tells the events after this one again; '0' all. */
  readonly lastEventId?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds before a broken stream is opened again. */
  readonly retryMs?: number;
}

const defaultPieceBytes = 8 * 1024 * 1024;

export class ServiceClient {
  readonly #url: string;
  readonly #token: string | undefined;
  readonly #fetch: typeof globalThis.fetch;

  constructor({ url, token, fetch = globalThis.fetch.bind(globalThis) }: ClientOptions) {
    this.#url = url.replace(/\/$/, '');
    this.#token = token;
    this.#fetch = fetch;
  }

  // ---- clips

  /** Sends a clip in pieces; a piece that breaks is continued where the service says it ended. */
  async upload(content: Blob, fileName: string, options: UploadOptions = {}): Promise<contract.Media> {
    const { onProgress, signal, sha256, pieceBytes = defaultPieceBytes, retries = 5 } = options;
    let upload =
      options.uploadId === undefined
        ? await this.createUpload({
            fileName,
            byteLength: content.size,
            ...(sha256 === undefined ? {} : { sha256 }),
          })
        : await this.getUpload(options.uploadId);
    if (upload.mediaId !== null) return this.getMedia(upload.mediaId);
    for (let failures = 0; upload.receivedBytes < content.size; ) {
      signal?.throwIfAborted();
      const at = upload.receivedBytes;
      onProgress?.(at, content.size);
      try {
        upload = await this.appendUpload(upload.id, at, content.slice(at, at + pieceBytes), signal);
        failures = 0;
      } catch (error) {
        const isFinal = error instanceof ServiceRefusal && error.status < 500 && !retried.has(error.code);
        if (signal?.aborted || isFinal || failures >= retries) throw error;
        failures += 1;
        await pause(200 * 2 ** failures, signal);
        upload = await this.getUpload(upload.id);
      }
    }
    onProgress?.(content.size, content.size);
    return this.completeUpload(upload.id, sha256);
  }

  createUpload(order: contract.UploadOrder): Promise<contract.Upload> {
    return this.#json('POST', 'uploads', {}, { body: order });
  }

  getUpload(uploadId: string): Promise<contract.Upload> {
    return this.#json('GET', 'upload', { uploadId });
  }

  async appendUpload(
    uploadId: string,
    offset: number,
    piece: Blob,
    signal?: AbortSignal,
  ): Promise<contract.Upload> {
    const response = await this.#send('PATCH', pathTo('upload', { uploadId }), {
      body: piece,
      headers: { 'Content-Type': 'application/octet-stream', [headerNames.uploadOffset]: String(offset) },
      ...(signal ? { signal } : {}),
    });
    return (await response.json()) as contract.Upload;
  }

  completeUpload(uploadId: string, sha256?: string): Promise<contract.Media> {
    return this.#json(
      'POST',
      'uploadComplete',
      { uploadId },
      { body: sha256 === undefined ? {} : { sha256 } },
    );
  }

  async removeUpload(uploadId: string): Promise<void> {
    await this.#send('DELETE', pathTo('upload', { uploadId }));
  }

  async listMedia(): Promise<contract.Media[]> {
    return (await this.#json<{ media: contract.Media[] }, 'mediaList'>('GET', 'mediaList', {})).media;
  }

  getMedia(mediaId: string): Promise<contract.Media> {
    return this.#json('GET', 'media', { mediaId });
  }

  async removeMedia(mediaId: string): Promise<void> {
    await this.#send('DELETE', pathTo('media', { mediaId }));
  }

  /** For a `src`: the clip itself. With a token, a page needs a session (`beginSession`). */
  mediaFileUrl(mediaId: string): string {
    return this.#url + pathTo('mediaFile', { mediaId });
  }

  filmstrip(mediaId: string, query: contract.FilmstripQuery = {}): Promise<contract.Filmstrip> {
    return this.#json('GET', 'mediaFilmstrip', { mediaId }, { query: query as QueryValues });
  }

  mediaPeaks(mediaId: string, query: contract.PeaksQuery = {}): Promise<contract.Peaks> {
    return this.#json('GET', 'mediaPeaks', { mediaId }, { query: query as QueryValues });
  }

  mediaMelUrl(mediaId: string, query: contract.MelQuery = {}): string {
    return this.#url + pathTo('mediaMel', { mediaId }, query as QueryValues);
  }

  // ---- jobs

  submit(order: contract.JobOrderInput, options: SubmitOptions = {}): Promise<contract.Job> {
    const { idempotencyKey = crypto.randomUUID(), signal } = options;
    return this.#json(
      'POST',
      'jobs',
      {},
      {
        body: order,
        headers: { [headerNames.idempotencyKey]: idempotencyKey },
        ...(signal ? { signal } : {}),
      },
    );
  }

  getJob(jobId: string): Promise<contract.Job> {
    return this.#json('GET', 'job', { jobId });
  }

  listJobs(query: contract.JobListQuery = {}): Promise<{ jobs: contract.Job[]; nextBefore: string | null }> {
    return this.#json('GET', 'jobs', {}, { query: query as QueryValues });
  }

  cancel(jobId: string): Promise<contract.Job> {
    return this.#json('POST', 'jobCancel', { jobId }, { body: {} });
  }

  async removeJob(jobId: string): Promise<void> {
    await this.#send('DELETE', pathTo('job', { jobId }));
  }

  jobFileUrl(jobId: string, fileId: string, isDownload = false): string {
    return this.#url + pathTo('jobFile', { jobId, fileId }, isDownload ? { download: 1 } : {});
  }

  /** The bytes of a result, or of a part of it (both ends inclusive). */
  async readJobFile(jobId: string, fileId: string, range?: { start: number; end: number }): Promise<Blob> {
    const headers = range === undefined ? {} : { Range: `bytes=${range.start}-${range.end}` };
    return (await this.#send('GET', pathTo('jobFile', { jobId, fileId }), { headers })).blob();
  }

  jobFilePeaks(jobId: string, fileId: string, query: contract.PeaksQuery = {}): Promise<contract.Peaks> {
    return this.#json('GET', 'jobFilePeaks', { jobId, fileId }, { query: query as QueryValues });
  }

  jobFileMelUrl(jobId: string, fileId: string, query: contract.MelQuery = {}): string {
    return this.#url + pathTo('jobFileMel', { jobId, fileId }, query as QueryValues);
  }

  /** Waits for the end of a job. @throws ServiceRefusal when it failed or was cancelled */
  async finished(jobId: string, options: Omit<EventOptions, 'jobId'> = {}): Promise<contract.Job> {
    for await (const { event } of this.events({ ...options, jobId })) {
      if (event.type === 'removed') break;
      if (event.type !== 'job' || event.job.state === 'queued' || event.job.state === 'running') continue;
      if (event.job.state === 'succeeded') return event.job;
      throw new ServiceRefusal(
        500,
        event.job.error ?? { ...noDetails, code: event.job.state, message: `the job was ${event.job.state}` },
      );
    }
    throw new ServiceRefusal(404, { ...noDetails, code: 'not-found', message: 'the job is gone' });
  }

  /**
   * What happens, as it happens. A stream that breaks is opened again and goes on after the last event that came: none is
   * lost or told twice. Ends when its one job has finished, or when the signal fires.
   */
  async *events(options: EventOptions = {}): AsyncGenerator<contract.ReceivedEvent> {
    const { jobId, signal, retryMs = 500 } = options;
    let lastEventId = options.lastEventId;
    const path = jobId === undefined ? pathTo('events', {}) : pathTo('jobEvents', { jobId });
    while (!signal?.aborted) {
      try {
        const headers: Record<string, string> = { Accept: 'text/event-stream' };
        if (lastEventId !== undefined) headers[headerNames.lastEventId] = lastEventId;
        const response = await this.#send('GET', path, { headers, ...(signal ? { signal } : {}) });
        for await (const message of readEventStream(response.body!)) {
          if (message.id !== null) lastEventId = message.id;
          if (message.data === '') continue;
          const event = JSON.parse(message.data) as contract.ServiceEvent;
          yield { id: message.id, event };
          if (jobId !== undefined && endsStream(event)) return;
        }
      } catch (error) {
        if (signal?.aborted) return;
        if (error instanceof ServiceRefusal && error.status < 500 && error.status !== 429) throw error;
      }
      await pause(retryMs, signal);
    }
  }

  // ---- the service

  schema(): Promise<contract.ServiceSchema> {
    return this.#json('GET', 'schema', {});
  }

  /** For pages: trades the token for a cookie that pictures and video elements send along. */
  async beginSession(token: string): Promise<void> {
    await this.#send('POST', pathTo('session', {}), {
      body: JSON.stringify({ token }),
      headers: { 'Content-Type': 'application/json' },
    });
  }

  async #json<T, R extends RouteName>(
    method: string,
    route: R,
    ids: RouteIds<R>,
    {
      body,
      query = {},
      headers = {},
      signal,
    }: { body?: unknown; query?: QueryValues; headers?: Record<string, string>; signal?: AbortSignal } = {},
  ): Promise<T> {
    const response = await this.#send(method, pathTo(route, ids, query), {
      ...(body === undefined
        ? { headers }
        : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } }),
      ...(signal ? { signal } : {}),
    });
    return (await response.json()) as T;
  }

  async #send(
    method: string,
    path: string,
    init: { body?: BodyInit; headers?: Record<string, string>; signal?: AbortSignal } = {},
  ): Promise<Response> {
    const headers: Record<string, string> = { ...init.headers };
    if (this.#token !== undefined) headers.Authorization = `Bearer ${this.#token}`;
    const response = await this.#fetch(this.#url + path, { ...init, method, headers });
    if (response.ok) return response;
    throw new ServiceRefusal(response.status, await errorOf(response));
  }
}

/** Refusals after which the same piece may be welcome. */
const retried: ReadonlySet<string> = new Set(['offset-mismatch', 'timeout', 'conflict', 'too-many']);

const noDetails = { hint: null, field: null, details: {}, requestId: null };

async function errorOf(response: Response): Promise<contract.ServiceErrorInfo> {
  const body = (await response.json().catch(() => null)) as { error?: contract.ServiceErrorInfo } | null;
  return (
    body?.error ?? { ...noDetails, code: 'internal', message: `the service answered ${response.status}` }
  );
}

function endsStream(event: contract.ServiceEvent): boolean {
  if (event.type === 'removed') return true;
  return event.type === 'job' && event.job.state !== 'queued' && event.job.state !== 'running';
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

/** One message of an event stream; `id` is null where it sets none. */
export interface StreamMessage {
  readonly id: string | null;
  readonly data: string;
}

/** Reads `text/event-stream`, however the network cuts it. Messages that are cut off at the end are not told. */
export async function* readEventStream(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamMessage> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true }).replaceAll('\r\n', '\n');
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const message = parseMessage(text.slice(0, end));
        text = text.slice(end + 2);
        if (message.id !== null || message.data !== '') yield message;
      }
    }
  } finally {
    await reader.cancel().catch(() => {}); // it may have failed already
  }
}

function parseMessage(text: string): StreamMessage {
  let id: string | null = null;
  const data: string[] = [];
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon === 0) continue; // a comment keeps the line alive
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'id') id = value;
    else if (name === 'data') data.push(value);
  }
  return { id, data: data.join('\n') };
}
