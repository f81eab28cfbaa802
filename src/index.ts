/**
 * @file What other programs may use on Node: make sound for a clip, look at a clip, and edit timings. Everything else
 * is reached by its own path inside the package and may change.
 */

export type { TimeSpan } from './conditions/timeline.js';
export { parseTiming, serializeTiming, type TimingCurve } from './conditions/timing-curve.js';
export { FoleyError, type FoleyErrorCode } from './errors/foley-error.js';
export { type FoleyResult, type JobOptions, runFoleyJob, runInspection } from './foley/job-runner.node.js';
export { type MixRequest, type MixRequestInput, parseMixRequest } from './foley/mix-request.js';
export { type MixResult, runMixJob } from './foley/mix-runner.node.js';
export type { FoleyProgress, FoleyStage } from './foley/progress.js';
export {
  type FoleyRequest,
  type FoleyRequestInput,
  foleyRequestSchema,
  parseRequest,
} from './foley/request.js';
export type { TrackRequest, TrackRequestInput } from './foley/track-request.js';
export type { FoleySidecar } from './foley/write-take.node.js';
export { type MediaFacts, readMediaFacts } from './video/index.js';
