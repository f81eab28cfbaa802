/** @file Which training steps a sampler visits: the three spacings of diffusers, rounded as NumPy rounds. */
import { FoleyError } from '../errors/foley-error.js';

/** Table 2 of "Common Diffusion Noise Schedules and Sample Steps are Flawed" (arXiv 2305.08891). */
export type TimestepSpacing = 'linspace' | 'leading' | 'trailing';

export interface TimestepOptions {
  readonly trainSteps: number;
  /** Number of visited steps. */
  readonly steps: number;
  readonly spacing: TimestepSpacing;
  /** Added to every step of the `leading` spacing; 1 for Stable Diffusion. */
  readonly offset: number;
}

/** Descending training steps as DDIM and PNDM visit them. @throws FoleyError `usage` when `steps` does not fit */
export function spacedTimesteps(options: TimestepOptions): number[] {
  const { trainSteps, steps, spacing, offset } = options;
  checkSteps(steps, trainSteps, offset);
  if (spacing === 'trailing') return trailing(trainSteps, steps);
  const ratio = Math.floor(trainSteps / steps);
  const stride = steps === 1 ? 0 : (trainSteps - 1) / (steps - 1);
  return Array.from({ length: steps }, (_, index) => {
    const rank = steps - 1 - index;
    return spacing === 'leading' ? rank * ratio + offset : linear(rank, stride, steps - 1, trainSteps - 1);
  });
}

/** Descending training steps as DPM-Solver++ visits them: one more is laid out, and the cleanest left off. */
export function solverTimesteps(options: TimestepOptions): number[] {
  const { trainSteps, steps, spacing, offset } = options;
  checkSteps(steps, trainSteps - 1, offset);
  if (spacing === 'trailing') return trailing(trainSteps, steps);
  const ratio = Math.floor(trainSteps / (steps + 1));
  return Array.from({ length: steps }, (_, index) => {
    const rank = steps - index;
    return spacing === 'leading'
      ? rank * ratio + offset
      : linear(rank, (trainSteps - 1) / steps, steps, trainSteps - 1);
  });
}

function linear(rank: number, stride: number, lastRank: number, last: number): number {
  return rank === lastRank && rank > 0 ? last : roundHalfToEven(rank * stride);
}

function trailing(trainSteps: number, steps: number): number[] {
  const stride = trainSteps / steps;
  return Array.from({ length: steps }, (_, index) => roundHalfToEven(trainSteps - index * stride) - 1);
}

function checkSteps(steps: number, largest: number, offset: number): void {
  if (offset !== 0 && offset !== 1)
    throw new FoleyError('usage', `the steps offset must be 0 or 1, not ${offset}`);
  const most = largest - offset; // 1 beyond the last training step would not exist
  if (Number.isInteger(steps) && steps >= 1 && steps <= most) return;
  throw new FoleyError('usage', `steps must be a whole number from 1 to ${most}, not ${steps}`, {
    hint: '20 steps are a good start; 10 are a draft and 50 the most that pays.',
  });
}

/** Rounds halves to the even neighbour, as NumPy does. */
export function roundHalfToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
