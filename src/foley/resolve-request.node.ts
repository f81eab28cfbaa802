/** @file What is settled of a request before a child gets it: the seed is drawn, and the timing files are read. */
import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { MotionCurve } from '../conditions/motion-curve.js';
import { parseTiming } from '../conditions/timing-curve.js';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import type { FoleyRequest } from './request.js';
import type { ResolvedRequest } from './settled-request.js';
import type { InlineTiming } from './track-request.js';

/** @throws input-missing, input-rejected for a timing file */
export async function resolveRequest(request: FoleyRequest): Promise<ResolvedRequest> {
  const { tracks } = request;
  return {
    ...request,
    seed: request.seed ?? randomInt(2 ** 32),
    timing: await readTiming(request.timing),
    tracks:
      tracks === null
        ? null
        : await Promise.all(
            tracks.map(async (track) => ({ ...track, timing: await readTiming(track.timing) })),
          ),
  };
}

async function readTiming(timing: FoleyRequest['timing']): Promise<InlineTiming | null> {
  if (typeof timing !== 'string') return timing;
  const text = await readFile(timing, 'utf8').catch((cause: unknown) => {
    throw new FoleyError('input-missing', `cannot read the timing ${timing}: ${messageOf(cause)}`, { cause });
  });
  const { label, spans, timesSeconds, similarity, motion } = parseTiming(text, timing);
  return {
    file: timing,
    label,
    spans: [...spans],
    timesSeconds: [...timesSeconds],
    similarity: [...similarity],
    ...(motion === undefined ? {} : { motion: mutable(motion) }),
  };
}

/** As a request holds it. */
function mutable({
  timesSeconds,
  presence,
  size,
  position,
  height,
}: MotionCurve): NonNullable<InlineTiming['motion']> {
  return {
    timesSeconds: [...timesSeconds],
    presence: [...presence],
    size: [...size],
    position: [...position],
    ...(height === undefined ? {} : { height: [...height] }),
  };
}
