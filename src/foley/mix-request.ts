/** @file What can be said about a mix of sounds that are there already: nothing is generated anew. */
import { z } from 'zod';
import { FoleyError } from '../errors/foley-error.js';
import { foleyRequestSchema } from './request.js';
import { describeFault } from './request-faults.js';
import { largestTrackCount, mixFields } from './track-request.js';

const { shape } = foleyRequestSchema;

/** One sound of a mix: a stem of a result, or the sound of a take. */
export const mixTrackSchema = z.strictObject({
  /** WAV or FLAC, as long as the clip. */
  file: z.string().min(1),
  /** Names the stem; a label, as a rule. */
  name: z.string().trim().min(1).max(200),
  ...mixFields,
});

export const mixRequestSchema = z.strictObject({
  video: shape.video,
  tracks: z.array(mixTrackSchema).min(1).max(largestTrackCount).meta({
    label: 'tracks',
    help: 'what is mixed',
    group: 'what',
  }),
  original: shape.original,
  originalGain: shape.originalGain,
  loudness: shape.loudness,
  container: shape.container,
  format: shape.format,
  /** Whether the tracks are written beside the mix, too, before gain and pan. */
  stems: z.boolean().default(false),
  outDir: shape.outDir,
  /** Base name of the results; that of the clip when left out. */
  name: z.string().min(1).nullable().default(null),
  overwrite: shape.overwrite,
  memoryLimit: shape.memoryLimit,
});

export type MixRequest = z.output<typeof mixRequestSchema>;
export type MixRequestInput = z.input<typeof mixRequestSchema>;

/** Checks a mix request and fills in defaults. @throws usage, naming the field */
export function parseMixRequest(input: unknown): MixRequest {
  const parsed = mixRequestSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new FoleyError(
    'usage',
    describeFault(mixRequestSchema, parsed.error, input, (name) => name),
  );
}
