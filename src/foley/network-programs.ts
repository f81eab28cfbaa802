/** @file The programs of the denoising network: conditions that no step changes, and the step itself, whole or in part. */
import { FoleyError } from '../errors/foley-error.js';
import { input, inputsUsed, type Program, program, type Value } from '../graph/index.js';
import { type ControlNetConfig, controlNetStep, encodeHint } from '../models/controlnet.js';
import { keysValuesAsInputs, keysValuesAsOutputs, textKeysValues } from '../models/cross-keys-values.js';
import { frameKeysValues, frameTokens } from '../models/frame-adapter.js';
import { frameWindowBiases } from '../models/frame-window.js';
import type { ModelConfig } from '../models/model-config.js';
import {
  type ControlResiduals,
  type DeepReuse,
  deepShape,
  type FrameContext,
  unetStep,
  unetStepKeeping,
  unetStepReusing,
} from '../models/unet.js';
import { controlNetSites, crossAttentionSites } from '../models/unet-config.js';
import type { Parameters } from '../weights/parameters.js';
import type { SynthesizerParameters } from './synthesizer-parameters.js';

/** Which branches a step has, and how much they weigh. */
export interface Branches {
  /** Frames in a window; null without the branch. */
  readonly frames: { readonly scale: number; readonly count: number } | null;
  readonly timingScale: number | null;
}

/** Builds each program that the adapters at hand allow, for its checks alone. */
export function buildNetworkPrograms(
  config: ModelConfig,
  parameters: SynthesizerParameters,
  latentShape: readonly number[],
): void {
  const hasFrames = parameters.frameAdapter !== null;
  const hasTiming = parameters.temporalAdapter !== null;
  textProgram(config, parameters, hasTiming);
  if (hasFrames) frameProgram(config, parameters, 1, latentShape[2]!);
  if (hasTiming) hintProgram(config, parameters);
  const frames = hasFrames ? { scale: 1, count: 1 } : null;
  const branches = { frames, timingScale: hasTiming ? 1 : null };
  stepProgram(config, parameters, branches, { kind: 'whole' }, latentShape);
}

/** Text states -> keys and values of the UNet (`text:`) and of the ControlNet (`control:`). */
export function textProgram(
  config: ModelConfig,
  parameters: SynthesizerParameters,
  withControl: boolean,
): Program {
  const { tokens, width } = config.textEncoder;
  const states = input('states', [1, tokens, width]);
  const outputs = keysValuesAsOutputs(
    'text',
    textKeysValues(parameters.unet, states, crossAttentionSites(config.unet)),
  );
  if (withControl) {
    const control = temporalOf(parameters);
    Object.assign(
      outputs,
      keysValuesAsOutputs('control', textKeysValues(control, states, controlNetSites(config.unet))),
    );
  }
  return program('text-conditions', { inputs: [states], outputs });
}

/** Frame embeddings -> keys and values (`frame:`) and, with a window, the biases by columns (`bias:`). */
export function frameProgram(
  config: ModelConfig,
  parameters: SynthesizerParameters,
  count: number,
  latentColumns: number,
): Program {
  const p = frameOf(parameters);
  const embeddings = input('embeddings', [1, count, config.frameAdapter.embeddingDim]);
  const timesSeconds = input('timesSeconds', [1, count]);
  const tokens = frameTokens(p.at('image_proj'), embeddings, timesSeconds, config.frameAdapter);
  const outputs = keysValuesAsOutputs(
    'frame',
    frameKeysValues(p.at('ip_adapter'), tokens, crossAttentionSites(config.unet)),
  );
  for (const [columns, bias] of frameWindowBiases(
    timesSeconds,
    latentColumns,
    config.unet,
    config.frameAdapter,
  )) {
    outputs[`bias:${columns}`] = bias;
  }
  return program('frame-conditions', { inputs: [embeddings, timesSeconds], outputs });
}

/** Timing raster -> features of the size of the latents. */
export function hintProgram(config: ModelConfig, parameters: SynthesizerParameters): Program {
  const hint = input('hint', [1, 1, config.mel.bands, config.mel.columns]);
  const p = temporalOf(parameters).at('controlnet_cond_embedding');
  return program('hint', {
    inputs: [hint],
    outputs: { hintFeatures: encodeHint(p, hint, controlConfig(config)) },
  });
}

/** Which part of the UNet a step computes, by how deep features are reused (`DeepReuse`). */
export type StepPart =
  | { readonly kind: 'whole' }
  /** The whole, with what later steps may reuse as the output `deep`. */
  | ({ readonly kind: 'keeping' } & DeepReuse)
  /** The shallow part, with the input `deep`. */
  | ({ readonly kind: 'reusing' } & DeepReuse);

/** One evaluation; inputs carry the names that the programs above give their outputs. Those that a part needs are there. */
export function stepProgram(
  config: ModelConfig,
  parameters: SynthesizerParameters,
  branches: Branches,
  part: StepPart,
  latentShape: readonly number[],
): Program {
  const sites = crossAttentionSites(config.unet);
  const textTokens = config.textEncoder.tokens;
  const latents = input('latents', [1, ...latentShape]);
  const timestep = input('timestep', [1]);
  const text = keysValuesAsInputs('text', 1, textTokens, sites);
  const inputs: Value[] = [latents, timestep, ...valuesOf(text)];

  let frames: FrameContext | null = null;
  if (branches.frames !== null) {
    const { scale, count } = branches.frames;
    const tokens = (config.frameAdapter.pooling === 'mean' ? 1 : count) * config.frameAdapter.tokensPerFrame;
    const keysValues = keysValuesAsInputs('frame', 1, tokens, sites);
    const windowBiases = biasInputs(config, tokens, latentShape[2]!);
    frames = { keysValues, scale, windowBiases };
    inputs.push(...valuesOf(keysValues), ...windowBiases.values());
  }

  let control: ControlResiduals | null = null;
  if (branches.timingScale !== null) {
    const controlText = keysValuesAsInputs('control', 1, textTokens, controlNetSites(config.unet));
    const [, rows, columns] = latentShape;
    const hintFeatures = input('hintFeatures', [1, config.unet.blockOutChannels[0]!, rows!, columns!]);
    inputs.push(...valuesOf(controlText), hintFeatures);
    control = controlNetStep(
      temporalOf(parameters),
      { latents, timestep, text: controlText, hintFeatures, scale: branches.timingScale },
      controlConfig(config),
    );
  }
  const given = { latents, timestep, text, frames, control };
  const outputs: Record<string, Value> = {};
  switch (part.kind) {
    case 'whole':
      outputs.prediction = unetStep(parameters.unet, given, config.unet);
      break;
    case 'keeping':
      Object.assign(outputs, unetStepKeeping(parameters.unet, given, part, config.unet));
      break;
    case 'reusing': {
      const deep = input('deep', [1, ...deepShape(latentShape, part, config.unet)]);
      inputs.push(deep);
      outputs.prediction = unetStepReusing(parameters.unet, given, deep, part, config.unet);
      break;
    }
  }
  return program(part.kind === 'whole' ? 'step' : `step-${part.kind}`, {
    inputs: inputsUsed(inputs, outputs),
    outputs,
  });
}

function biasInputs(config: ModelConfig, tokens: number, latentColumns: number): ReadonlyMap<number, Value> {
  if (config.frameAdapter.windowSeconds === null) return new Map();
  const { attentionLevels } = config.unet;
  const levels = attentionLevels
    .map((has, level) => ({ has, level }))
    .filter(({ has, level }) => has || level === attentionLevels.length - 1);
  return new Map(
    levels.map(({ level }) => {
      const columns = latentColumns / 2 ** level;
      return [columns, input(`bias:${columns}`, [1, 1, columns, tokens])];
    }),
  );
}

function valuesOf(keysValues: ReadonlyMap<string, { readonly key: Value; readonly value: Value }>): Value[] {
  return [...keysValues.values()].flatMap(({ key, value }) => [key, value]);
}

function controlConfig(config: ModelConfig): ControlNetConfig {
  return { unet: config.unet, ...config.temporalAdapter };
}

function frameOf({ frameAdapter }: SynthesizerParameters): Parameters {
  if (frameAdapter) return frameAdapter;
  throw new FoleyError('model-missing', 'the model has no frame adapter', {
    hint: 'Set the frame scale to 0.',
  });
}

function temporalOf({ temporalAdapter }: SynthesizerParameters): Parameters {
  if (temporalAdapter) return temporalAdapter;
  throw new FoleyError('model-missing', 'the model has no temporal adapter', {
    hint: 'Set the timing scale to 0.',
  });
}
