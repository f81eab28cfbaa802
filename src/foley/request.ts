/** @file The one definition of a request: command line, library, sidecar and help are all read off it. */
import { z } from 'zod';
import { similarityStrategies } from '../conditions/similarity.js';
import { defaultTimingSettings } from '../conditions/timing-track.js';
import { samplerNames } from '../diffusion/create-sampler.js';
import { FoleyError } from '../errors/foley-error.js';
import { eventChoices } from '../models/model-config.js';
import { describeFault } from './request-faults.js';
import type { FieldMeta } from './request-fields.js';
import { speedFields } from './speed.js';
import { largestTrackCount, timingChoiceSchema, trackSchema } from './track-request.js';

function field<S extends z.ZodType>(schema: S, meta: FieldMeta): S {
  return schema.meta({ ...meta });
}

const timing = defaultTimingSettings;

/** Everything a person can say about one generation. Fields are in the order in which help lists them. */
export const foleyRequestSchema = z.strictObject({
  video: field(z.string().min(1), { label: 'video', help: 'the clip: MP4, MOV, WebM or MKV', group: 'what' }),
  label: field(z.string().trim().min(1).max(200).nullable().default(null), {
    label: 'label',
    help: 'what is heard, as a short name such as "dog barking"; it is looked for in the picture, which chooses one of the known sounds when this is left out',
    group: 'what',
  }),
  tracks: field(z.array(trackSchema).min(1).max(largestTrackCount).nullable().default(null), {
    label: 'tracks',
    help: 'several labels in place of one: each is a track with a sound, a timing and a level of its own',
    group: 'what',
  }),
  prompt: field(z.string().trim().min(1).max(1000).nullable().default(null), {
    label: 'prompt',
    help: 'how it sounds, in a sentence; the label itself when left out',
    group: 'what',
  }),
  negative: field(z.string().trim().max(1000).default(''), {
    label: 'negative prompt',
    help: 'what must not be heard',
    group: 'what',
  }),

  seed: field(z.int().min(0).max(4294967295).nullable().default(0), {
    label: 'seed',
    help: 'the same seed gives the same sound',
    group: 'how',
    nullWord: 'random',
  }),
  takes: field(z.int().min(1).max(64).default(1), {
    label: 'takes',
    help: 'how many variations to make',
    group: 'how',
  }),
  steps: field(z.int().min(1).max(500).nullable().default(null), {
    label: 'steps',
    help: 'denoising steps; more take longer',
    group: 'how',
    nullWord: 'model',
  }),
  sampler: field(z.enum(samplerNames).default('dpm-solver++'), {
    label: 'sampler',
    help: 'how steps are taken',
    group: 'how',
  }),
  guidance: field(z.number().min(0).max(30).nullable().default(null), {
    label: 'guidance',
    help: 'how strongly text (and frames) are followed; 1 is one pass a step',
    group: 'how',
    nullWord: 'model',
  }),
  visionGuidance: field(z.number().min(0).max(30).nullable().default(null), {
    label: 'vision guidance',
    help:
      'a factor of its own for the frames: 1 takes them as they are; a prompt that names only a kind, as "vehicle" does, ' +
      'gives them that of the text; others cost a third pass a step',
    group: 'how',
    nullWord: 'model',
  }),
  frameScale: field(z.number().min(0).max(4).nullable().default(null), {
    label: 'frame scale',
    help:
      'weight of what the frames show; 0 leaves them out; a prompt that names only a kind, as "vehicle" does, makes it half ' +
      'as much again where nothing is said',
    group: 'how',
    nullWord: 'model',
  }),
  timingScale: field(z.number().min(0).max(4).nullable().default(null), {
    label: 'timing scale',
    help: 'weight of the timing track; 0 leaves it out',
    group: 'how',
    nullWord: 'model',
  }),

  ...speedFields,

  timing: field(timingChoiceSchema.default(null), {
    label: 'timing file',
    placeholder: 'file',
    help: 'JSON with the stretches that sound, in place of the computed ones (inspect --save-timing writes one)',
    group: 'timing',
  }),
  strategy: field(z.enum(similarityStrategies).nullable().default(null), {
    label: 'similarity strategy',
    help: 'how the match of label and frame becomes a value in 0..1',
    group: 'timing',
    nullWord: 'model',
  }),
  threshold: field(z.number().min(0).max(1).default(timing.threshold), {
    label: 'threshold',
    help: 'similarity at which the sound switches on',
    group: 'timing',
  }),
  hysteresis: field(z.number().min(0).max(1).default(timing.hysteresis), {
    label: 'hysteresis',
    help: 'how far below the threshold it switches off',
    group: 'timing',
  }),
  minimumOn: field(z.number().min(0).max(60).default(timing.minimumOnSeconds), {
    label: 'shortest sound',
    help: 'shorter sounds are dropped',
    group: 'timing',
    unit: 'seconds',
  }),
  minimumOff: field(z.number().min(0).max(60).default(timing.minimumOffSeconds), {
    label: 'shortest pause',
    help: 'shorter pauses are filled',
    group: 'timing',
    unit: 'seconds',
  }),
  smoothing: field(z.number().min(0).max(10).default(timing.smoothingSeconds), {
    label: 'smoothing',
    help: 'moving average over the similarity',
    group: 'timing',
    unit: 'seconds',
  }),
  raster: field(z.enum(['exact', 'foleycrafter']).default('exact'), {
    label: 'timing raster',
    help: 'foleycrafter: the drifting raster that weights of that project were trained with',
    group: 'timing',
  }),

  events: field(z.enum(eventChoices).nullable().default(null), {
    label: 'events',
    help: 'which labels sound at sudden movements only, such as steps and strokes: none, rhythmic ones, or all',
    group: 'timing',
    nullWord: 'model',
  }),
  gate: field(z.number().min(0).max(1).nullable().default(null), {
    label: 'gate',
    help: 'how far the sound is turned down outside its timing: 0 as the model made it, 1 to silence',
    group: 'timing',
    nullWord: 'model',
  }),

  dynamics: field(z.number().min(0).max(1).nullable().default(null), {
    label: 'dynamics',
    help: 'how far the level follows the distance: 0 not at all, 1 as in the open air',
    group: 'motion',
    nullWord: 'model',
  }),
  doppler: field(z.number().min(0).max(1).nullable().default(null), {
    label: 'doppler',
    help: 'how far the pitch follows the approach: 0 not at all, 1 as in air; takes a usual size for the thing',
    group: 'motion',
    nullWord: 'model',
  }),
  pan: field(z.number().min(0).max(1).nullable().default(null), {
    label: 'pan',
    help: 'how far the sound follows the place between left and right; above 0 it is stereo',
    group: 'motion',
    nullWord: 'model',
  }),
  beyond: field(z.number().min(0).max(60).default(0), {
    label: 'beyond the picture',
    help: 'how long what moves out of the picture (or into it, or behind something) is heard while it is not seen, as far as it is near enough; 0 not at all',
    group: 'motion',
    unit: 'seconds',
  }),

  start: field(z.number().min(0).max(3600).default(0), {
    label: 'start',
    help: 'where in the clip the sound begins',
    group: 'range',
    unit: 'seconds',
  }),
  duration: field(z.number().positive().max(3600).nullable().default(null), {
    label: 'duration',
    help: 'how much of the clip gets sound; the rest stays silent',
    group: 'range',
    unit: 'seconds',
    nullWord: 'all',
  }),
  overlap: field(z.number().min(0).max(5).default(1), {
    label: 'overlap',
    help: 'cross-fade between the windows of a clip longer than one window',
    group: 'range',
    unit: 'seconds',
  }),

  original: field(z.enum(['drop', 'keep', 'mix']).default('drop'), {
    label: 'original sound',
    help: "the clip's own sound: dropped, kept as a second track, or mixed in",
    group: 'sound',
  }),
  originalGain: field(z.number().min(-60).max(24).default(0), {
    label: 'original gain',
    help: 'level of the original sound when it is mixed in',
    group: 'sound',
    unit: 'dB',
  }),
  loudness: field(z.number().min(-70).max(0).nullable().default(-23), {
    label: 'loudness',
    help: 'integrated loudness of the generated sound (EBU R128), peaks kept below -1 dBTP',
    group: 'sound',
    unit: 'LUFS',
    nullWord: 'off',
  }),

  format: field(z.enum(['wav', 'flac', 'both']).default('wav'), {
    label: 'format',
    help: 'kind of the sound files that are written',
    group: 'output',
  }),
  outDir: field(z.string().min(1).nullable().default(null), {
    label: 'output folder',
    placeholder: 'folder',
    help: 'where results go; beside the video when left out',
    group: 'output',
  }),
  container: field(z.enum(['auto', 'mp4', 'mov', 'webm', 'mkv']).default('auto'), {
    label: 'container',
    help: 'kind of the video file that is written; auto: MP4 where the pictures fit in it, else like the clip',
    group: 'output',
  }),
  picture: field(z.boolean().default(false), {
    label: 'picture',
    help: 'also draw frames, similarity, timing, wave and spectrogram as PNG',
    group: 'output',
  }),
  overwrite: field(z.boolean().default(false), {
    label: 'overwrite',
    help: 'replace results that exist; otherwise they are an error',
    group: 'output',
    short: 'y',
  }),

  model: field(z.string().min(1).default('small'), {
    label: 'model',
    placeholder: 'name',
    help: 'name of a model (small, auffusion, foleycrafter, smooth-foley), folder of one, or its name on the hub',
    group: 'model',
  }),
  backbone: field(z.string().min(1).nullable().default(null), {
    label: 'backbone',
    placeholder: 'folder',
    help: "UNet, autoencoder, text encoder and vocoder from this folder in place of the model's",
    group: 'model',
  }),
  frameAdapter: field(z.string().min(1).nullable().default(null), {
    label: 'frame adapter',
    placeholder: 'path',
    help: "in place of the model's: a folder, or a file such as semantic_adapter.safetensors",
    group: 'model',
  }),
  temporalAdapter: field(z.string().min(1).nullable().default(null), {
    label: 'temporal adapter',
    placeholder: 'path',
    help: "in place of the model's: a ControlNet's folder, or a file such as temporal_adapter.safetensors",
    group: 'model',
  }),
  imageEncoder: field(z.string().min(1).nullable().default(null), {
    label: 'image encoder',
    placeholder: 'folder',
    help: "in place of the model's: a CLIP image tower with its projection",
    group: 'model',
  }),
  labelEncoder: field(z.string().min(1).nullable().default(null), {
    label: 'label encoder',
    placeholder: 'folder',
    help: "in place of the model's: the CLIP text tower that belongs to the image encoder",
    group: 'model',
  }),
  vocoder: field(z.string().min(1).nullable().default(null), {
    label: 'vocoder',
    placeholder: 'folder',
    help: "in place of the model's: config.json and vocoder.safetensors",
    group: 'model',
  }),
  device: field(z.enum(['cpu', 'webgpu']).default('cpu'), {
    label: 'device',
    help: 'what computes',
    group: 'machine',
  }),
  threads: field(z.int().min(1).max(1024).nullable().default(null), {
    label: 'threads',
    help: 'CPU threads; all cores when left out',
    group: 'machine',
    nullWord: 'auto',
  }),
  memoryLimit: field(z.int().min(256).max(1048576).nullable().default(null), {
    label: 'memory limit',
    help: 'the job is ended when it needs more',
    group: 'machine',
    unit: 'MiB',
    nullWord: 'none',
  }),
  cacheDir: field(z.string().min(1).nullable().default(null), {
    label: 'cache folder',
    placeholder: 'folder',
    help: 'where frame embeddings are kept between runs; "none" keeps nothing',
    group: 'machine',
  }),
});

export type FoleyRequest = z.output<typeof foleyRequestSchema>;
export type FoleyRequestInput = z.input<typeof foleyRequestSchema>;
export type FoleyRequestField = keyof FoleyRequest & string;

/**
 * Checks a request and fills in defaults. Of `label` and `tracks` one at most is there afterwards; with neither, the picture
 * chooses a label.
 * @param nameOf how messages call a field; the command line gives its flags
 * @throws usage, naming the field and what it may be
 */
export function parseRequest(
  input: unknown,
  nameOf: (field: string) => string = (name) => name,
): FoleyRequest {
  const parsed = foleyRequestSchema.safeParse(input);
  if (!parsed.success)
    throw new FoleyError('usage', describeFault(foleyRequestSchema, parsed.error, input, nameOf));
  const request = parsed.data;
  if (request.originalGain !== 0 && request.original !== 'mix') {
    throw new FoleyError('usage', `${nameOf('originalGain')} only acts with ${nameOf('original')} mix`);
  }
  if (request.tracks === null) return request;
  const single = (['label', 'prompt', 'timing'] as const).find((name) => request[name] !== null);
  if (single !== undefined) {
    throw new FoleyError(
      'usage',
      `${nameOf(single)} belongs to a single label, and ${nameOf('tracks')} has several`,
      {
        hint: 'Say it of a track.',
      },
    );
  }
  return request;
}
