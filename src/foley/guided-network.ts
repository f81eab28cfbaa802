/** @file The denoising network with its conditions worked out beforehand: everything that no step changes is made once. */
import { type ConditionSet, isWithin, type StepPosition } from '../diffusion/guidance.js';
import type { CompileOptions, Session } from '../engine/engine.js';
import { floats, type Program, type Tensor, tensor } from '../graph/index.js';
import type { ModelConfig } from '../models/model-config.js';
import {
  type Branches,
  frameProgram,
  hintProgram,
  type StepPart,
  stepProgram,
  textProgram,
} from './network-programs.js';
import type { Denoiser, TextStates, WindowConditions } from './stations.js';
import type { StepEconomy } from './step-economy.js';
import type { SynthesizerParameters } from './synthesizer-parameters.js';

type Feeds = Readonly<Record<string, Tensor>>;
type SessionOf = (name: string, build: () => Program, options?: CompileOptions) => Promise<Session>;
/** What prepares the steps runs once or twice a window. */
const ranSeldom: CompileOptions = { workingMemory: 'released' };

export interface GuidedNetwork {
  prepare(conditions: WindowConditions, economy?: StepEconomy): Promise<Denoiser>;
}

/** Every step whole. */
const everyStepWhole: StepEconomy = {
  reuse: { interval: 1, depth: 0 },
  timing: { from: 0, until: 1 },
  arithmetic: 'float32',
};

/** The network over sessions that `sessionOf` opens and keeps. */
export function createNetwork(
  config: ModelConfig,
  parameters: SynthesizerParameters,
  latentShape: readonly number[],
  sessionOf: SessionOf,
): GuidedNetwork {
  // a text is the same in every window and take of a request
  const knownTexts = new WeakMap<TextStates, { readonly withControl: boolean; readonly feeds: Feeds }>();
  const textFeeds = async (states: TextStates, withControl: boolean): Promise<Feeds> => {
    const known = knownTexts.get(states);
    if (known?.withControl === withControl) return known.feeds;
    const session = await sessionOf(
      `text/${withControl}`,
      () => textProgram(config, parameters, withControl),
      ranSeldom,
    );
    const { tokens, width } = config.textEncoder;
    const feeds = await session.run({ states: tensor([1, tokens, width], states) });
    knownTexts.set(states, { withControl, feeds });
    return feeds;
  };
  const frameFeeds = async (embeddings: Float32Array, timesSeconds: Float32Array): Promise<Feeds> => {
    const count = timesSeconds.length;
    const session = await sessionOf(
      `frames/${count}`,
      () => frameProgram(config, parameters, count, latentShape[2]!),
      ranSeldom,
    );
    return session.run({
      embeddings: tensor([1, count, config.frameAdapter.embeddingDim], embeddings),
      timesSeconds: tensor([1, count], timesSeconds),
    });
  };
  const hintFeeds = async (hint: Float32Array): Promise<Feeds> => {
    const session = await sessionOf('hint', () => hintProgram(config, parameters), ranSeldom);
    return session.run({ hint: tensor([1, 1, config.mel.bands, config.mel.columns], hint) });
  };
  const fixedFeeds = async (conditions: WindowConditions): Promise<Record<ConditionSet, Feeds>> => {
    const { prompt, negative, frames, timing } = conditions;
    const hint = timing === null ? {} : await hintFeeds(timing.hint);
    const positiveText = await textFeeds(prompt, timing !== null);
    const negativeText = await textFeeds(negative, timing !== null);
    // no picture is zeros through the projection, as in FoleyCrafter (inference.py:138-142)
    const blankFrames =
      frames === null
        ? {}
        : await frameFeeds(new Float32Array(frames.embeddings.length), frames.timesSeconds);
    const seenFrames = frames === null ? {} : await frameFeeds(frames.embeddings, frames.timesSeconds);
    return {
      none: { ...hint, ...negativeText, ...blankFrames },
      vision: { ...hint, ...negativeText, ...seenFrames },
      'text+vision': { ...hint, ...positiveText, ...seenFrames },
    };
  };

  return {
    async prepare(conditions, economy = everyStepWhole) {
      const { frames, timing } = conditions;
      const fixed = await fixedFeeds(conditions);
      const deepFeatures = createDeepFeatures(economy.reuse);
      return {
        async predict(latents, timestep, set, step) {
          const steers = timing !== null && isWithin(step, economy.timing);
          const branches: Branches = {
            frames: frames === null ? null : { scale: frames.scale, count: frames.timesSeconds.length },
            timingScale: steers ? timing.scale : null,
          };
          const { part, deep } = deepFeatures.at(set, step);
          const { arithmetic } = economy;
          const session = await sessionOf(
            `step/${JSON.stringify([branches, part, arithmetic])}`,
            () => stepProgram(config, parameters, branches, part, latentShape),
            { arithmetic },
          );
          const outputs = await session.run(
            feedsOf(session, {
              ...fixed[set],
              latents: tensor([1, ...latentShape], latents),
              timestep: tensor([1], Float32Array.of(timestep)),
              ...(deep === null ? {} : { deep }),
            }),
          );
          if (outputs.deep) deepFeatures.keep(set, step, outputs.deep);
          return floats(outputs.prediction!);
        },
      };
    },
  };
}

/** What a program takes; a shallow one attends in fewer places than there are keys and values for. */
function feedsOf({ program: { inputs } }: Session, feeds: Feeds): Feeds {
  return Object.fromEntries(inputs.map(({ name }) => [name, feeds[name]!]));
}

interface DeepFeatures {
  /** Which part a step computes, and the features that it reuses. */
  at(set: ConditionSet, step: StepPosition): { readonly part: StepPart; readonly deep: Tensor | null };
  keep(set: ConditionSet, step: StepPosition, deep: Tensor): void;
}

/**
 * The features of each condition set, made anew in every `interval`-th step. A set that was not evaluated then, since
 * guidance did not act, is evaluated whole when it first is.
 */
function createDeepFeatures({ interval, depth }: StepEconomy['reuse']): DeepFeatures {
  const kept = new Map<ConditionSet, { readonly index: number; readonly deep: Tensor }>();
  return {
    at(set, { index }) {
      if (interval === 1) return { part: { kind: 'whole' }, deep: null };
      const renewedAt = index - (index % interval);
      const known = kept.get(set);
      return index === renewedAt || known === undefined || known.index < renewedAt
        ? { part: { kind: 'keeping', depth }, deep: null }
        : { part: { kind: 'reusing', depth }, deep: known.deep };
    },
    keep(set, { index }, deep) {
      kept.set(set, { index, deep });
    },
  };
}
