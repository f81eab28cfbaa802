/** @file How large a clip may be before it is refused, checked before anything is decoded. */
import { FoleyError } from '../errors/foley-error.js';

export interface MediaLimits {
  readonly maxBytes: number;
  readonly maxDurationSeconds: number;
  /** Width times height of one picture. */
  readonly maxPixelsPerFrame: number;
  readonly maxFramesPerSecond: number;
  readonly maxFrameCount: number;
  readonly maxTracks: number;
}

/** Room for an hour of 8K, and an end for files that only claim to be that. */
export const defaultMediaLimits: MediaLimits = {
  maxBytes: 16 * 1024 ** 3,
  maxDurationSeconds: 3600,
  maxPixelsPerFrame: 8192 * 4352,
  maxFramesPerSecond: 1000,
  maxFrameCount: 1_000_000,
  maxTracks: 64,
};

/** @throws FoleyError 'limit-exceeded' naming the file, what was found and what is allowed. */
export function assertWithinLimit(path: string, what: string, found: number, allowed: number): void {
  if (found <= allowed) return;
  throw new FoleyError(
    'limit-exceeded',
    `${path} has ${tidy(found)} ${what}, more than the ${tidy(allowed)} allowed`,
    {
      hint: 'Cut or scale the clip down, or raise this limit if the file can be trusted.',
    },
  );
}

function tidy(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
