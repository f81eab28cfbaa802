/** @file Every operation of the API in words and schemas: what the OpenAPI document and the routes are made of. */
import type { z } from 'zod';
import * as contract from './contract.js';
import type { RouteName } from './paths.js';

export interface Operation {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  readonly route: RouteName;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: z.ZodType | 'bytes';
  /** Of the answer when all is well: a status, and a schema, a media type, or nothing. */
  readonly answer: { readonly status: number; readonly body: z.ZodType | string | null };
  /** Answered without a token. */
  readonly isOpen?: boolean;
}

const range = { Range: 'bytes of the file', 'If-Range': 'ETag that the range belongs to' };
const ok = (body: z.ZodType | string): Operation['answer'] => ({ status: 200, body });
const nothing: Operation['answer'] = { status: 204, body: null };
const eventStream: Operation['answer'] = ok('text/event-stream');
const lastEventId = { 'Last-Event-ID': 'tells the events after this one again; 0: all' };

export const operations = {
  createUpload: {
    method: 'post',
    route: 'uploads',
    summary: 'begin an upload',
    body: contract.uploadOrderSchema,
    answer: { status: 201, body: contract.uploadSchema },
  },
  getUpload: {
    method: 'get',
    route: 'upload',
    summary: 'how much has arrived',
    answer: ok(contract.uploadSchema),
  },
  appendUpload: {
    method: 'patch',
    route: 'upload',
    summary: 'add bytes at the end',
    headers: { 'Upload-Offset': 'how many bytes the upload has' },
    body: 'bytes',
    answer: ok(contract.uploadSchema),
  },
  completeUpload: {
    method: 'post',
    route: 'uploadComplete',
    summary: 'check what has arrived and make media of it',
    body: contract.uploadCompleteSchema,
    answer: { status: 201, body: contract.mediaSchema },
  },
  removeUpload: { method: 'delete', route: 'upload', summary: 'give an upload up', answer: nothing },
  listMedia: {
    method: 'get',
    route: 'mediaList',
    summary: 'clips, the newest first',
    answer: ok(contract.mediaListSchema),
  },
  getMedia: { method: 'get', route: 'media', summary: 'facts of a clip', answer: ok(contract.mediaSchema) },
  removeMedia: {
    method: 'delete',
    route: 'media',
    summary: 'remove a clip that no job refers to',
    answer: nothing,
  },
  getMediaFile: {
    method: 'get',
    route: 'mediaFile',
    summary: 'the clip',
    headers: range,
    answer: ok('video/*'),
  },
  getFilmstrip: {
    method: 'get',
    route: 'mediaFilmstrip',
    summary: 'where each picture is on the sheet',
    query: contract.filmstripQuerySchema,
    answer: ok(contract.filmstripSchema),
  },
  getFilmstripImage: {
    method: 'get',
    route: 'mediaFilmstripImage',
    summary: 'pictures of the clip on one sheet',
    query: contract.filmstripQuerySchema,
    answer: ok('image/png'),
  },
  getMediaPeaks: {
    method: 'get',
    route: 'mediaPeaks',
    summary: "extremes of the clip's own sound",
    query: contract.peaksQuerySchema,
    answer: ok(contract.peaksSchema),
  },
  getMediaMel: {
    method: 'get',
    route: 'mediaMel',
    summary: "mel spectrogram of the clip's own sound",
    query: contract.melQuerySchema,
    answer: ok('image/png'),
  },
  createJob: {
    method: 'post',
    route: 'jobs',
    summary: 'order work; with a known Idempotency-Key, find the job that was made of it (status 200)',
    headers: { 'Idempotency-Key': 'of your choice, new for each order' },
    body: contract.jobOrderSchema,
    answer: { status: 201, body: contract.jobSchema },
  },
  listJobs: {
    method: 'get',
    route: 'jobs',
    summary: 'jobs, the newest first',
    query: contract.jobListQuerySchema,
    answer: ok(contract.jobListSchema),
  },
  getJob: { method: 'get', route: 'job', summary: 'one job', answer: ok(contract.jobSchema) },
  cancelJob: { method: 'post', route: 'jobCancel', summary: 'stop a job', answer: ok(contract.jobSchema) },
  removeJob: {
    method: 'delete',
    route: 'job',
    summary: 'remove a finished job and its files',
    answer: nothing,
  },
  listJobFiles: {
    method: 'get',
    route: 'jobFiles',
    summary: 'what a job has made',
    answer: ok(contract.jobFilesSchema),
  },
  getJobFile: {
    method: 'get',
    route: 'jobFile',
    summary: 'one of its files',
    query: contract.downloadQuerySchema,
    headers: range,
    answer: ok('application/octet-stream'),
  },
  getJobFilePeaks: {
    method: 'get',
    route: 'jobFilePeaks',
    summary: 'extremes of a sound',
    query: contract.peaksQuerySchema,
    answer: ok(contract.peaksSchema),
  },
  getJobFileMel: {
    method: 'get',
    route: 'jobFileMel',
    summary: 'mel spectrogram of a sound',
    query: contract.melQuerySchema,
    answer: ok('image/png'),
  },
  streamJob: {
    method: 'get',
    route: 'jobEvents',
    summary: 'what happens to one job, until it has finished',
    headers: lastEventId,
    answer: eventStream,
  },
  streamAll: {
    method: 'get',
    route: 'events',
    summary: 'what happens to all jobs',
    headers: lastEventId,
    answer: eventStream,
  },
  beginSession: {
    method: 'post',
    route: 'session',
    summary: 'trade the token for a cookie',
    body: contract.sessionOrderSchema,
    answer: nothing,
    isOpen: true,
  },
  endSession: {
    method: 'delete',
    route: 'session',
    summary: 'drop the cookie',
    answer: nothing,
    isOpen: true,
  },
  getSchema: {
    method: 'get',
    route: 'schema',
    summary: 'fields of a request, models and limits, for forms',
    answer: ok(contract.serviceSchemaSchema),
  },
  getOpenApi: { method: 'get', route: 'openApi', summary: 'this document', answer: ok('application/json') },
  getHealth: {
    method: 'get',
    route: 'health',
    summary: 'the process lives',
    answer: ok(contract.healthSchema),
    isOpen: true,
  },
  getReady: {
    method: 'get',
    route: 'ready',
    summary: 'it can take work (503: it cannot)',
    answer: ok(contract.readySchema),
    isOpen: true,
  },
  getMetrics: {
    method: 'get',
    route: 'metrics',
    summary: 'figures for Prometheus',
    answer: ok('text/plain; version=0.0.4'),
  },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationName = keyof typeof operations;
