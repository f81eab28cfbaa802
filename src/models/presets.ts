/**
 * @file The models we know, as plain configurations.
 * Sources: Auffusion's UNet, VAE and scheduler are Stable Diffusion 1.5's (equal weight shapes); its vocoder's
 * `config.json`; FoleyCrafter's adapters (4 tokens from the mean of the frames, 1-channel hint).
 */
import { clipH14, clipL14 } from './clip.js';
import type { ModelConfig } from './model-config.js';

/** Nothing follows the motion in the picture. */
const still = { dynamics: 0, doppler: 0, pan: 0, events: 'off', gate: 0 } as const;

/** Auffusion with FoleyCrafter's two adapters: per clip, not per frame. */
export const foleycrafter: ModelConfig = {
  format: 1,
  name: 'foleycrafter',
  mel: {
    sampleRateHz: 16000,
    fftSize: 2048,
    hopSamples: 160,
    windowSamples: 1024,
    bands: 256,
    columns: 1024,
    minHz: 0,
    maxHz: 8000,
  },
  textEncoder: { kind: 'clip', tokens: 77, width: 768, tower: clipL14.text },
  imageEncoder: { kind: 'clip', width: 1024, imageSize: 224, tower: clipH14.image },
  labelEncoder: { kind: 'clip', tower: clipH14.text },
  autoencoder: {
    imageChannels: 3,
    latentChannels: 4,
    blockOutChannels: [128, 256, 512, 512],
    layersPerBlock: 2,
    normGroups: 32,
    pixelUnshuffle: 1,
    scalingFactor: 0.18215,
  },
  unet: {
    inChannels: 4,
    outChannels: 4,
    blockOutChannels: [320, 640, 1280, 1280],
    attentionLevels: [true, true, true, false],
    layersPerBlock: 2,
    heads: [8, 8, 8, 8],
    normGroups: 32,
    crossAttentionDim: 768,
  },
  frameAdapter: {
    embeddingDim: 1024,
    tokenDim: 768,
    pooling: 'mean',
    tokensPerFrame: 4,
    projection: 'linear-layernorm',
    position: 'none',
    windowSeconds: null,
    latentColumnSeconds: 0.08,
  },
  temporalAdapter: { hintChannels: [16, 32, 96, 256], hintStrides: [2, 2, 2], hintFold: 1 },
  vocoder: {
    kind: 'hifi-gan',
    bands: 256,
    initialChannels: 512,
    upsampleRates: [5, 4, 4, 2],
    upsampleKernels: [11, 8, 8, 4],
    residualKernels: [3, 7, 11],
    residualDilations: [
      [1, 3, 5],
      [1, 3, 5],
      [1, 3, 5],
    ],
  },
  diffusion: {
    trainSteps: 1000,
    betaStart: 0.00085,
    betaEnd: 0.012,
    betaSchedule: 'scaled-linear',
    prediction: 'epsilon',
  },
  // 150 frames of a clip of 10 s (inference.py:138-142), here whatever the clip's length
  frameRateHz: 15,
  // guidance: pipeline_controlnet.py:926-928; weight of the ControlNet: inference.py:30-44
  defaults: {
    steps: 20,
    guidance: 7.5,
    visionGuidance: null,
    frameScale: 1,
    timingScale: 0.2,
    strategy: 'min-max',
    ...still,
  },
};

/** Smooth-Foley at full size: the same backbone, one token for each frame, in time. */
export const smoothFoley: ModelConfig = {
  ...foleycrafter,
  name: 'smooth-foley',
  frameAdapter: {
    ...foleycrafter.frameAdapter,
    pooling: 'none',
    tokensPerFrame: 1,
    position: 'sinusoidal',
  },
  frameRateHz: 30,
  // the timing is computed here and not guessed by a detector, so it counts in full
  defaults: { ...foleycrafter.defaults, timingScale: 1 },
};

/** Text to audio alone: the adapters' sizes are FoleyCrafter's, and no files for them belong to it. */
export const auffusion: ModelConfig = {
  ...foleycrafter,
  name: 'auffusion',
  defaults: { ...foleycrafter.defaults, frameScale: 0, timingScale: 0 },
};

/** The model in this repository, small enough to train and run on two cores. Latents 8 x 16 x 64 for 10.24 s. */
export const small: ModelConfig = {
  ...smoothFoley,
  name: 'small',
  textEncoder: { kind: 'minilm', tokens: 32, width: 384 },
  imageEncoder: { kind: 'efficientnet-lite0', width: 384, imageSize: 384 },
  labelEncoder: null,
  // chosen on scenes of held-out and unseen pictures: docs/evaluation.md, "What the defaults were chosen on"
  defaults: {
    steps: 16,
    guidance: 3,
    visionGuidance: 1,
    frameScale: 1,
    timingScale: 1,
    strategy: 'places',
    events: 'rhythmic',
    gate: 1,
    dynamics: 1,
    doppler: 1,
    pan: 0,
  },
  autoencoder: {
    imageChannels: 1,
    latentChannels: 8,
    blockOutChannels: [32, 64, 128],
    layersPerBlock: 1,
    normGroups: 16,
    pixelUnshuffle: 4,
    // 1 / deviation of the latents, measured by the backbone's training
    scalingFactor: 0.5889678444711826,
  },
  unet: {
    inChannels: 8,
    outChannels: 8,
    blockOutChannels: [48, 112, 176],
    // none over 1,024 positions: with 8 heads there, a training step took twice the time and memory
    attentionLevels: [false, true, true],
    layersPerBlock: 1,
    heads: [4, 4, 4],
    normGroups: 16,
    crossAttentionDim: 384,
  },
  frameAdapter: {
    ...smoothFoley.frameAdapter,
    embeddingDim: 384,
    tokenDim: 384,
    // when a frame was, the window tells; a token says alone what is seen, as words do
    position: 'none',
    windowSeconds: 0.25,
    latentColumnSeconds: 0.16,
  },
  temporalAdapter: { hintChannels: [32, 32], hintStrides: [1], hintFold: 16 },
  vocoder: {
    kind: 'inverse-stft',
    bands: 256,
    channels: 256,
    hiddenChannels: 768,
    blocks: 6,
    fftSize: 1024,
    hopSamples: 160,
  },
  // why velocity, and why the schedule ends at more noise than the published one: docs/training.md
  diffusion: { ...smoothFoley.diffusion, betaEnd: 0.024, prediction: 'v' },
};

/** By name. */
export const presets = { auffusion, foleycrafter, 'smooth-foley': smoothFoley, small } as const;

export type PresetName = keyof typeof presets;
