/** @file The parameters that sound is made with, by network. */
import type { Parameters } from '../weights/parameters.js';

/** The parameters of each network; a null adapter is one the model folder does not have. */
export interface SynthesizerParameters {
  readonly unet: Parameters;
  readonly vae: Parameters;
  readonly vocoder: Parameters;
  readonly frameAdapter: Parameters | null;
  readonly temporalAdapter: Parameters | null;
}
