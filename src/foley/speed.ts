/**
 * @file The accelerations of a request: where a result may be a little different for much less work. Every one can be
 * switched off; what a model does when nothing is said was chosen by measurement (docs/models.md, "Accelerations").
 */
import { z } from 'zod';
import type { StepInterval } from '../diffusion/guidance.js';
import type { Arithmetic } from '../engine/engine.js';
import { FoleyError } from '../errors/foley-error.js';
import type { ModelConfig } from '../models/model-config.js';
import type { FieldMeta } from './request-fields.js';
import type { StepEconomy } from './step-economy.js';

/** Where the work of a request is saved. */
export interface SpeedSettings {
  /** Guidance acts between these shares of the steps, 0..1; outside, a step is one pass. */
  readonly guidanceFrom: number;
  readonly guidanceUntil: number;
  /** The temporal adapter runs between these shares of the steps, 0..1. */
  readonly timingFrom: number;
  readonly timingUntil: number;
  /** The whole network runs in every n-th step (DeepCache, arXiv 2312.00858); 1: in every step. */
  readonly reuseInterval: number;
  /** Skip connections that the steps between make anew, beside the first. */
  readonly reuseDepth: number;
  /** Pictures a second that the image tower sees, at most the frame rate; embeddings between are interpolated. */
  readonly looksPerSecond: number;
  /** Mean difference, of 255, by which a block of a picture may differ from one that was seen. */
  readonly frameTolerance: number;
  /** Pictures that go through the image tower together. */
  readonly frameBatch: number;
  /** Tokens merged in each layer of a vision transformer (ToMe, arXiv 2210.09461). */
  readonly tokenMerging: number;
  /** How the image tower multiplies by its matrices. */
  readonly frameArithmetic: Arithmetic;
  /** How UNet and ControlNet multiply and convolve. */
  readonly stepArithmetic: Arithmetic;
}

/** Nothing is left out: each step, each picture and each token is computed. */
export const exactSpeed: SpeedSettings = {
  guidanceFrom: 0,
  guidanceUntil: 1,
  timingFrom: 0,
  timingUntil: 1,
  reuseInterval: 1,
  reuseDepth: 0,
  looksPerSecond: 60,
  frameTolerance: 0,
  frameBatch: 1,
  tokenMerging: 0,
  frameArithmetic: 'float32',
  stepArithmetic: 'float32',
};

/** Networks of fewer channels than this at the first level take a clip in seconds; nothing need be saved there. */
const leastChannelsToSave = 256;

/**
 * What a model does where a request says nothing. A small model computes every step, and looks ten times a second, twice
 * as often as its adapters were trained with, at pictures that differ by more than coding noise. At full size, whole steps
 * are one in three, and the image tower looks five times a second, as often as frame adapters are trained with here.
 */
export function speedDefaults({ unet }: ModelConfig): SpeedSettings {
  if (unet.blockOutChannels[0]! < leastChannelsToSave)
    return { ...exactSpeed, looksPerSecond: 10, frameTolerance: 1 };
  return { ...exactSpeed, reuseInterval: 3, looksPerSecond: 5, frameTolerance: 2 };
}

/** What a request says about speed; null: the model's own default. */
export type SpeedRequest = { readonly [Name in keyof SpeedSettings]: SpeedSettings[Name] | null };

/** The same request with every speed setting filled in, as the sidecar records it. @throws as `speedOf` */
export function settleSpeed<R extends SpeedRequest>(request: R, defaults: SpeedSettings): R & SpeedSettings {
  return { ...request, ...speedOf(request, defaults) };
}

/** The settings that hold, open ones filled in. @throws usage for an interval that ends before it begins */
export function speedOf(request: SpeedRequest, defaults: SpeedSettings): SpeedSettings {
  const names = Object.keys(defaults) as (keyof SpeedSettings)[];
  const settled = Object.fromEntries(names.map((name) => [name, request[name] ?? defaults[name]]));
  const speed = settled as unknown as SpeedSettings;
  for (const [from, until] of [
    ['guidanceFrom', 'guidanceUntil'],
    ['timingFrom', 'timingUntil'],
  ] as const) {
    if (speed[from] <= speed[until]) continue;
    throw new FoleyError('usage', `${from} ${speed[from]} lies after ${until} ${speed[until]}`);
  }
  return speed;
}

/** The settings as the sampling loop and the network take them. */
export function savingsOf(speed: SpeedSettings): {
  readonly interval: StepInterval;
  readonly economy: StepEconomy;
} {
  return {
    interval: { from: speed.guidanceFrom, until: speed.guidanceUntil },
    economy: {
      reuse: { interval: speed.reuseInterval, depth: speed.reuseDepth },
      timing: { from: speed.timingFrom, until: speed.timingUntil },
      arithmetic: speed.stepArithmetic,
    },
  };
}

function setting<S extends z.ZodType>(schema: S, meta: Omit<FieldMeta, 'group' | 'nullWord'>) {
  return schema
    .nullable()
    .default(null as never)
    .meta({ ...meta, group: 'speed', nullWord: 'model' });
}

const arithmetic = z.enum(['float32', 'int8']);
const share = z.number().min(0).max(1);

/** The fields of a request; null, or "model", stands for the model's own default. */
export const speedFields = {
  guidanceFrom: setting(share, {
    label: 'guidance from',
    help: 'share of the steps after which guidance begins; before, a step is one pass',
  }),
  guidanceUntil: setting(share, {
    label: 'guidance until',
    help: 'share of the steps after which guidance ends; then a step is one pass',
  }),
  timingFrom: setting(share, {
    label: 'timing from',
    help: 'share of the steps after which the timing track begins to act',
  }),
  timingUntil: setting(share, {
    label: 'timing until',
    help: 'share of the steps after which the timing track no longer acts',
  }),
  reuseInterval: setting(z.int().min(1).max(10), {
    label: 'reuse interval',
    help: 'the whole network runs in every n-th step, and its deep features are reused between; 1 reuses nothing',
  }),
  reuseDepth: setting(z.int().min(0).max(16), {
    label: 'reuse depth',
    help: 'how many layers further down the steps between still compute',
  }),
  looksPerSecond: setting(z.number().min(0.5).max(60), {
    label: 'looks a second',
    help: 'pictures a second that the image tower sees, at most the frame rate; between them embeddings are interpolated',
  }),
  frameTolerance: setting(z.number().min(0).max(255), {
    label: 'frame tolerance',
    help: 'pictures of which no block differs by more than this mean, of 255, share an embedding',
  }),
  frameBatch: setting(z.int().min(1).max(64), {
    label: 'frame batch',
    help: 'pictures that go through the image tower together',
  }),
  tokenMerging: setting(z.int().min(0).max(16), {
    label: 'token merging',
    help: 'tokens merged in each layer of a vision transformer; 0 merges none',
  }),
  frameArithmetic: setting(arithmetic, {
    label: 'frame arithmetic',
    help: 'int8: the image tower (a vision transformer) multiplies in 8 bits',
  }),
  stepArithmetic: setting(arithmetic, {
    label: 'step arithmetic',
    help: 'int8: UNet and ControlNet multiply and convolve in 8 bits',
  }),
};
