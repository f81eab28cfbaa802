/** @file The whole way from a request to sound: frames, similarity, timing, conditions, latents, mel, wave. */
import type { MelImage } from '../audio/mel-image.js';
import { createWave, type Wave } from '../audio/wave.js';
import { embeddingsOver } from '../conditions/frame-embeddings.js';
import type { Window } from '../conditions/timeline.js';
import type { TimingCurve } from '../conditions/timing-curve.js';
import { timingColumns, timingHint } from '../conditions/timing-raster.js';
import { createSampler } from '../diffusion/create-sampler.js';
import { denoise } from '../diffusion/denoise.js';
import { deriveSeed, gaussianNoise } from '../diffusion/noise.js';
import { createNoiseSchedule } from '../diffusion/noise-schedule.js';
import type { ClipRange } from './embed-clip.js';
import { joinWindows } from './join-windows.js';
import { type LevelledSound, levelSound } from './level-sound.js';
import type { FoleyRequest } from './request.js';
import { type Job, type SeenClip, seeClip, throwIfCancelled } from './see-clip.js';
import type { FoleyStations, TextStates, WindowConditions } from './stations.js';

/** A request whose open ends are settled before work begins. */
export interface SettledRequest extends FoleyRequest {
  readonly seed: number;
}

/** A job that makes sound. */
export type FoleyJob = Job<SettledRequest, FoleyStations>;

/** One variation, finished. */
export interface FoleyTake {
  /** From 0. */
  readonly take: number;
  readonly seed: number;
  /** As long as the picture; silent outside the range that was asked for. */
  readonly wave: Wave;
  readonly level: Omit<LevelledSound, 'wave'>;
  readonly windows: readonly {
    readonly startSeconds: number;
    readonly endSeconds: number;
    readonly seed: number;
  }[];
  /** Null when neither frames nor timing were asked for. */
  readonly timing: TimingCurve | null;
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
  const { request, clip, stations, clock } = job;
  const seen = await seeClip(job);
  const { timeline, range, timing } = seen;
  const [prompt, negative] = await clock.time('text', () =>
    stations.synthesizer.textStates([request.prompt ?? request.label, request.negative]),
  );
  const texts: Texts = { prompt: prompt!, negative: negative! };
  const windows = timeline.windows(range.durationSeconds, request.overlap);
  const { durationSeconds: clipSeconds } = clip.facts;
  const rateHz = timeline.spec.sampleRateHz;
  for (let take = 0; take < request.takes; take++) {
    const seeds = windows.map((window) => deriveSeed(request.seed, { item: take, window: window.index }));
    const parts = await makeWindows(job, seen, texts, windows, seeds, take);
    const sound = joinWindows(windows, parts, rateHz, timeline.sampleCount(range.durationSeconds));
    const { wave, ...level } = levelSound(createWave(rateHz, [sound]), request.loudness);
    yield {
      take,
      seed: request.seed,
      wave: placed(wave, range, timeline.sampleCount(clipSeconds)),
      level,
      windows: windows.map((window, index) => ({
        startSeconds: range.startSeconds + window.startSeconds,
        endSeconds: Math.min(clipSeconds, range.startSeconds + window.endSeconds),
        seed: seeds[index]!,
      })),
      timing,
      warnings: [...seen.warnings, ...level.warnings],
    };
  }
}

/** Samples of each window. */
async function makeWindows(
  job: FoleyJob,
  seen: SeenClip,
  texts: Texts,
  windows: readonly Window[],
  seeds: readonly number[],
  take: number,
): Promise<Float32Array[]> {
  const { stations, clock, hooks } = job;
  const images: MelImage[] = [];
  for (const window of windows) {
    throwIfCancelled(hooks);
    const conditions = windowConditions(job, seen, texts, window);
    const latents = await clock.time('denoise', () =>
      denoiseWindow(job, conditions, seeds[window.index]!, (step, steps) =>
        hooks.onProgress?.({
          stage: 'denoise',
          done: window.index * steps + step,
          total: windows.length * steps,
          take,
        }),
      ),
    );
    images.push(await clock.time('decode', () => stations.synthesizer.decode(latents)));
    hooks.onProgress?.({ stage: 'decode', done: window.index + 1, total: windows.length, take });
  }
  const parts: Float32Array[] = [];
  for (const [index, image] of images.entries()) {
    throwIfCancelled(hooks);
    parts.push(await clock.time('vocode', () => stations.synthesizer.vocode(image)));
    hooks.onProgress?.({ stage: 'vocode', done: index + 1, total: images.length, take });
  }
  return parts;
}

function windowConditions(
  { request, stations }: FoleyJob,
  { timeline, range, embeddings, timing }: SeenClip,
  texts: Texts,
  window: Window,
): WindowConditions {
  const startSeconds = range.startSeconds + window.startSeconds;
  const count = timeline.frameCount(timeline.windowSeconds);
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
            hint: timingHint(timingColumns(timing.spans, startSeconds, timeline), stations.synthesizer.bands),
          },
  };
}

async function denoiseWindow(
  { request, stations: { synthesizer }, hooks }: FoleyJob,
  conditions: WindowConditions,
  seed: number,
  onStep: (step: number, steps: number) => void,
): Promise<Float32Array> {
  const { guidance, visionGuidance, steps } = request;
  const schedule = createNoiseSchedule(synthesizer.noiseSchedule);
  const denoiser = await synthesizer.denoiser(conditions);
  const [channels, rows, columns] = synthesizer.latentShape;
  return denoise({
    latents: gaussianNoise(channels * rows * columns, seed),
    sampler: createSampler(
      { name: request.sampler },
      { schedule, prediction: synthesizer.prediction, steps },
    ),
    guidance:
      visionGuidance === null
        ? { mode: 'joint', scale: guidance }
        : { mode: 'separate', textScale: guidance, visionScale: visionGuidance },
    predict: (latents, timestep, set) => denoiser.predict(latents, timestep, set),
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
