/** @file The seeing half of a job: which part of the clip, its frame embeddings, and when the label sounds. */
import type { FrameEmbeddings } from '../conditions/frame-embeddings.js';
import { Timeline } from '../conditions/timeline.js';
import type { TimingCurve } from '../conditions/timing-curve.js';
import { FoleyError } from '../errors/foley-error.js';
import { computeTiming, givenTiming } from './clip-timing.js';
import { type ClipRange, embedClip } from './embed-clip.js';
import type { JobHooks, StageClock } from './progress.js';
import type { FoleyRequest } from './request.js';
import type { Clip, SeeingStations } from './stations.js';

/** The text of a timing file, read by the caller, since the core touches no files. */
export interface GivenTimingText {
  readonly name: string;
  readonly text: string;
}

/** Everything a job works with. */
export interface Job<R extends FoleyRequest = FoleyRequest, S extends SeeingStations = SeeingStations> {
  readonly request: R;
  readonly clip: Clip;
  readonly stations: S;
  readonly timingText: GivenTimingText | null;
  /** Gathers seconds by stage. */
  readonly clock: StageClock;
  readonly hooks: JobHooks;
}

/** What a job has seen. */
export interface SeenClip {
  readonly timeline: Timeline;
  readonly range: ClipRange;
  /** Null when nothing needed them. */
  readonly embeddings: FrameEmbeddings | null;
  /** Null when neither frames nor timing were asked for. */
  readonly timing: TimingCurve | null;
  readonly warnings: readonly string[];
}

/** Looks at the clip, as far as the request needs it. */
export async function seeClip(job: Job): Promise<SeenClip> {
  const { request, clip, stations, timingText, clock, hooks } = job;
  const { durationSeconds: clipSeconds } = clip.facts;
  const timeline = new Timeline({ ...stations.timeline, raster: request.raster });
  const range = rangeOf(request, clipSeconds);
  const needsFrames = request.frameScale > 0 || (request.timingScale > 0 && timingText === null);
  const embeddings = needsFrames
    ? await clock.time('frames', () => embedClip(clip, range, timeline, stations, hooks))
    : null;
  throwIfCancelled(hooks);
  const warnings: string[] = [];
  const timing = await clock.time('text', async () => {
    if (timingText !== null) {
      const given = givenTiming(request, timingText.text, timingText.name, clipSeconds);
      warnings.push(...given.warnings);
      return given.timing;
    }
    return embeddings === null ? null : computeTiming(request, embeddings, stations.encoder, clipSeconds);
  });
  if (timing !== null && timing.spans.length === 0 && request.timingScale > 0) {
    warnings.push(
      `"${request.label}" was seen nowhere, so the timing is silent throughout; lower the threshold or give a timing`,
    );
  }
  return { timeline, range, embeddings, timing, warnings };
}

/** The stretch of the clip that a request is about. @throws usage when it lies past the end */
export function rangeOf(request: FoleyRequest, clipSeconds: number): ClipRange {
  if (request.start >= clipSeconds) {
    throw new FoleyError(
      'usage',
      `start ${request.start} s lies past the end of the clip at ${clipSeconds.toFixed(2)} s`,
    );
  }
  const rest = clipSeconds - request.start;
  return { startSeconds: request.start, durationSeconds: Math.min(rest, request.duration ?? rest) };
}

/** @throws cancelled when the job's signal has fired */
export function throwIfCancelled({ signal }: JobHooks): void {
  if (signal?.aborted) throw new FoleyError('cancelled', 'the job was cancelled', { cause: signal.reason });
}
