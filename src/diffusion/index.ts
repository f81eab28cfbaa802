/** @file Diffusion: noise, noise schedule, samplers, guidance, and the sampling loop. */
export {
  createSampler,
  isSamplerName,
  type SamplerChoice,
  type SamplerName,
  samplerNames,
} from './create-sampler.js';
export { createDdimSampler, type DdimOptions } from './ddim.js';
export { type DenoiseProgress, type DenoiseRequest, denoise, type Predict } from './denoise.js';
export { createDpmSolverSampler, type DpmSolverOptions } from './dpm-solver-plus-plus.js';
export {
  type ConditionSet,
  combinePredictions,
  type Guidance,
  type GuidanceTerm,
  type GuidedPrediction,
  guidanceTerms,
  isWithin,
  type JointGuidance,
  type SeparateGuidance,
  type StepInterval,
  type StepPosition,
} from './guidance.js';
export { deriveSeed, gaussianNoise, type NoiseKey, type NoiseSource, TorchNoise } from './noise.js';
export {
  addNoise,
  alphaCumprodAt,
  createNoiseSchedule,
  minSnrWeight,
  type NoiseSchedule,
  type NoiseScheduleConfig,
  signalToNoise,
  stableDiffusionSchedule,
  velocity,
} from './noise-schedule.js';
export { createPndmSampler, type PndmOptions } from './pndm.js';
export {
  type Decomposition,
  decompose,
  epsilonToVelocity,
  type PredictionType,
  toClean,
  toEpsilon,
} from './prediction.js';
export type { Sampler, SamplerContext } from './sampler.js';
export { solverTimesteps, spacedTimesteps, type TimestepOptions, type TimestepSpacing } from './timesteps.js';
