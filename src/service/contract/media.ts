/** @file Clips in the HTTP API: uploads, facts, and the pictures that a timeline shows of them. */
import { z } from 'zod';
import { byteCount, id, instant, seconds, sha256 } from './values.js';

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
