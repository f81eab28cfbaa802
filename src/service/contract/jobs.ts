/** @file Jobs of the HTTP API: their states, progress, findings and files. */
import { z } from 'zod';
import { motionCurveSchema } from '../../conditions/motion-curve.js';
import { foleyStages } from '../../foley/progress.js';
import { errorSchema } from './errors.js';
import { jobOrderSchema, spanSchema } from './orders.js';
import { byteCount, id, instant, sha256 } from './values.js';

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
const seenAsSchema = z
  .string()
  .nullable()
  .default(null)
  .describe('what a label that names only a kind of thing stood for in the clip; null where it says more');

/** What an `inspect` job found. */
export const inspectionSchema = z.object({
  timing: timingCurveSchema.describe('of the label, or of the one that the picture chose'),
  seenAs: seenAsSchema,
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
    .array(
      z.object({
        label: z.string(),
        seed: z.int(),
        timing: timingCurveSchema.nullable(),
        seenAs: seenAsSchema,
      }),
    )
    .describe('of a request with tracks, in their order; else empty'),
  seenAs: seenAsSchema,
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
