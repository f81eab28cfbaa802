/** @file What the HTTP API says of itself: sessions, the fields of a request, limits, health. */
import { z } from 'zod';

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
