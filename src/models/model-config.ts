/** @file What a model folder's `config.json` says: every size and constant of the model, checked when it is read. */
import { z } from 'zod';
import { FoleyError } from '../errors/foley-error.js';
import type { AutoencoderConfig } from './autoencoder.js';
import type { ClipImageConfig, ClipTextConfig } from './clip.js';
import type { FrameAdapterConfig } from './frame-adapter.js';
import { placePixels } from './picture-places.js';
import type { UnetConfig } from './unet-config.js';
import type { VocoderConfig } from './vocoder.js';

const count = z.int().positive();
const counts = z.array(count).min(1).readonly();

/** The mel that latents and vocoder speak of. */
const melSchema = z.strictObject({
  sampleRateHz: count,
  fftSize: count,
  hopSamples: count,
  windowSamples: count,
  bands: count,
  /** Columns of one window. */
  columns: count,
  minHz: z.number().nonnegative(),
  maxHz: z.number().positive(),
});

const clipTransformerFields = {
  width: count,
  layers: count,
  heads: count,
  hiddenWidth: count,
  activation: z.enum(['quick-gelu', 'gelu']),
};

const clipTextSchema = z
  .strictObject({
    ...clipTransformerFields,
    vocabularySize: count,
    tokens: count,
    projectionWidth: count,
  })
  .refine(
    (tower) => tower.width % tower.heads === 0,
    'heads divide width',
  ) satisfies z.ZodType<ClipTextConfig>;

const clipImageSchema = z
  .strictObject({
    ...clipTransformerFields,
    imageSize: count,
    patchSize: count,
    projectionWidth: count,
  })
  .refine((tower) => tower.width % tower.heads === 0, 'heads divide width')
  .refine(
    (tower) => tower.imageSize % tower.patchSize === 0,
    'patches divide the picture',
  ) satisfies z.ZodType<ClipImageConfig>;

/** What reads the prompt; MiniLM reads labels, too. `tokens`, handed to the cross attention, include the padding. */
const textEncoderSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('minilm'), tokens: count, width: count }),
    z.strictObject({ kind: z.literal('clip'), tokens: count, width: count, tower: clipTextSchema }),
  ])
  .refine(
    (text) => text.kind !== 'clip' || (text.width === text.tower.width && text.tokens === text.tower.tokens),
    'width and tokens are those of the tower',
  );

/** What sees the frames. `width` is that of a frame's embedding. */
const imageEncoderSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('efficientnet-lite0'),
      width: count,
      imageSize: count.multipleOf(placePixels),
    }),
    z.strictObject({ kind: z.literal('clip'), width: count, imageSize: count, tower: clipImageSchema }),
  ])
  .refine(
    (image) =>
      image.kind !== 'clip' ||
      (image.width === image.tower.projectionWidth && image.imageSize === image.tower.imageSize),
    'width and imageSize are those of the tower',
  );

/** What reads labels in the space of the frames, where that is not the text encoder. */
const labelEncoderSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('minilm'), tokens: count, width: count }),
  z.strictObject({ kind: z.literal('clip'), tower: clipTextSchema }),
]);

/**
 * How similarity becomes a curve (conditions/similarity.ts). `places` needs an encoder that tells them; without, `min-max`
 * told frames with the object from those without best (balanced accuracy 0.79 on 30 scenes; raw 0.62, contrast 0.60).
 */
export const strategyNames = ['contrast', 'projected', 'min-max', 'raw', 'places'] as const;

export const eventChoices = ['off', 'rhythmic', 'all'] as const;

/** What holds where a request says nothing. */
const defaultsSchema = z.strictObject({
  /** Denoising steps. */
  steps: z.int().min(1).max(500).default(20),
  guidance: z.number().nonnegative(),
  /** Of the frames; null: the same as `guidance`, as in FoleyCrafter. */
  visionGuidance: z.number().nonnegative().nullable().default(null),
  frameScale: z.number().nonnegative(),
  timingScale: z.number().nonnegative(),
  strategy: z.enum(strategyNames).default('min-max'),
  /** Which labels sound at sudden movements only (conditions/visual-events.ts). */
  events: z.enum(eventChoices).default('off'),
  /** How far the sound is turned down outside its timing, 0..1. */
  gate: z.number().min(0).max(1).default(0),
  /** How far level, pitch and direction follow the motion in the picture, 0..1 (conditions/motion-curve.ts). */
  dynamics: z.number().min(0).max(1).default(0),
  doppler: z.number().min(0).max(1).default(0),
  pan: z.number().min(0).max(1).default(0),
});

const autoencoderSchema = z.strictObject({
  imageChannels: count,
  latentChannels: count,
  blockOutChannels: counts,
  layersPerBlock: count,
  normGroups: count,
  pixelUnshuffle: count,
  scalingFactor: z.number().positive(),
}) satisfies z.ZodType<AutoencoderConfig>;

const unetSchema = z
  .strictObject({
    inChannels: count,
    outChannels: count,
    blockOutChannels: counts,
    attentionLevels: z.array(z.boolean()).readonly(),
    layersPerBlock: count,
    heads: counts,
    normGroups: count,
    crossAttentionDim: count,
  })
  .refine(
    (unet) => unet.attentionLevels.length === unet.blockOutChannels.length,
    'one attentionLevels entry for each level',
  )
  .refine((unet) => unet.heads.length === unet.blockOutChannels.length, 'one heads entry for each level')
  .refine(
    (unet) => unet.blockOutChannels.every((channels, i) => channels % unet.heads[i]! === 0),
    'heads divide channels',
  )
  .refine(
    (unet) => unet.blockOutChannels.every((channels) => channels % unet.normGroups === 0),
    'normGroups divides channels',
  ) satisfies z.ZodType<UnetConfig>;

const frameAdapterSchema = z
  .strictObject({
    embeddingDim: count,
    tokenDim: count,
    pooling: z.enum(['none', 'mean']),
    tokensPerFrame: z.union([z.literal(1), z.literal(4)]),
    projection: z.enum(['linear', 'linear-layernorm']),
    position: z.enum(['none', 'sinusoidal', 'learned']),
    windowSeconds: z.number().nonnegative().nullable(),
    latentColumnSeconds: z.number().positive(),
  })
  .refine(
    (adapter) =>
      adapter.pooling === 'none' || (adapter.position === 'none' && adapter.windowSeconds === null),
    'a pooled clip has neither position nor window',
  ) satisfies z.ZodType<FrameAdapterConfig>;

const temporalAdapterSchema = z
  .strictObject({
    hintChannels: counts,
    hintStrides: z.array(count).readonly(),
    hintFold: count,
  })
  .refine(
    (adapter) => adapter.hintStrides.length === adapter.hintChannels.length - 1,
    'one hint stride between two channels',
  );

const vocoderSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('hifi-gan'),
    bands: count,
    initialChannels: count,
    upsampleRates: counts,
    upsampleKernels: counts,
    residualKernels: counts,
    residualDilations: z.array(counts).readonly(),
  }),
  z.strictObject({
    kind: z.literal('inverse-stft'),
    bands: count,
    channels: count,
    hiddenChannels: count,
    blocks: count,
    fftSize: count,
    hopSamples: count,
  }),
]) satisfies z.ZodType<VocoderConfig>;

const diffusionSchema = z.strictObject({
  trainSteps: count,
  betaStart: z.number().positive(),
  betaEnd: z.number().positive(),
  betaSchedule: z.literal('scaled-linear'),
  prediction: z.enum(['epsilon', 'v']),
});

/** `config.json` of a model folder. */
export const modelConfigSchema = z
  .strictObject({
    format: z.literal(1),
    name: z.string().min(1),
    mel: melSchema,
    textEncoder: textEncoderSchema,
    imageEncoder: imageEncoderSchema,
    autoencoder: autoencoderSchema,
    unet: unetSchema,
    frameAdapter: frameAdapterSchema,
    temporalAdapter: temporalAdapterSchema,
    vocoder: vocoderSchema,
    diffusion: diffusionSchema,
    labelEncoder: labelEncoderSchema.nullable().default(null),
    /** Frames looked at in a second of video. */
    frameRateHz: count.default(30),
    defaults: defaultsSchema.prefault({ guidance: 4, frameScale: 1, timingScale: 1 }),
  })
  .refine((model) => model.unet.inChannels === model.autoencoder.latentChannels, 'the UNet reads the latents')
  .refine(
    (model) => model.textEncoder.width === model.unet.crossAttentionDim,
    'text tokens have the cross width',
  )
  .refine(
    (model) => model.frameAdapter.tokenDim === model.unet.crossAttentionDim,
    'frame tokens have the cross width',
  )
  .refine(
    (model) => model.imageEncoder.width === model.frameAdapter.embeddingDim,
    'the adapter reads the image encoder',
  )
  .refine(
    ({ labelEncoder, imageEncoder }) =>
      labelEncoder === null ||
      (labelEncoder.kind === 'clip' ? labelEncoder.tower.projectionWidth : labelEncoder.width) ===
        imageEncoder.width,
    'labels and frames have embeddings of one width',
  )
  .refine((model) => model.vocoder.bands === model.mel.bands, 'the vocoder reads the mel')
  .readonly();

export type ModelConfig = z.infer<typeof modelConfigSchema>;

/** What a model does where a request says nothing. */
export type ModelDefaults = ModelConfig['defaults'];

/**
 * Checks the parsed JSON of a `config.json`.
 * @param source the file's name, for the message.
 * @throws FoleyError `weights-invalid` naming the first field that is wrong.
 */
export function parseModelConfig(json: unknown, source: string): ModelConfig {
  const parsed = modelConfigSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const field = issue.path.length === 0 ? '' : ` ${issue.path.join('.')}:`;
  throw new FoleyError('weights-invalid', `${source}:${field} ${issue.message}`, { cause: parsed.error });
}
