/** @file One sound for a clip, by the way that a user's request goes. */
import { mixdown } from '../audio/wave.js';
import { generate } from '../foley/generate.js';
import { type JobHooks, StageClock } from '../foley/progress.js';
import { type FoleyRequestInput, parseRequest } from '../foley/request.js';
import { withModelDefaults } from '../foley/settled-request.js';
import type { Clip, FoleyStations } from '../foley/stations.js';

/** What a request says beside its clip; timing is what is seen. */
export type SoundRequest = Partial<Omit<FoleyRequestInput, 'video' | 'tracks' | 'timing' | 'takes'>> & {
  readonly label: string;
  readonly seed: number;
};

/** Mono samples at the model's rate. @throws FoleyError as `generate` */
export async function soundForClip(
  clip: Clip,
  stations: FoleyStations,
  request: SoundRequest,
  hooks: JobHooks = {},
): Promise<{ readonly samples: Float32Array; readonly sampleRateHz: number }> {
  const settled = withModelDefaults(
    { ...parseRequest({ ...request, video: clip.path }), seed: request.seed, timing: null, tracks: null },
    stations.defaults,
  );
  const job = { request: settled, clip, stations, clock: new StageClock(), hooks };
  const takes = generate(job);
  const { value: take } = await takes.next();
  if (take === undefined) throw new Error('a request for one take made none');
  return { samples: mixdown(take.wave).channels[0]!, sampleRateHz: take.wave.sampleRateHz };
}
