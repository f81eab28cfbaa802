/** @file The whole way from a request to sound: frames, similarity, timing, conditions, latents, mel, wave. */

import { gateSpans } from '../audio/gate-spans.js';
import type { MelImage } from '../audio/mel-image.js';
import { createWave, type Wave } from '../audio/wave.js';
import { embeddingsOver } from '../conditions/frame-embeddings.js';
import type { TimeSpan, Window } from '../conditions/timeline.js';
import type { TimingCurve } from '../conditions/timing-curve.js';
import { timingColumns, timingHint } from '../conditions/timing-raster.js';
import { createSampler } from '../diffusion/create-sampler.js';
import { denoise } from '../diffusion/denoise.js';
import { deriveSeed, gaussianNoise } from '../diffusion/noise.js';
import { createNoiseSchedule } from '../diffusion/noise-schedule.js';
import type { LabelChoice } from './choose-label.js';
import type { ClipRange } from './embed-clip.js';
import { type FollowRecord, followRecord, followSound } from './follow-sound.js';
import { joinWindows } from './join-windows.js';
import { type LevelledSound, levelSound } from './level-sound.js';
import { asStored, mixTracks } from './mix-tracks.js';
import {
  type Job,
  type SeenClip,
  type SeenPlan,
  type SeenTrack,
  seeClip,
  throwIfCancelled,
} from './see-clip.js';
import type { SettledRequest } from './settled-request.js';
import { savingsOf, speedOf } from './speed.js';
import type { FoleyStations, TextStates, WindowConditions } from './stations.js';

/** A job that makes sound. */
export type FoleyJob = Job<FoleyStations>;

/** A sound at its level, and how it was made. */
interface MadeSound {
  /** As long as the picture; silent outside the range that was asked for. */
  readonly wave: Wave;
  readonly level: Omit<LevelledSound, 'wave' | 'warnings'>;
  readonly windows: readonly {
    readonly startSeconds: number;
    readonly endSeconds: number;
    readonly seed: number;
  }[];
  readonly seed: number;
  /** Null when neither frames nor timing were asked for. */
  readonly timing: TimingCurve | null;
  /** How it followed the motion in the picture; null when it did not. */
  readonly followed: FollowRecord | null;
  /** What its label stands for in the clip where it names only a kind of thing ("animal"); else null. */
  readonly seenAs: string | null;
}

/** One track of a variation; its wave is the stem, before gain and pan, as its file holds it. */
export interface FoleyTrack extends MadeSound {
  readonly plan: SeenPlan;
}

/** One variation, finished. */
export interface FoleyTake extends MadeSound {
  /** From 0. */
  readonly take: number;
  /** Null for a single label, whose wave is the sound; else the wave is the mix of these. */
  readonly tracks: readonly FoleyTrack[] | null;
  /** What the picture chose where the request names nothing; else null. */
  readonly chosenLabel: LabelChoice | null;
  readonly warnings: readonly string[];
}

interface Texts {
  readonly prompt: TextStates;
  readonly negative: TextStates;
}

/**
 * Makes every take of a request, one after the other; each can be written before the next begins.
 * @throws FoleyError `cancelled` when the signal fires; else what the station at fault throws
 */
export async function* generate(job: FoleyJob): AsyncGenerator<FoleyTake> {
  const { request } = job;
  const seen = await seeClip(job);
  const texts = await readTexts(job, seen.tracks);
  for (let take = 0; take < request.takes; take++) {
    const tracks: FoleyTrack[] = [];
    const warnings: string[] = [];
    for (const [index, track] of seen.tracks.entries()) {
      const made = await makeTrack(job, seen, track, texts[index]!, take);
      const about = seen.tracks.length === 1 ? '' : `"${track.plan.label}": `;
      warnings.push(...track.warnings, ...made.warnings.map((warning) => `${about}${warning}`));
      tracks.push(made.track);
    }
    yield request.tracks === null
      ? { ...withoutPlan(tracks[0]!), take, tracks: null, chosenLabel: seen.choice, warnings }
      : mixedTake(request, tracks, take, warnings);
  }
}

async function readTexts({ stations, clock }: FoleyJob, tracks: readonly SeenTrack[]): Promise<Texts[]> {
  const states = await clock.time('text', () =>
    stations.synthesizer.textStates(tracks.flatMap(({ plan }) => [plan.prompt, plan.negative])),
  );
  return tracks.map((_, index) => ({ prompt: states[2 * index]!, negative: states[2 * index + 1]! }));
}

function withoutPlan({ plan: _, ...sound }: FoleyTrack): MadeSound {
  return sound;
}

/** The mix of tracks, at the loudness of the request. */
function mixedTake(
  request: SettledRequest,
  tracks: readonly FoleyTrack[],
  take: number,
  warnings: readonly string[],
): FoleyTake {
  const parts = tracks.map(({ wave, plan: { gain, pan, mute } }) => ({ wave, gain, pan, mute }));
  const { wave, warnings: ofMix, ...level } = mixTracks(parts, request.loudness);
  return {
    take,
    seed: request.seed,
    wave,
    level,
    windows: [],
    timing: null,
    followed: null,
    seenAs: null,
    chosenLabel: null,
    tracks,
    warnings: [...warnings, ...ofMix],
  };
}

/** The sound of one track, levelled and in its place in the clip. */
async function makeTrack(
  job: FoleyJob,
  seen: SeenClip,
  track: SeenTrack,
  texts: Texts,
  take: number,
): Promise<{ readonly track: FoleyTrack; readonly warnings: readonly string[] }> {
  const { request, clip } = job;
  const { timeline, range } = seen;
  const { durationSeconds: clipSeconds } = clip.facts;
  const { plan } = track;
  const rateHz = timeline.spec.sampleRateHz;
  const windows = timeline.windows(range.durationSeconds, request.overlap);
  const seeds = windows.map((window) => deriveSeed(plan.seed, { item: take, window: window.index }));
  const parts = await makeWindows(job, seen, track, texts, windows, seeds, take);
  const joined = joinWindows(windows, parts, rateHz, timeline.sampleCount(range.durationSeconds));
  const sound = gated(job, track, joined, rateHz, range.startSeconds);
  const following = followSound(createWave(rateHz, [sound]), track.followed, range.startSeconds);
  const { wave, warnings, ...level } = levelSound(following, request.loudness);
  const whole = placed(wave, range, timeline.sampleCount(clipSeconds));
  return {
    track: {
      plan,
      seed: plan.seed,
      wave: request.tracks === null ? whole : asStored(whole),
      level,
      windows: windows.map((window, index) => ({
        startSeconds: range.startSeconds + window.startSeconds,
        endSeconds: Math.min(clipSeconds, range.startSeconds + window.endSeconds),
        seed: seeds[index]!,
      })),
      timing: track.timing,
      followed:
        track.followed === null
          ? null
          : followRecord(track.followed, range.startSeconds, range.startSeconds + range.durationSeconds),
      seenAs: track.seenAs,
    },
    warnings,
  };
}

/** The sound, turned down where its timing says so. */
function gated(
  { request }: FoleyJob,
  { timing }: SeenTrack,
  samples: Float32Array,
  rateHz: number,
  startSeconds: number,
): Float32Array {
  if (timing === null || request.timingScale === 0) return samples;
  const spans = timing.spans.map((span) => ({
    startSeconds: span.startSeconds - startSeconds,
    endSeconds: span.endSeconds - startSeconds,
  }));
  return gateSpans(samples, rateHz, spans, request.gate);
}

/** Samples of each window. */
async function makeWindows(
  job: FoleyJob,
  seen: SeenClip,
  track: SeenTrack,
  texts: Texts,
  windows: readonly Window[],
  seeds: readonly number[],
  take: number,
): Promise<Float32Array[]> {
  const { stations, clock, hooks } = job;
  const total = windows.length * seen.tracks.length;
  const before = windows.length * track.plan.index;
  const images: MelImage[] = [];
  for (const window of windows) {
    throwIfCancelled(hooks);
    const conditions = windowConditions(job, seen, track, texts, window);
    const done = before + window.index;
    const latents = await clock.time('denoise', () =>
      denoiseWindow(job, conditions, seeds[window.index]!, (step, steps) =>
        hooks.onProgress?.({ stage: 'denoise', done: done * steps + step, total: total * steps, take }),
      ),
    );
    images.push(await clock.time('decode', () => stations.synthesizer.decode(latents)));
    hooks.onProgress?.({ stage: 'decode', done: done + 1, total, take });
  }
  const parts: Float32Array[] = [];
  for (const [index, image] of images.entries()) {
    throwIfCancelled(hooks);
    parts.push(await clock.time('vocode', () => stations.synthesizer.vocode(image)));
    hooks.onProgress?.({ stage: 'vocode', done: before + index + 1, total, take });
  }
  return parts;
}

function windowConditions(
  { request, stations }: FoleyJob,
  { timeline, range, embeddings }: SeenClip,
  { timing }: SeenTrack,
  texts: Texts,
  window: Window,
): WindowConditions {
  const startSeconds = range.startSeconds + window.startSeconds;
  const endSeconds = range.startSeconds + range.durationSeconds;
  const shownSeconds = Math.min(timeline.windowSeconds, endSeconds - startSeconds);
  // past the end of the clip its last frame is held
  const count = timeline.frameCount(stations.synthesizer.poolsFrames ? shownSeconds : timeline.windowSeconds);
  return {
    ...texts,
    frames:
      request.frameScale === 0 || embeddings === null
        ? null
        : {
            scale: request.frameScale,
            embeddings: embeddingsOver(embeddings, startSeconds, count, timeline.frameToSeconds(1)),
            timesSeconds: Float32Array.from({ length: count }, (_, index) => timeline.frameToSeconds(index)),
          },
    timing:
      request.timingScale === 0 || timing === null
        ? null
        : {
            scale: request.timingScale,
            hint: timingHint(
              timingColumns(
                untilSeconds(timing.spans, timeline.rasterEndSeconds(endSeconds)),
                startSeconds,
                timeline,
              ),
              stations.synthesizer.bands,
            ),
          },
  };
}

/** What lies before a time of the clip. */
function untilSeconds(spans: readonly TimeSpan[], limitSeconds: number): TimeSpan[] {
  return spans
    .filter(({ startSeconds }) => startSeconds < limitSeconds)
    .map((span) => ({ ...span, endSeconds: Math.min(span.endSeconds, limitSeconds) }));
}

async function denoiseWindow(
  { request, stations: { synthesizer, speedDefaults }, hooks }: FoleyJob,
  conditions: WindowConditions,
  seed: number,
  onStep: (step: number, steps: number) => void,
): Promise<Float32Array> {
  const { guidance, visionGuidance, steps } = request;
  const { interval, economy } = savingsOf(speedOf(request, speedDefaults));
  const schedule = createNoiseSchedule(synthesizer.noiseSchedule);
  const denoiser = await synthesizer.denoiser(conditions, economy);
  const [channels, rows, columns] = synthesizer.latentShape;
  return denoise({
    latents: gaussianNoise(channels * rows * columns, seed),
    sampler: createSampler(
      { name: request.sampler },
      { schedule, prediction: synthesizer.prediction, steps },
    ),
    guidance:
      visionGuidance === null
        ? { mode: 'joint', scale: guidance, interval }
        : { mode: 'separate', textScale: guidance, visionScale: visionGuidance, interval },
    predict: (latents, timestep, set, step) => denoiser.predict(latents, timestep, set, step),
    onStep: ({ step, steps: total }) => onStep(step, total),
    ...(hooks.signal ? { signal: hooks.signal } : {}),
  });
}

/** The sound at its place in the whole clip. */
function placed(wave: Wave, range: ClipRange, clipSamples: number): Wave {
  const start = Math.round(range.startSeconds * wave.sampleRateHz);
  return createWave(
    wave.sampleRateHz,
    wave.channels.map((channel) => {
      const whole = new Float32Array(clipSamples);
      whole.set(channel.subarray(0, Math.max(0, clipSamples - start)), start);
      return whole;
    }),
  );
}
