/** @file The whole way from pictures to samples with FoleyCrafter's settings, compared with torch at every station. */
import { generate } from '../../src/foley/generate.js';
import { openStations } from '../../src/foley/open-stations.node.js';
import { StageClock } from '../../src/foley/progress.js';
import { type FoleyRequest, parseRequest } from '../../src/foley/request.js';
import { resolveRequest } from '../../src/foley/resolve-request.node.js';
import { withModelDefaults } from '../../src/foley/settled-request.js';
import { exactSpeed } from '../../src/foley/speed.js';
import type { FoleyStations, WindowConditions } from '../../src/foley/stations.js';
import { type Comparison, compare } from './comparison.js';
import { recordedClip } from './recorded-clip.js';
import type { ReferenceFiles } from './reference-files.js';

/** What `reference/parity/pipeline.py` wrote into `recorded/pipeline.json`. */
export interface RecordedRequest {
  readonly prompt: string;
  readonly negative: string;
  readonly seed: number;
  readonly durationSeconds: number;
  /** Frames of `frames` in which it sounds, the end exclusive. */
  readonly soundingFrames: readonly (readonly [number, number])[];
  readonly frames: number;
  readonly steps: number;
  readonly guidance: number;
  readonly semanticScale: number;
  readonly temporalScale: number;
}

/** What the product computed on its way, by the names of the record. */
export interface PipelineRun {
  /** Token states of the negative prompt, then of the prompt. */
  readonly text: Float32Array;
  /** Mean embedding of the frames. */
  readonly seen: Float32Array;
  /** Timing raster. */
  readonly row: Float32Array;
  /** Latents after every step, one after the other. */
  readonly trail: Float32Array;
  readonly image: Float32Array;
  readonly wave: Float32Array;
  /** What is written, -1..1. */
  readonly samples: Float32Array;
}

interface Trail {
  conditions: WindowConditions | null;
  /** Latents as each evaluation of the network got them; two evaluations a step share theirs. */
  readonly latents: Float32Array[];
  final: Float32Array | null;
  image: Float32Array | null;
  wave: Float32Array | null;
}

/** The stations, writing down what passes. */
function watched(stations: FoleyStations, trail: Trail, onStep: (step: number) => void): FoleyStations {
  const { synthesizer } = stations;
  return {
    ...stations,
    synthesizer: {
      ...synthesizer,
      async denoiser(conditions, economy) {
        trail.conditions = conditions;
        const denoiser = await synthesizer.denoiser(conditions, economy);
        return {
          async predict(latents, timestep, set, step) {
            if (trail.latents.at(-1) !== latents) {
              trail.latents.push(latents);
              onStep(trail.latents.length);
            }
            return denoiser.predict(latents, timestep, set, step);
          },
        };
      },
      async decode(latents) {
        trail.final = latents;
        const image = await synthesizer.decode(latents);
        trail.image = image.data;
        return image;
      },
      async vocode(image) {
        trail.wave = await synthesizer.vocode(image);
        return trail.wave;
      },
    },
  };
}

/** Where the product finds the parts, as in a request. */
export type ParityModel = Pick<
  FoleyRequest,
  'backbone' | 'frameAdapter' | 'temporalAdapter' | 'imageEncoder' | 'vocoder'
>;

/** Makes the recorded request's sound in the product, exactly: no step, picture or token is left out. */
export async function runPipeline(
  files: ReferenceFiles,
  model: ParityModel,
  onStep: (step: number) => void = () => {},
): Promise<PipelineRun> {
  const asked = (await files.json('recorded/pipeline.json')).json as RecordedRequest;
  const frameSeconds = asked.durationSeconds / asked.frames;
  const request = parseRequest({
    video: 'recorded.mp4',
    label: asked.prompt,
    negative: asked.negative,
    seed: asked.seed,
    sampler: 'pndm',
    steps: asked.steps,
    guidance: asked.guidance,
    frameScale: asked.semanticScale,
    timingScale: asked.temporalScale,
    raster: 'foleycrafter',
    timing: {
      spans: asked.soundingFrames.map(([first, end]) => ({
        startSeconds: first * frameSeconds,
        endSeconds: end * frameSeconds,
      })),
    },
    loudness: null,
    model: 'foleycrafter',
    ...model,
    ...exactSpeed,
    cacheDir: 'none',
  });
  const stations = await openStations(request);
  try {
    return await runRequest(stations, request, asked, files, onStep);
  } finally {
    await stations.close();
  }
}

async function runRequest(
  stations: FoleyStations,
  request: FoleyRequest,
  asked: RecordedRequest,
  files: ReferenceFiles,
  onStep: (step: number) => void,
): Promise<PipelineRun> {
  const pictures = await (await files.recorded('pipeline-frames')).input('frames');
  const shown = Array.from({ length: asked.frames }, (_, frame) =>
    Math.floor((frame * pictures.shape[0]!) / asked.frames),
  );
  const settled = withModelDefaults(await resolveRequest(request), stations.defaults);
  const trail: Trail = { conditions: null, latents: [], final: null, image: null, wave: null };
  const takes = generate({
    request: settled,
    clip: recordedClip(pictures, shown, asked.durationSeconds),
    stations: watched(stations, trail, onStep),
    clock: new StageClock(),
    hooks: {},
  });
  const { value: take } = await takes.next();
  if (take === undefined) throw new Error('the product made no take');

  const { prompt, negative, frames, timing } = trail.conditions!;
  return {
    text: Float32Array.of(...negative, ...prompt),
    seen: meanRow(frames!.embeddings, stations.encoder.width),
    row: timing!.hint.subarray(0, timing!.hint.length / stations.synthesizer.bands),
    trail: joined([...trail.latents.slice(1), trail.final!]),
    image: trail.image!,
    wave: trail.wave!,
    samples: take.wave.channels[0]!,
  };
}

/** Text states, embeddings, raster, latents after every step, mel and samples, each against torch's. */
export async function comparePipeline(run: PipelineRun, files: ReferenceFiles): Promise<Comparison[]> {
  const recorded = await files.recorded('pipeline');
  const comparisons: Comparison[] = [];
  for (const name of ['text', 'seen', 'row', 'trail', 'image', 'wave'] as const) {
    const { shape, data } = await recorded.output(name);
    // a record may hold only the beginning, or of the latents' way the end
    const part = name === 'trail' ? run[name].subarray(-data.length) : run[name].subarray(0, data.length);
    comparisons.push(compare(name, shape, part, data));
  }
  const { shape, data } = await recorded.integers('samples');
  const reference = Float32Array.from(data as Int32Array, (sample) => sample / 32768);
  return [...comparisons, compare('samples', shape, run.samples.subarray(0, reference.length), reference)];
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const size = parts[0]!.length;
  const whole = new Float32Array(parts.length * size);
  parts.forEach((part, i) => {
    whole.set(part, i * size);
  });
  return whole;
}

/** Mean over the rows of `[count, width]`. */
function meanRow(rows: Float32Array, width: number): Float32Array {
  const mean = new Float64Array(width);
  rows.forEach((value, i) => {
    mean[i % width]! += value;
  });
  return Float32Array.from(mean, (sum) => sum / (rows.length / width));
}
