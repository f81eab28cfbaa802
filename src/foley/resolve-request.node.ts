/** @file What is settled of a request before a child gets it: the seed is drawn, and the timing files are read. */
import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
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
  const { label, spans, timesSeconds, similarity } = parseTiming(text, timing);
  return {
    file: timing,
    label,
    spans: [...spans],
    timesSeconds: [...timesSeconds],
    similarity: [...similarity],
  };
}
