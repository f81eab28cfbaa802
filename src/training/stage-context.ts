/** @file What a stage is given beside its configuration: an engine for samples and caches, folders, a place to report to. */
import type { Engine } from '../engine/engine.js';
import type { ModelConfig } from '../models/model-config.js';

export interface StageContext {
  readonly engine: Engine;
  /** CPU threads of the engine, and for looking at scenes. */
  readonly threads: number;
  /** Mixtures, latents and embeddings that are computed once are kept here. */
  readonly cacheFolder: string;
  /** Holds the sound manifest and what it names. */
  readonly audioFolder: string;
  /** Holds `train/` and `val/` scenes; only the frame adapter needs them, and the pictures they are drawn from. */
  readonly scenesFolder: string;
  readonly picturesFolder: string;
  /** Where finished weights go, and where frozen ones are read. */
  readonly modelFolder: string;
  /** The sizes in the model folder's `config.json`. */
  readonly model: ModelConfig;
  /** One line of progress for a person. */
  readonly report: (text: string) => void;
}
