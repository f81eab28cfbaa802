/** @file What each operation does. */
import { createHash, randomInt } from 'node:crypto';
import type { BlobStore } from '../blob-store.js';
import * as contract from '../contract.js';
import { safeName } from '../download-name.js';
import type { EventFeed } from '../event-log.node.js';
import { jobOf } from '../job-record.js';
import type { JobStore } from '../job-store.node.js';
import type { ServiceLimits } from '../limits.js';
import type { MediaStore } from '../media-store.node.js';
import { mediaKey } from '../media-store.node.js';
import type { Metrics } from '../metrics.js';
import { openApiDocument } from '../openapi.js';
import type { OperationName } from '../operations.js';
import { checkOrder, settleSeed } from '../order-request.js';
import { headers as headerNames, pathTo } from '../paths.js';
import { ServiceError } from '../service-error.js';
import { serviceSchema } from '../service-schema.js';
import type { UploadStore } from '../upload-store.node.js';
import type { ViewRunner } from '../view-runner.node.js';
import { answerFile, answerPng } from './answer-file.js';
import type { AppContext, Handler } from './app.node.js';
import type { EventStreams } from './event-streams.js';
import type { Guard } from './guard.node.js';
import { assertType, checked, readJson, readQuery } from './read-body.js';

export interface HandlerOptions {
  readonly version: string;
  readonly models: readonly string[];
  readonly limits: ServiceLimits;
  readonly guard: Guard;
  readonly blobs: BlobStore;
  readonly uploads: UploadStore;
  readonly media: MediaStore;
  readonly jobs: JobStore;
  readonly views: ViewRunner;
  readonly feed: EventFeed;
  readonly streams: EventStreams;
  readonly metrics: Metrics;
  readonly checkReady: () => Promise<{ isReady: boolean; checks: Record<string, 'ok' | 'failing'> }>;
  /** Brings gauges up to date before they are read. */
  readonly measure: () => Promise<void>;
}

export function createHandlers(options: HandlerOptions): Readonly<Record<OperationName, Handler>> {
  return {
    ...uploadHandlers(options),
    ...mediaHandlers(options),
    ...jobHandlers(options),
    ...ownHandlers(options),
  };
}

/** The value of an id in the address; there, because the route has it. */
const idIn = (context: AppContext, name: string): string => context.req.param(name) ?? '';

function uploadHandlers({ uploads, limits, metrics }: HandlerOptions) {
  const told = (context: AppContext, upload: contract.Upload, status: 200 | 201): Response => {
    context.header(headerNames.uploadOffset, String(upload.receivedBytes));
    return context.json(upload, status);
  };
  return {
    createUpload: async (context) => {
      const order = await readJson(context, contract.uploadOrderSchema, limits.bodyBytes);
      const upload = await uploads.create(
        { ...order, fileName: safeName(order.fileName) },
        context.get('client'),
      );
      context.header('Location', pathTo('upload', { uploadId: upload.id }));
      return told(context, upload, 201);
    },
    getUpload: async (context) => told(context, await uploads.get(idIn(context, 'uploadId')), 200),
    appendUpload: async (context) => {
      assertType(context, 'application/octet-stream');
      const offset = context.req.header(headerNames.uploadOffset) ?? '';
      if (!/^\d{1,15}$/.test(offset)) {
        throw new ServiceError(
          'invalid-request',
          `${headerNames.uploadOffset} must say how many bytes the upload has`,
          {
            field: headerNames.uploadOffset,
          },
        );
      }
      const upload = await uploads.append(idIn(context, 'uploadId'), Number(offset), context.env.incoming);
      metrics.count(
        'smooth_foley_upload_bytes_total',
        'Bytes of clips received.',
        {},
        upload.receivedBytes - Number(offset),
      );
      return told(context, upload, 200);
    },
    completeUpload: async (context) => {
      const { sha256 } = await readJson(context, contract.uploadCompleteSchema, limits.bodyBytes);
      const media = await uploads.complete(idIn(context, 'uploadId'), sha256);
      context.header('Location', pathTo('media', { mediaId: media.id }));
      return context.json(media, 201);
    },
    removeUpload: async (context) => {
      await uploads.remove(idIn(context, 'uploadId'));
      return context.body(null, 204);
    },
  } satisfies Partial<Record<OperationName, Handler>>;
}

const videoTypes: Readonly<Record<contract.Media['facts']['container'], string>> = {
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  mkv: 'video/x-matroska',
};

function mediaHandlers({ media, blobs, views }: HandlerOptions) {
  const found = (context: AppContext): Promise<contract.Media> => media.get(idIn(context, 'mediaId'));
  const withSound = async (context: AppContext): Promise<contract.Media> => {
    const clip = await found(context);
    if (clip.facts.audio.length === 0)
      throw new ServiceError('not-found', 'this clip has no sound of its own');
    return clip;
  };
  const filmstrip = async (context: AppContext) => {
    const query = readQuery(context, contract.filmstripQuerySchema);
    const { id } = await found(context);
    return { id, query, view: await views.view(mediaKey(id), { kind: 'filmstrip', ...query }) };
  };
  return {
    listMedia: async (context) => context.json({ media: await media.list() }),
    getMedia: async (context) => context.json(await found(context)),
    removeMedia: async (context) => {
      const id = idIn(context, 'mediaId');
      await media.remove(id);
      await blobs.remove(mediaKey(id));
      return context.body(null, 204);
    },
    getMediaFile: async (context) => {
      const { id, fileName, sha256, facts } = await found(context);
      return answerFile(context, blobs, {
        key: mediaKey(id),
        name: safeName(fileName),
        mediaType: videoTypes[facts.container],
        sha256,
        isDownload: false,
      });
    },
    getFilmstrip: async (context) => {
      const { id, query, view } = await filmstrip(context);
      return context.json({ ...view.facts, image: pathTo('mediaFilmstripImage', { mediaId: id }, query) });
    },
    getFilmstripImage: async (context) => answerPng(context, (await filmstrip(context)).view.png!),
    getMediaPeaks: async (context) => {
      const query = readQuery(context, contract.peaksQuerySchema);
      const { id } = await withSound(context);
      return context.json(
        (await views.view(mediaKey(id), { kind: 'peaks', source: 'clip', ...query })).facts!,
      );
    },
    getMediaMel: async (context) => {
      const query = readQuery(context, contract.melQuerySchema);
      const { id } = await withSound(context);
      return answerPng(
        context,
        (await views.view(mediaKey(id), { kind: 'mel', source: 'clip', ...query })).png!,
      );
    },
  } satisfies Partial<Record<OperationName, Handler>>;
}

function jobHandlers({ jobs, media, blobs, views, limits, models, streams }: HandlerOptions) {
  const found = async (context: AppContext) => {
    const id = idIn(context, 'jobId');
    const record = await jobs.find(id);
    if (record === null) throw new ServiceError('not-found', `there is no job ${id}`);
    return record;
  };
  const fileOf = async (context: AppContext) => {
    const id = idIn(context, 'fileId');
    const file = (await found(context)).outcome.files.find((candidate) => candidate.id === id);
    if (file === undefined) throw new ServiceError('not-found', `there is no file ${id}`);
    return file;
  };
  const soundOf = async (context: AppContext) => {
    const file = await fileOf(context);
    if (!file.mediaType.startsWith('audio/')) throw new ServiceError('not-found', `${file.name} is no sound`);
    return file;
  };
  return {
    createJob: async (context) => {
      const order = await readJson(context, contract.jobOrderSchema, limits.bodyBytes);
      const idempotencyKey = context.req.header(headerNames.idempotencyKey) ?? null;
      if (idempotencyKey !== null && !/^[\x21-\x7e]{1,255}$/.test(idempotencyKey)) {
        throw new ServiceError(
          'invalid-request',
          `${headerNames.idempotencyKey} must be 1 to 255 visible characters`,
          {
            field: headerNames.idempotencyKey,
          },
        );
      }
      checkOrder(order, limits, models);
      await media.get(order.mediaId);
      const { job, isNew } = await jobs.submit({
        order: settleSeed(order, () => randomInt(2 ** 32)),
        orderHash: createHash('sha256').update(JSON.stringify(order)).digest('hex'),
        client: context.get('client'),
        idempotencyKey,
        mostPending: limits.queuedJobsPerClient,
      });
      context.header('Location', pathTo('job', { jobId: job.id }));
      return context.json(job, isNew ? 201 : 200);
    },
    listJobs: async (context) =>
      context.json(await jobs.list(readQuery(context, contract.jobListQuerySchema))),
    getJob: async (context) => context.json(jobOf(await found(context))),
    cancelJob: async (context) => context.json(await jobs.cancel((await found(context)).id)),
    removeJob: async (context) => {
      const { id } = await jobs.remove(idIn(context, 'jobId'));
      await blobs.remove(`results/${id}`);
      return context.body(null, 204);
    },
    listJobFiles: async (context) => context.json({ files: jobOf(await found(context)).files }),
    getJobFile: async (context) => {
      const { download } = readQuery(context, contract.downloadQuerySchema);
      return answerFile(context, blobs, { ...(await fileOf(context)), isDownload: download === '1' });
    },
    getJobFilePeaks: async (context) => {
      const query = readQuery(context, contract.peaksQuerySchema);
      const { key } = await soundOf(context);
      return context.json((await views.view(key, { kind: 'peaks', source: 'sound', ...query })).facts!);
    },
    getJobFileMel: async (context) => {
      const query = readQuery(context, contract.melQuerySchema);
      const { key } = await soundOf(context);
      return answerPng(context, (await views.view(key, { kind: 'mel', source: 'sound', ...query })).png!);
    },
    streamJob: async (context) => streams.answer(context, (await found(context)).id),
    streamAll: (context) => streams.answer(context, null),
  } satisfies Partial<Record<OperationName, Handler>>;
}

function ownHandlers({ version, models, limits, guard, metrics, checkReady, measure }: HandlerOptions) {
  const schema = serviceSchema(version, models, limits);
  const document = openApiDocument(version);
  const isSecure = (context: AppContext): boolean => context.req.header('x-forwarded-proto') === 'https';
  return {
    beginSession: async (context) => {
      const { token } = await readJson(context, contract.sessionOrderSchema, 8192);
      if (!guard.isToken(token)) throw new ServiceError('unauthorized', 'this is not the token');
      context.header('Set-Cookie', guard.sessionCookie(isSecure(context)));
      return context.body(null, 204);
    },
    endSession: (context) => {
      context.header('Set-Cookie', guard.endSession(isSecure(context)));
      return context.body(null, 204);
    },
    getSchema: (context) => context.json(schema),
    getOpenApi: (context) => context.json(document),
    getHealth: (context) => context.json(checked(contract.healthSchema, { status: 'ok', version })),
    getReady: async (context) => {
      const ready = await checkReady();
      return context.json(ready, ready.isReady ? 200 : 503);
    },
    getMetrics: async (context) => {
      await measure();
      return context.text(metrics.text(), 200, {
        'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
      });
    },
  } satisfies Partial<Record<OperationName, Handler>>;
}
