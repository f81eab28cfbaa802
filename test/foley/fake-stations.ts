/** @file A model made of arithmetic: fast, deterministic, and it writes down all it was given. */
import { createHash } from 'node:crypto';
import { auffusionMelSpec } from '../../src/audio/index.js';
import {
  defaultTimelineSpec,
  type EncoderFrame,
  type ImageTextEncoder,
  type PlaceEmbeddings,
} from '../../src/conditions/index.js';
import { parseRequest } from '../../src/foley/request.js';
import {
  type ResolvedRequest,
  type SettledRequest,
  withModelDefaults,
} from '../../src/foley/settled-request.js';
import { exactSpeed } from '../../src/foley/speed.js';
import type { Clip, FoleyStations, WindowConditions } from '../../src/foley/stations.js';
import type { ModelDefaults } from '../../src/models/model-config.js';
import { foleycrafter } from '../../src/models/presets.js';
import type { MediaFacts } from '../../src/video/media-facts.js';

/** Nothing follows the motion or moves with events, whatever the small model does by default. */
export const fakeDefaults: ModelDefaults = {
  ...foleycrafter.defaults,
  steps: 20,
  guidance: 4,
  timingScale: 1,
};

/** What the stations were asked, in order. Arrays of numbers appear as digests. */
export type Trace = unknown[];

export const digest = (values: ArrayBufferView): string =>
  createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex')
    .slice(0, 12);

export function settled(fields: Record<string, unknown> = {}): SettledRequest {
  const request = parseRequest({ video: 'clip.mp4', label: 'dog', steps: 3, ...fields });
  const resolved = { ...request, seed: request.seed ?? 1 } as ResolvedRequest; // no test names a timing file here
  return withModelDefaults(resolved, fakeDefaults);
}

export function factsOf(durationSeconds: number): MediaFacts {
  return {
    durationSeconds,
    container: 'mp4',
    byteLength: 1000,
    video: {
      codec: 'h264',
      width: 320,
      height: 240,
      rotationDegrees: 0,
      averageFps: 30,
      isVariableFrameRate: false,
      frameCount: Math.ceil(durationSeconds * 30),
    },
    audio: [],
  };
}

/** A clip whose brightness follows `brightness`: the fake encoder finds the label where it is light. */
export function fakeClip(
  trace: Trace,
  durationSeconds = 2,
  brightness: (timeSeconds: number) => number = (t) => (t >= 0.5 && t < 1.5 ? 255 : 0),
): Clip {
  return {
    path: 'clip.mp4',
    facts: factsOf(durationSeconds),
    soundtrack: async () => null,
    contentHash: async () => 'hash of the clip',
    async *frames({ startSeconds, endSeconds, framesPerSecond, fit }) {
      trace.push({ frames: { startSeconds, endSeconds, framesPerSecond, fit } });
      const count = Math.ceil((endSeconds - startSeconds) * framesPerSecond - 1e-6);
      for (let index = 0; index < count; index++) {
        const timeSeconds = startSeconds + index / framesPerSecond;
        const value = brightness(timeSeconds);
        yield {
          timeSeconds,
          sourceTimeSeconds: timeSeconds,
          width: 1,
          height: 1,
          // the blue tells frames of one brightness apart, so that each is seen for itself
          data: Uint8Array.of(value, value, index % 256),
        };
      }
    },
    close() {},
  };
}

/** One value a place, the logit of any label: a thing that goes from left to right in two seconds and comes nearer. */
function passing(times: readonly number[]): PlaceEmbeddings {
  const columns = 8;
  const places = Array.from({ length: columns }, (_, column) => column);
  return {
    timesSeconds: Float64Array.from(times),
    rows: 1,
    columns,
    width: 1,
    values: Float32Array.from(
      times.flatMap((time) => places.map((column) => 4 - (6 - 2 * time) * Math.abs(column - 4 * time))),
    ),
  };
}

/** Light frames point along the label, dark ones along everything else, with a ramp of doubt between. */
function fakeEncoder(trace: Trace): ImageTextEncoder {
  return {
    id: 'fake',
    width: 2,
    imageSize: 8,
    async embedFrames(frames: AsyncIterable<EncoderFrame>) {
      const seen: EncoderFrame[] = [];
      for await (const frame of frames) seen.push(frame);
      const angles = seen.map(
        ({ data, timeSeconds }) => (1 - data[0]! / 255) * 1.4 + 0.15 * Math.sin(40 * timeSeconds),
      );
      return {
        timesSeconds: Float64Array.from(seen, ({ timeSeconds }) => timeSeconds),
        width: 2,
        data: Float32Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)])),
        places: passing(seen.map(({ timeSeconds }) => timeSeconds)),
      };
    },
    async embedPlaceLabels(texts) {
      return texts.map(() => Float32Array.of(1, 0));
    },
    async embedTexts(texts) {
      trace.push({ embedTexts: texts });
      return texts.map((_, index) => (index === 0 ? Float32Array.of(1, 0) : Float32Array.of(0.2, 1)));
    },
  };
}

/** Predictions that depend on the conditions, the step and the latents; sound that depends on the latents. */
export function fakeStations(trace: Trace): FoleyStations {
  const describe = (conditions: WindowConditions) => ({
    prompt: digest(conditions.prompt),
    negative: digest(conditions.negative),
    frames: conditions.frames && {
      scale: conditions.frames.scale,
      embeddings: digest(conditions.frames.embeddings),
      times: digest(conditions.frames.timesSeconds),
    },
    timing: conditions.timing && { scale: conditions.timing.scale, hint: digest(conditions.timing.hint) },
  });
  return {
    provenance: { name: 'fake', files: [] },
    mel: auffusionMelSpec,
    timeline: defaultTimelineSpec,
    encoder: fakeEncoder(trace),
    embeddingCache: null,
    readsLabels: true,
    defaults: fakeDefaults,
    speedDefaults: exactSpeed,
    synthesizer: {
      latentShape: [1, 4, 4],
      bands: 256,
      poolsFrames: false,
      noiseSchedule: { trainSteps: 1000, betaStart: 0.00085, betaEnd: 0.012 },
      prediction: 'epsilon',
      async textStates(texts) {
        trace.push({ textStates: texts });
        return texts.map((text) =>
          Float32Array.from([...text, ' '], (character) => character.codePointAt(0)!),
        );
      },
      async denoiser(conditions, economy) {
        trace.push({ denoiser: { ...describe(conditions), economy } });
        return {
          async predict(latents, timestep, set) {
            trace.push({ predict: { latents: digest(latents), timestep, set } });
            const shift = { none: 0, vision: 0.01, 'text+vision': 0.02 }[set];
            return latents.map((value) => 0.9 * value + shift);
          },
        };
      },
      async decode(latents) {
        trace.push({ decode: digest(latents) });
        return { bands: 256, columns: 1024, data: new Float32Array(256 * 1024).fill(Math.abs(latents[0]!)) };
      },
      async vocode(image) {
        const loud = 0.02 + 0.01 * Math.min(1, image.data[0]!);
        return Float32Array.from({ length: 163840 }, (_, index) => loud * Math.sin(index * 0.3));
      },
    },
  };
}
