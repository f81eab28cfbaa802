/** @file What a session leaves in the browser, so that reloading the page loses nothing. */
import { z } from 'zod';

const span = z.object({ startSeconds: z.number(), endSeconds: z.number() });

const savedSession = z.object({
  format: z.literal('smooth-foley.session/1'),
  mediaId: z.string(),
  settings: z.record(z.string(), z.unknown()),
  tracks: z.array(
    z.object({
      id: z.string(),
      number: z.number(),
      values: z.record(z.string(), z.unknown()),
      gainDb: z.number(),
      pan: z.number(),
      isMuted: z.boolean(),
      spans: z.array(span).nullable(),
      currentJobId: z.string().nullable(),
    }),
  ),
  takes: z.array(
    z.object({
      jobId: z.string(),
      trackId: z.string(),
      number: z.number(),
      name: z.string(),
      verdict: z.enum(['open', 'kept', 'discarded']),
    }),
  ),
  mixes: z.array(z.string()),
});
export type SavedSession = z.output<typeof savedSession>;
export type SavedTrack = SavedSession['tracks'][number];

/** @returns null for what another version, or nobody, wrote */
export function readSession(text: string | null): SavedSession | null {
  if (text === null) return null;
  try {
    return savedSession.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null; // not JSON: not ours
  }
}

export function writeSession(session: Omit<SavedSession, 'format'>): string {
  return JSON.stringify({ format: 'smooth-foley.session/1', ...session } satisfies SavedSession);
}

export const sessionKey = 'smooth-foley.session';
