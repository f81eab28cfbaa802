/** @file What a client may order from the HTTP API: an inspection, a generation, a mix. */
import { z } from 'zod';
import { foleyRequestSchema } from '../../foley/request.js';
import { speedFields } from '../../foley/speed.js';
import { inlineTimingSchema, largestTrackCount, mixFields, trackSchema } from '../../foley/track-request.js';
import { id, seconds } from './values.js';

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
