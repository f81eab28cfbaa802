/** @file The HTTP API in types: every body, query, event and error, as zod schemas that checks, OpenAPI and clients share. */
import { z } from 'zod';
import { motionCurveSchema } from '../conditions/motion-curve.js';
import { foleyStages } from '../foley/progress.js';
import { foleyRequestSchema } from '../foley/request.js';
import { speedFields } from '../foley/speed.js';
import { inlineTimingSchema, largestTrackCount, mixFields, trackSchema } from '../foley/track-request.js';

/** 22 letters, digits, `-` or `_`: 128 random bits. Never part of a path on disk without being checked against this. */
export const idSchema = z.string().regex(/^[A-Za-z0-9_-]{22}$/, 'is no id of this service');
const id = idSchema;
const instant = z.iso.datetime().describe('UTC');
const seconds = z.number().min(0).max(1e6);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in hex');
const byteCount = z.int().min(0);

// ---------------------------------------------------------------- errors

/** Codes of the service itself; a failed job also carries the codes of `FoleyError`. */
export const serviceErrorCodes = [
  'invalid-request', // 400: body, query or header does not fit its schema
  'unauthorized', // 401: a token is needed, or it is wrong
  'forbidden', // 403: host not on the list, or a request from another site
  'not-found', // 404
  'method-not-allowed', // 405
  'conflict', // 409: the thing is in a state that does not allow this
  'offset-mismatch', // 409: an append does not start where the upload ends; `details.receivedBytes` says where
  'checksum-mismatch', // 422: the bytes are not those that were announced
  'idempotency-mismatch', // 422: the key was used for another order
  'too-large', // 413
  'unsupported-type', // 415
  'range-invalid', // 416
  'too-many', // 429: the client has too many jobs, uploads or streams open
  'timeout', // 408: the body came too slowly
  'not-ready', // 503: starting, stopping or out of space
  'interrupted', // job: its worker was lost too often
  'time-limit', // job: took longer than the server allows
  'internal', // 500: `requestId` leads to the log
] as const;
export type ServiceErrorCode = (typeof serviceErrorCodes)[number];

export const errorSchema = z.object({
  code: z.string().describe('stable; one of the codes of the service or of smooth-foley'),
  message: z.string().describe('one line'),
  hint: z.string().nullable().describe('what can be done about it'),
  field: z.string().nullable().default(null).describe('path of the field at fault, as in request.guidance'),
  details: z.record(z.string(), z.unknown()).default({}),
  requestId: z.string().nullable().default(null),
});
export const errorBodySchema = z.object({ error: errorSchema });
export type ServiceErrorInfo = z.output<typeof errorSchema>;

// ---------------------------------------------------------------- media

export const mediaFactsSchema = z.object({
  durationSeconds: seconds,
  container: z.enum(['mp4', 'mov', 'webm', 'mkv']),
  byteLength: byteCount,
  video: z.object({
    codec: z.enum(['h264', 'h265', 'vp8', 'vp9', 'av1', 'prores']),
    width: z.number(),
    height: z.number(),
    rotationDegrees: z.union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)]),
    averageFps: z.number(),
    isVariableFrameRate: z.boolean(),
    frameCount: z.int(),
  }),
  audio: z.array(z.object({ codec: z.string().nullable(), channels: z.number(), sampleRateHz: z.number() })),
});

export const mediaSchema = z.object({
  id,
  fileName: z.string().describe('as the client called it; never a path'),
  sha256,
  byteLength: byteCount,
  facts: mediaFactsSchema,
  createdAt: instant,
});
export const mediaListSchema = z.object({ media: z.array(mediaSchema) });
export type Media = z.output<typeof mediaSchema>;

export const uploadOrderSchema = z.strictObject({
  fileName: z.string().trim().min(1).max(255),
  byteLength: z.int().min(1),
  sha256: sha256.optional(),
});
export type UploadOrder = z.input<typeof uploadOrderSchema>;

export const uploadCompleteSchema = z.strictObject({ sha256: sha256.optional() });

export const uploadSchema = z.object({
  id,
  fileName: z.string(),
  byteLength: byteCount.describe('announced'),
  receivedBytes: byteCount.describe('on disk; the offset of the next append'),
  state: z.enum(['open', 'complete']),
  mediaId: id.nullable(),
  createdAt: instant,
  expiresAt: instant.describe('an open upload that nobody appends to is removed then'),
});
export type Upload = z.output<typeof uploadSchema>;

/** Part of a clip or sound. Left out: all of it. */
const stretch = {
  fromSeconds: z.coerce.number().min(0).max(3600).optional(),
  toSeconds: z.coerce.number().min(0).max(3600).optional(),
};
export const filmstripQuerySchema = z.strictObject({
  frames: z.coerce.number().int().min(1).max(240).default(48),
  height: z.coerce.number().int().min(16).max(240).default(72).describe('pixels of one picture'),
  ...stretch,
});
export type FilmstripQuery = z.input<typeof filmstripQuerySchema>;
/** Where each picture is on the sheet: picture i at column i % columns, row floor(i / columns). */
export const filmstripSchema = z.object({
  frames: z.int(),
  columns: z.int(),
  rows: z.int(),
  tileWidth: z.int(),
  tileHeight: z.int(),
  timesSeconds: z.array(z.number()),
  image: z.string().describe('path of the sheet, a PNG'),
});
export type Filmstrip = z.output<typeof filmstripSchema>;

export const peaksQuerySchema = z.strictObject({
  points: z.coerce.number().int().min(1).max(20000).default(2000),
  ...stretch,
});
export type PeaksQuery = z.input<typeof peaksQuerySchema>;
/** Extremes over equal stretches, over all channels; each in -1..1 (beyond where the sound is). */
export const peaksSchema = z.object({
  fromSeconds: z.number(),
  toSeconds: z.number(),
  sampleRateHz: z.number(),
  channels: z.int(),
  minimum: z.array(z.number()),
  maximum: z.array(z.number()),
});
export type Peaks = z.output<typeof peaksSchema>;

/** One pixel a column of 10 ms unless the stretch is longer than `columns`; lowest band at the bottom. */
export const melQuerySchema = z.strictObject({
  columns: z.coerce.number().int().min(16).max(8192).default(4096),
  height: z.coerce.number().int().min(16).max(256).default(128),
  theme: z.enum(['light', 'dark']).default('dark'),
  ...stretch,
});
export type MelQuery = z.input<typeof melQuerySchema>;

// ---------------------------------------------------------------- orders

/** A track without the path of a timing file: timings come inline. */
export const publicTrackSchema = trackSchema.extend({
  timing: inlineTimingSchema
    .nullable()
    .default(null)
    .meta(trackSchema.shape.timing.meta() ?? {}),
});

const offered = foleyRequestSchema.pick({
  label: true,
  tracks: true,
  prompt: true,
  negative: true,
  seed: true,
  takes: true,
  steps: true,
  sampler: true,
  guidance: true,
  visionGuidance: true,
  frameScale: true,
  timingScale: true,
  strategy: true,
  threshold: true,
  hysteresis: true,
  minimumOn: true,
  minimumOff: true,
  smoothing: true,
  raster: true,
  dynamics: true,
  doppler: true,
  pan: true,
  beyond: true,
  events: true,
  gate: true,
  start: true,
  duration: true,
  overlap: true,
  original: true,
  originalGain: true,
  loudness: true,
  format: true,
  container: true,
  picture: true,
  model: true, // a name on the server's list, checked again at the door
});
/**
 * What a client may say about a generation: the one request, without what names files or belongs to the machine.
 * Of `label` and `tracks` one at most is given; with neither, the picture chooses a label.
 */
export const publicRequestSchema = offered.extend({
  ...speedFields,
  tracks: z
    .array(publicTrackSchema)
    .min(1)
    .max(largestTrackCount)
    .nullable()
    .default(null)
    .meta(offered.shape.tracks.meta() ?? {}),
});
export type PublicRequest = z.output<typeof publicRequestSchema>;
export type PublicRequestInput = z.input<typeof publicRequestSchema>;

/** Fields that decide what is seen when: all that an inspection reads. Without a label the picture chooses one. */
export const inspectRequestSchema = publicRequestSchema.pick({
  label: true,
  strategy: true,
  threshold: true,
  hysteresis: true,
  minimumOn: true,
  minimumOff: true,
  smoothing: true,
  events: true,
  dynamics: true,
  beyond: true,
  start: true,
  duration: true,
  model: true,
});

export const spanSchema = z.strictObject({ startSeconds: seconds, endSeconds: seconds });
export type Span = z.output<typeof spanSchema>;

const orderBase = {
  mediaId: id,
  priority: z
    .int()
    .min(-100)
    .max(100)
    .default(0)
    .describe('higher runs earlier; equal ones in order of arrival'),
  name: z.string().trim().min(1).max(200).nullable().default(null).describe('for people'),
};

export const inspectOrderSchema = z.strictObject({
  kind: z.literal('inspect'),
  ...orderBase,
  request: inspectRequestSchema,
});

export const generateOrderSchema = z.strictObject({
  kind: z.literal('generate'),
  ...orderBase,
  request: publicRequestSchema,
  timing: inlineTimingSchema
    .nullable()
    .default(null)
    .describe('edited by hand, in place of the computed one; of a request with one label'),
});

export const mixTrackSchema = z.strictObject({
  jobId: id.describe('a finished generate job of the same media'),
  take: z.int().min(0).max(63).default(0),
  track: z
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe('of a job with several tracks: one of them; null: its mix'),
  name: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .nullable()
    .default(null)
    .describe('names the stem; the label when left out'),
  gain: mixFields.gain,
  pan: mixFields.pan,
  isMuted: z.boolean().default(false).describe('silent in the mix, still written as a stem'),
});

/** Several finished takes become one sound, its stems, and the clip with it. Nothing is generated anew. */
export const mixOrderSchema = z.strictObject({
  kind: z.literal('mix'),
  ...orderBase,
  tracks: z.array(mixTrackSchema).min(1).max(16),
  original: publicRequestSchema.shape.original,
  originalGain: publicRequestSchema.shape.originalGain,
  loudness: publicRequestSchema.shape.loudness,
  container: publicRequestSchema.shape.container,
  stems: z.boolean().default(true).describe('also one WAV for each track'),
  flac: z.boolean().default(true).describe('also the mix as FLAC'),
});

export const jobOrderSchema = z.discriminatedUnion('kind', [
  inspectOrderSchema,
  generateOrderSchema,
  mixOrderSchema,
]);
export type JobOrder = z.output<typeof jobOrderSchema>;
export type JobOrderInput = z.input<typeof jobOrderSchema>;
export type JobKind = JobOrder['kind'];

// ---------------------------------------------------------------- jobs

export const jobStates = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type JobState = (typeof jobStates)[number];
/** Nothing happens to a job in one of these any more. */
export const finishedStates: readonly JobState[] = ['succeeded', 'failed', 'cancelled'];

export const progressSchema = z.object({
  stage: z.enum([...foleyStages, 'mix']),
  done: z.number(),
  total: z.number(),
  take: z.int().describe('from 0'),
  takes: z.int(),
  fraction: z.number().min(0).max(1).describe('of the whole job'),
  secondsLeft: z.number().nullable().describe('estimate; null until there is one'),
});
export type JobProgress = z.output<typeof progressSchema>;

export const timingCurveSchema = z.object({
  label: z.string(),
  durationSeconds: z.number(),
  timesSeconds: z.array(z.number()),
  similarity: z.array(z.number()),
  spans: z.array(spanSchema),
  motion: motionCurveSchema.optional().describe('how it moves through the picture, where that is known'),
});
const rankedLabelSchema = z.object({
  label: z.string(),
  classId: z.string(),
  score: z.number().min(0).max(1).describe('those of all known sounds sum to 1'),
});
/** What the picture chose where a request names nothing. */
export const chosenLabelSchema = rankedLabelSchema.extend({
  isUncertain: z.boolean().describe('all others together are likelier'),
  runnersUp: z.array(rankedLabelSchema).describe('the next ones'),
});
export type ChosenLabel = z.output<typeof chosenLabelSchema>;

/** What an `inspect` job found. */
export const inspectionSchema = z.object({
  timing: timingCurveSchema.describe('of the label, or of the one that the picture chose'),
  chosenLabel: chosenLabelSchema.nullable().default(null).describe('of a request without a label'),
  warnings: z.array(z.string()),
});

export const fileKinds = ['wav', 'flac', 'video', 'stem', 'timing', 'picture', 'sidecar'] as const;
export const jobFileSchema = z.object({
  id,
  kind: z.enum(fileKinds),
  take: z.int().nullable().describe('from 0; null for what belongs to the whole job'),
  track: z.int().nullable().describe('of a stem, from 0'),
  name: z.string().describe('under which it is downloaded'),
  mediaType: z.string(),
  byteLength: byteCount,
  sha256,
});
export type JobFile = z.output<typeof jobFileSchema>;
/** `download=1` asks a browser to save the file in place of showing it. */
export const downloadQuerySchema = z.strictObject({ download: z.enum(['0', '1']).default('0') });
export const jobFilesSchema = z.object({ files: z.array(jobFileSchema) });

/** One variation of a finished `generate` job. */
export const takeSchema = z.object({
  take: z.int(),
  seed: z.int(),
  timing: timingCurveSchema.nullable(),
  tracks: z
    .array(z.object({ label: z.string(), seed: z.int(), timing: timingCurveSchema.nullable() }))
    .describe('of a request with tracks, in their order; else empty'),
  chosenLabel: chosenLabelSchema
    .nullable()
    .default(null)
    .describe('of a request with neither label nor tracks'),
  warnings: z.array(z.string()),
});

export const jobSchema = z.object({
  id,
  kind: z.enum(['inspect', 'generate', 'mix']),
  state: z.enum(jobStates),
  mediaId: id,
  name: z.string().nullable(),
  priority: z.int(),
  order: jobOrderSchema.describe('as given, with defaults and a settled seed'),
  attempt: z.int().describe('how often a worker has taken it; 0 while none has'),
  isCancelRequested: z.boolean(),
  queuePosition: z.int().nullable().describe('how many run before it; null when it does not wait'),
  progress: progressSchema.nullable(),
  createdAt: instant,
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
  error: errorSchema.nullable(),
  inspection: inspectionSchema.nullable().describe('of a finished inspect job'),
  takes: z.array(takeSchema).describe('of a finished generate job'),
  files: z.array(jobFileSchema),
  commandLine: z.string().nullable().describe('what makes the same on the command line'),
  eventId: z.string().describe('of the last event about this job'),
});
export type Job = z.output<typeof jobSchema>;

export const jobListQuerySchema = z.strictObject({
  mediaId: id.optional(),
  state: z.enum(jobStates).optional(),
  kind: z.enum(['inspect', 'generate', 'mix']).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: id.optional().describe('id of the last job of the page before; newest first'),
});
export type JobListQuery = z.input<typeof jobListQuerySchema>;
export const jobListSchema = z.object({ jobs: z.array(jobSchema), nextBefore: id.nullable() });

// ---------------------------------------------------------------- events

/**
 * Server-sent events: `event:` is the type, `data:` this object as JSON. `job` and `progress` carry an `id:`, ascend, and
 * are replayed after `Last-Event-ID` (0: all). Without that header a stream starts with the present state of the job.
 * `queue` has no id: it says what is, and is not replayed. A stream of one job ends after it has finished.
 */
export const serviceEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('job'), job: jobSchema }),
  z.object({ type: z.literal('progress'), jobId: id, attempt: z.int(), progress: progressSchema }),
  z.object({ type: z.literal('removed'), jobId: id }),
  z.object({
    type: z.literal('queue'),
    positions: z.record(z.string(), z.int()).describe('job id -> how many run before it'),
  }),
]);
export type ServiceEvent = z.output<typeof serviceEventSchema>;
/** As a client gets it. */
export interface ReceivedEvent {
  /** Null for events that are not replayed. */
  readonly id: string | null;
  readonly event: ServiceEvent;
}

// ---------------------------------------------------------------- the service itself

/** `POST /v1/session` trades the token for a cookie, for pages: a video element cannot send a header. */
export const sessionOrderSchema = z.strictObject({ token: z.string().min(1).max(4096) });

export const requestFieldSchema = z.object({
  name: z.string(),
  label: z.string(),
  help: z.string(),
  group: z.string(),
  unit: z.string().optional(),
  nullWord: z.string().optional(),
  placeholder: z.string().optional(),
  kind: z.string().describe('text, number, integer, choice, switch or list'),
  choices: z.array(z.string()),
  minimum: z.number().nullable(),
  isMinimumExcluded: z.boolean(),
  maximum: z.number().nullable(),
  isNullable: z.boolean(),
  isRequired: z.boolean(),
  defaultValue: z.unknown(),
});

/** What a form needs to know. */
export const serviceSchemaSchema = z.object({
  version: z.string(),
  groups: z.record(z.string(), z.string()).describe('heading of each group, in order'),
  request: z.array(requestFieldSchema),
  track: z.array(requestFieldSchema).describe('fields of one of several tracks'),
  inspect: z.array(z.string()).describe('names of the fields that an inspection reads'),
  models: z.array(z.string()),
  limits: z.object({
    uploadBytes: z.int(),
    durationSeconds: z.number(),
    pixelsPerFrame: z.int(),
    framesPerSecond: z.number(),
    tracks: z.int(),
    takes: z.int(),
    queuedJobsPerClient: z.int(),
    jobSeconds: z.number(),
    jobMebibytes: z.int(),
  }),
});
export type ServiceSchema = z.output<typeof serviceSchemaSchema>;

export const healthSchema = z.object({ status: z.literal('ok'), version: z.string() });
export const readySchema = z.object({
  isReady: z.boolean(),
  checks: z.record(z.string(), z.enum(['ok', 'failing'])),
});
