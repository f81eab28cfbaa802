/** @file `scheduler/scheduler_config.json`: how noise was laid out in training. Which sampler runs is the request's choice. */
import type { ModelConfig } from '../model-config.js';
import { expectClass, PublishedJson } from './published-json.js';

/** Schedulers that share one noise schedule and differ only in how they step through it. */
const schedulers = [
  'PNDMScheduler',
  'DDIMScheduler',
  'DDPMScheduler',
  'DPMSolverMultistepScheduler',
  'DPMSolverSinglestepScheduler',
  'UniPCMultistepScheduler',
  'DEISMultistepScheduler',
  'EulerDiscreteScheduler',
  'EulerAncestralDiscreteScheduler',
  'HeunDiscreteScheduler',
  'LMSDiscreteScheduler',
];

/** Keys that only say how such a scheduler steps. */
const stepping = [
  'algorithm_type',
  'clip_sample',
  'clip_sample_range',
  'dynamic_thresholding_ratio',
  'euler_at_final',
  'final_sigmas_type',
  'interpolation_type',
  'lambda_min_clipped',
  'lower_order_final',
  'sample_max_value',
  'set_alpha_to_one',
  'skip_prk_steps',
  'solver_order',
  'solver_type',
  'steps_offset',
  'timestep_spacing',
  'timestep_type',
  'use_lu_lambdas',
  'variance_type',
];

/** @throws FoleyError 'weights-invalid' for a noise schedule that is not scaled linear. */
export function readSchedulerJson(json: unknown, file: string): ModelConfig['diffusion'] {
  const config = new PublishedJson(json, file);
  expectClass(config, ...schedulers);
  const diffusion: ModelConfig['diffusion'] = {
    trainSteps: config.count('num_train_timesteps', 1000),
    betaStart: config.number('beta_start'),
    betaEnd: config.number('beta_end'),
    betaSchedule: config.word('beta_schedule', { scaled_linear: 'scaled-linear' }),
    prediction: config.word('prediction_type', { epsilon: 'epsilon', v_prediction: 'v' } as const, 'epsilon'),
  };
  config.only('trained_betas');
  config.only('rescale_betas_zero_snr', false);
  config.passOver(...stepping);
  config.end();
  return diffusion;
}
