/** @file Runs a mix in a child process, as generations run: codecs can crash, and results appear all at once. */
import { resolve } from 'node:path';
import { cancelled, type JobOptions, superviseChild } from './job-runner.node.js';
import type { MixSidecar } from './make-mix.node.js';
import type { MixRequest } from './mix-request.js';
import { openStagingFolder, resultPlace, takeName } from './result-files.node.js';

export interface MixResult {
  readonly mix: MixSidecar;
  /** Absolute paths of everything written. */
  readonly paths: readonly string[];
  /** The child's largest resident set. */
  readonly peakRssBytes: number;
}

/**
 * Mixes tracks that are there already. Takes about as long as the clip needs to be copied.
 * @throws FoleyError with the code of whatever went wrong; `cancelled` when the signal fired
 */
export async function runMixJob(request: MixRequest, options: JobOptions = {}): Promise<MixResult> {
  const { folder, stem: clipStem } = resultPlace(request);
  const place = { folder, stem: request.name ?? clipStem };
  const staging = await openStagingFolder(place, [takeName(place.stem, 0, 1)], request.overwrite);
  try {
    const absolute: MixRequest = {
      ...request,
      video: resolve(request.video),
      tracks: request.tracks.map((track) => ({ ...track, file: resolve(track.file) })),
    };
    const order = { kind: 'mix', request: absolute, staging: staging.path, stem: place.stem } as const;
    const { yielded, peakRssBytes } = await superviseChild(order, options);
    if (options.signal?.aborted) throw cancelled(options.signal);
    return { mix: yielded, paths: await staging.publish(request.overwrite), peakRssBytes };
  } finally {
    await staging.discard();
  }
}
