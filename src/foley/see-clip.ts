/** @file The seeing half of a job: which part of the clip, its frame embeddings, and when each label sounds. */
import type { FrameEmbeddings } from '../conditions/frame-embeddings.js';
import { heardBeyond } from '../conditions/heard-beyond.js';
import type { MotionCurve } from '../conditions/motion-curve.js';
import { Timeline } from '../conditions/timeline.js';
import type { TimingCurve } from '../conditions/timing-curve.js';
import { FoleyError } from '../errors/foley-error.js';
import { assumeSize } from './assumed-size.js';
import { chooseLabel, describeChoice, type LabelChoice } from './choose-label.js';
import { cutToEvents, mayBeRhythmic } from './clip-events.js';
import {
  computeMotion,
  type FollowedMotion,
  followMotion,
  followsMotion,
  strengthsOf,
} from './clip-motion.js';
import { computeTiming, givenTiming } from './clip-timing.js';
import { type ClipRange, embedClip } from './embed-clip.js';
import type { JobHooks, StageClock } from './progress.js';
import type { FoleyRequest } from './request.js';
import { seenAs } from './seen-as.js';
import { type SettledRequest, type TrackPlan, trackPlans } from './settled-request.js';
import { speedOf } from './speed.js';
import type { Clip, SeeingStations } from './stations.js';

/** Everything a job works with. */
export interface Job<S extends SeeingStations = SeeingStations> {
  readonly request: SettledRequest;
  readonly clip: Clip;
  readonly stations: S;
  /** Gathers seconds by stage. */
  readonly clock: StageClock;
  readonly hooks: JobHooks;
}

/** A plan whose text is known. */
export interface SeenPlan extends TrackPlan {
  readonly prompt: string;
}

/** What a job has seen. */
export interface SeenClip {
  readonly timeline: Timeline;
  readonly range: ClipRange;
  /** Null when nothing needed them. */
  readonly embeddings: FrameEmbeddings | null;
  /** What the picture chose where the request names nothing; else null. */
  readonly choice: LabelChoice | null;
  /** In order of the request. */
  readonly tracks: readonly SeenTrack[];
}

/** What has been seen for one track. */
export interface SeenTrack {
  readonly plan: SeenPlan;
  /** What its label stands for in the clip where it names only a kind of thing; else null. */
  readonly seenAs: string | null;
  /** Null when neither frames nor timing were asked for. */
  readonly timing: TimingCurve | null;
  /** Null when nothing of it is to be followed, or nothing is known of it. */
  readonly followed: FollowedMotion | null;
  readonly warnings: readonly string[];
}

/** Looks at the clip, as far as the request needs it: once, however many tracks there are. */
export async function seeClip(job: Job): Promise<SeenClip> {
  const { request, clip, stations, clock, hooks } = job;
  const { durationSeconds: clipSeconds } = clip.facts;
  const timeline = new Timeline({ ...stations.timeline, raster: request.raster });
  const range = rangeOf(request, clipSeconds);
  const given = request.tracks === null ? [request.timing] : request.tracks.map(({ timing }) => timing);
  const choosesLabel = request.tracks === null && request.label === null;
  if (choosesLabel && !stations.readsLabels) {
    throw new FoleyError(
      'usage',
      'the label is missing, and this model has nothing that finds one in the picture',
      {
        hint: 'Say what is heard, or give a label encoder that belongs to the image encoder.',
      },
    );
  }
  const computesTiming = request.timingScale > 0 && given.includes(null);
  const computesMotion =
    followsMotion(strengthsOf(request)) && given.some((timing) => timing?.motion === undefined);
  const tellsPlaces = stations.readsLabels && stations.encoder.embedPlaceLabels !== undefined;
  const needsFrames =
    choosesLabel || request.frameScale > 0 || computesTiming || (computesMotion && tellsPlaces);
  const watchesChanges =
    computesTiming && (await clock.time('text', () => needsChanges(request, choosesLabel, stations)));
  const embeddings = needsFrames
    ? await clock.time('frames', () =>
        embedClip(
          clip,
          range,
          timeline,
          stations,
          hooks,
          speedOf(request, stations.speedDefaults),
          watchesChanges,
        ),
      )
    : null;
  throwIfCancelled(hooks);
  const choice = choosesLabel
    ? await clock.time('text', () => chooseLabel(embeddings!, stations.encoder)) // looked at for this, too
    : null;
  const tracks: SeenTrack[] = [];
  for (const plan of trackPlans(request, choice?.label))
    tracks.push(await clock.time('text', () => seeTrack(job, plan, embeddings)));
  return { timeline, range, embeddings, choice, tracks: withDoubt(tracks, choice) };
}

/** Whether a track's timing may follow sudden movements, so that all pictures have to be compared. */
async function needsChanges(
  request: SettledRequest,
  choosesLabel: boolean,
  { readsLabels, encoder }: SeeingStations,
): Promise<boolean> {
  if (request.events === 'off' || !readsLabels) return false;
  if (request.events === 'all' || choosesLabel) return true;
  for (const { label, timing } of trackPlans(request)) {
    if (timing === null && (await mayBeRhythmic(label, encoder))) return true;
  }
  return false;
}

/** A choice that may well be another one is worth a warning. */
function withDoubt(tracks: readonly SeenTrack[], choice: LabelChoice | null): readonly SeenTrack[] {
  if (choice === null || !choice.isUncertain) return tracks;
  const doubt = `nothing said what is heard, and ${describeChoice(choice)}: give a label if that is wrong`;
  return tracks.map((track) => ({ ...track, warnings: [doubt, ...track.warnings] }));
}

async function seeTrack(
  { request, clip, stations }: Job,
  plan: TrackPlan,
  embeddings: FrameEmbeddings | null,
): Promise<SeenTrack> {
  const { durationSeconds: clipSeconds, video } = clip.facts;
  const looks = embeddings !== null && stations.readsLabels;
  const label = looks ? await seenAs(plan.label, embeddings, stations.encoder) : plan.label;
  const seen = await timingOf(plan);
  const warnings = [...seen.warnings];
  if (label !== plan.label) {
    warnings.unshift(
      `"${plan.label}" names a kind of thing, and the clip shows "${label}" most of that kind: give a label that says what is heard, if that is wrong`,
    );
  }
  if (seen.timing !== null && seen.timing.spans.length === 0 && request.timingScale > 0) {
    warnings.push(
      `"${plan.label}" was seen nowhere, so the timing is silent throughout; lower the threshold or give a timing`,
    );
  }
  const motion = plan.timing?.motion ?? (await motionSeen());
  const isTurned = video.rotationDegrees % 180 !== 0;
  const aspect = isTurned ? video.height / video.width : video.width / video.height;
  const { followed, warnings: ofMotion } = await followMotion(
    request,
    label,
    motion,
    stations.encoder,
    aspect,
  );
  const timing = seen.timing === null || motion === null ? seen.timing : { ...seen.timing, motion };
  const seenTrack = {
    plan: { ...plan, prompt: plan.prompt ?? label },
    seenAs: label === plan.label ? null : label,
    timing,
    followed,
    warnings: [...warnings, ...ofMotion],
  };
  return request.beyond === 0 ? seenTrack : withTails(seenTrack, request.beyond, clipSeconds);

  async function motionSeen(): Promise<MotionCurve | null> {
    if (embeddings === null || !stations.readsLabels) return null;
    return computeMotion(label, embeddings, stations.encoder);
  }

  async function timingOf({ timing }: TrackPlan): Promise<Pick<SeenTrack, 'timing' | 'warnings'>> {
    if (timing !== null) return givenTiming(request, plan, timing, clipSeconds);
    if (embeddings === null || !stations.readsLabels) return { timing: null, warnings: [] };
    const { threshold } = plan;
    const { encoder } = stations;
    const computed = await computeTiming(request, { label, threshold }, embeddings, encoder, clipSeconds);
    // places learned things: of the rain they see nothing, and where it is heard the picture does not say
    if (request.strategy === 'places' && (await assumeSize(label, 1, encoder)) === null) {
      const throughout = [{ startSeconds: 0, endSeconds: computed.durationSeconds }];
      const warning = `no thing makes the sound of "${plan.label}", so it sounds throughout; give a timing, or another strategy`;
      return { timing: { ...computed, label: plan.label, spans: throughout }, warnings: [warning] };
    }
    const cut = await cutToEvents(request, computed, embeddings, encoder);
    return { timing: { ...cut, label: plan.label }, warnings: [] };
  }
}

/** Lets the sound of what moves on beyond the picture go on there; says why where it cannot. */
function withTails(track: SeenTrack, beyondSeconds: number, clipSeconds: number): SeenTrack {
  const { plan, timing, followed } = track;
  const idle = (why: string): SeenTrack => ({
    ...track,
    warnings: [...track.warnings, `beyond had no effect: ${why}`],
  });
  if (plan.timing !== null) return idle('the timing was given');
  if (timing === null || followed === null || followed.dynamics === 0)
    return idle('the level does not follow the motion of the thing (dynamics)');
  if (!followed.isSustained) return idle(`"${plan.label}" is no sound that goes on by itself`);
  const { spans, fades } = heardBeyond(timing.spans, followed.path, beyondSeconds, clipSeconds);
  const rounded = (seconds: number): number => Math.round(seconds * 1e4) / 1e4;
  return {
    ...track,
    timing: {
      ...timing,
      spans: spans.map((span) => ({
        startSeconds: rounded(span.startSeconds),
        endSeconds: Math.min(timing.durationSeconds, rounded(span.endSeconds)),
      })),
    },
    followed: { ...followed, fades },
  };
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
