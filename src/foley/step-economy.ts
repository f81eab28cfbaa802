/** @file What the steps of a run leave out, to save work. */
import type { StepInterval } from '../diffusion/guidance.js';
import type { Arithmetic } from '../engine/engine.js';

/** What steps leave out. */
export interface StepEconomy {
  /** The whole network runs in every `interval`-th step; between, its `depth + 1` finest layers (DeepCache). */
  readonly reuse: { readonly interval: number; readonly depth: number };
  /** Where the temporal adapter runs. */
  readonly timing: StepInterval;
  /** How UNet and ControlNet multiply by their matrices. */
  readonly arithmetic: Arithmetic;
}
