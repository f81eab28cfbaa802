/** @file The whole way from pictures to samples with FoleyCrafter's settings, compared with torch at every station. */
import { generate } from '../../src/foley/generate.js';
import { StageClock } from '../../src/foley/progress.js';
import { parseRequest } from '../../src/foley/request.js';
import { withModelDefaults } from '../../src/foley/settled-request.js';
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

/** What the product computed on its way. */
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

/** Text states, embeddings, raster, latents after every step, mel and samples, each against torch's. */
export async function comparePipeline(
  stations: FoleyStations,
  files: ReferenceFiles,
  onStep: (step: number) => void = () => {},
): Promise<Comparison[]> {
  const asked = (await files.json('recorded/pipeline.json')).json as RecordedRequest;
  const recorded = await files.recorded('pipeline');
  const pictures = await (await files.recorded('pipeline-frames')).input('frames');
  const shown = Array.from((await recorded.integers('shown')).data, Number);
  const frameSeconds = asked.durationSeconds / asked.frames;
  const spans = asked.soundingFrames.map(([first, end]) => ({
    startSeconds: first * frameSeconds,
    endSeconds: end * frameSeconds,
  }));
  const request = parseRequest({
    video: 'recorded.mp4',
    label: asked.prompt,
    prompt: asked.prompt,
    negative: asked.negative,
    seed: asked.seed,
    sampler: 'pndm',
    steps: asked.steps,
    guidance: asked.guidance,
    frameScale: asked.semanticScale,
    timingScale: asked.temporalScale,
    raster: 'foleycrafter',
    timing: { spans },
    loudness: null,
  });
  const settled = withModelDefaults(
    { ...request, seed: asked.seed, timing: { spans }, tracks: null },
    stations.defaults,
  );
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

  const against = async (name: string, ours: ArrayLike<number>, key = name): Promise<Comparison> => {
    const { shape, data } = await recorded.output(key);
    return compare(name, shape, ours, data);
  };
  const { prompt, negative, frames, timing } = trail.conditions!;
  const columns = (await recorded.output('row')).data.length;
  const steps = [...trail.latents.slice(1), trail.final!];
  const latentSize = trail.final!.length;
  const allSteps = new Float32Array(steps.length * latentSize);
  steps.forEach((latents, i) => {
    allSteps.set(latents, i * latentSize);
  });
  const samples = await recorded.integers('samples');
  const sound = take.wave.channels[0]!;
  return [
    await against('text', [...negative, ...prompt]),
    await against('seen', meanRow(frames!.embeddings, stations.encoder.width)),
    await against('row', timing!.hint.subarray(0, columns)),
    await against('trail', allSteps),
    await against('image', trail.image!),
    await against('wave', trail.wave!),
    compare(
      'samples',
      samples.shape,
      sound,
      Float32Array.from(samples.data, (sample) => Number(sample) / 32768),
    ),
  ];
}

/** Mean over the rows of `[count, width]`. */
function meanRow(rows: Float32Array, width: number): Float32Array {
  const mean = new Float64Array(width);
  rows.forEach((value, i) => {
    mean[i % width]! += value;
  });
  return Float32Array.from(mean, (sum) => sum / (rows.length / width));
}
