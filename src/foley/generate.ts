/** @file The whole way from a request to sound: frames, similarity, timing, conditions, latents, mel, wave. */

import type { MelImage } from '../audio/mel-image.js';
import { createWave, type Wave } from '../audio/wave.js';
import { embeddingsOver, type FrameEmbeddings } from '../conditions/frame-embeddings.js';
import { Timeline, type Window } from '../conditions/timeline.js';
import type { TimingCurve } from '../conditions/timing-curve.js';
import { timingColumns, timingHint } from '../conditions/timing-raster.js';
import { createSampler } from '../diffusion/create-sampler.js';
import { denoise } from '../diffusion/denoise.js';
import { deriveSeed, gaussianNoise } from '../diffusion/noise.js';
import { createNoiseSchedule } from '../diffusion/noise-schedule.js';
import { FoleyError } from '../errors/foley-error.js';
import { computeTiming, givenTiming } from './clip-timing.js';
import { type ClipRange, embedClip } from './embed-clip.js';
import { joinWindows } from './join-windows.js';
import { type LevelledSound, levelSound } from './level-sound.js';
import type { JobHooks, StageClock } from './progress.js';
import type { FoleyRequest } from './request.js';
import type { Clip, FoleyStations, TextStates, WindowConditions } from './stations.js';

/** A request whose open ends are settled before work begins. */
export interface SettledRequest extends FoleyRequest {
  readonly seed: number;
}

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

/** The text of the timing file, read by the caller, since the core touches no files. */
export interface GivenTimingText {
  readonly name: string;
  readonly text: string;
}

/**
 * Makes every take of a request, one after the other; each can be written before the next begins.
 * @param clock gathers seconds by stage over all takes
 * @throws FoleyError `cancelled` when the signal fires; else what the station at fault throws
 */
export async function* generate(
  request: SettledRequest,
  clip: Clip,
  stations: FoleyStations,
  timingText: GivenTimingText | null,
  clock: StageClock,
  hooks: JobHooks = {},
): AsyncGenerator<FoleyTake> {
  const timeline = new Timeline({ ...stations.timeline, raster: request.raster });
  const clipSeconds = clip.facts.durationSeconds;
  const range = rangeOf(request, clipSeconds);
  const warnings: string[] = [];

  const needsFrames = request.frameScale > 0 || (request.timingScale > 0 && timingText === null);
  const embeddings = needsFrames
    ? await clock.time(
        'frames',
        async () => (await embedClip(clip, range, timeline, stations, hooks)).embeddings,
      )
    : null;
  throwIfCancelled(hooks);
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
  const [prompt, negative] = await clock.time('text', () =>
    stations.synthesizer.textStates([request.prompt ?? request.label, request.negative]),
  );
  const texts = { prompt: prompt!, negative: negative! };

  const windows = timeline.windows(range.durationSeconds, request.overlap);
  for (let take = 0; take < request.takes; take++) {
    const seeds = windows.map((window) => deriveSeed(request.seed, { item: take, window: window.index }));
    const images: MelImage[] = [];
    for (const window of windows) {
      throwIfCancelled(hooks);
      const conditions = windowConditions(
        request,
        window,
        range,
        texts,
        embeddings,
        timing,
        timeline,
        stations,
      );
      const latents = await clock.time('denoise', () =>
        denoiseWindow(request, seeds[window.index]!, conditions, stations, {
          ...hooks,
          onProgress: ({ done, total }) =>
            hooks.onProgress?.({
              stage: 'denoise',
              done: window.index * total + done,
              total: windows.length * total,
              take,
            }),
        }),
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
    const rateHz = timeline.spec.sampleRateHz;
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
      warnings: [...warnings, ...level.warnings],
    };
  }
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

function windowConditions(
  request: FoleyRequest,
  window: Window,
  range: ClipRange,
  texts: { readonly prompt: TextStates; readonly negative: TextStates },
  embeddings: FrameEmbeddings | null,
  timing: TimingCurve | null,
  timeline: Timeline,
  { synthesizer }: FoleyStations,
): WindowConditions {
  const startSeconds = range.startSeconds + window.startSeconds;
  const count = timeline.frameCount(timeline.windowSeconds);
  const stepSeconds = timeline.frameToSeconds(1);
  return {
    ...texts,
    frames:
      request.frameScale === 0 || embeddings === null
        ? null
        : {
            scale: request.frameScale,
            embeddings: embeddingsOver(embeddings, startSeconds, count, stepSeconds),
            timesSeconds: Float32Array.from({ length: count }, (_, index) => timeline.frameToSeconds(index)),
          },
    timing:
      request.timingScale === 0 || timing === null
        ? null
        : {
            scale: request.timingScale,
            hint: timingHint(timingColumns(timing.spans, startSeconds, timeline), synthesizer.bands),
          },
  };
}

async function denoiseWindow(
  request: FoleyRequest,
  seed: number,
  conditions: WindowConditions,
  { synthesizer }: FoleyStations,
  hooks: JobHooks,
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
    onStep: ({ step, steps: total }) => hooks.onProgress?.({ stage: 'denoise', done: step, total, take: 0 }),
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

function throwIfCancelled({ signal }: JobHooks): void {
  if (signal?.aborted) throw new FoleyError('cancelled', 'the job was cancelled', { cause: signal.reason });
}
