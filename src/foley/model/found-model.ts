/** @file A model that was found: what it is, and which files hold each part of it. */
import type { ModelConfig } from '../../models/model-config.js';

export const partNames = [
  'unet',
  'vae',
  'vocoder',
  'text_encoder',
  'image_encoder',
  'label_encoder',
  'frame_adapter',
  'temporal_adapter',
] as const;
export type PartName = (typeof partNames)[number];

/** What a request asks of a model; a part that nothing asks for need not be there. */
export interface ModelNeeds {
  /** To make sound, and not only to look. */
  readonly sound: boolean;
  /** To see the frames: for the frame adapter, or to find the label. */
  readonly sight: boolean;
  /** To find the label among the frames. */
  readonly labels: boolean;
  readonly frameAdapter: boolean;
  readonly temporalAdapter: boolean;
}

export interface FoundModel {
  /** As the sidecar names it. */
  readonly name: string;
  readonly config: ModelConfig;
  /** Safetensors files by part, several where one part is in shards. A part that is not needed may be absent. */
  readonly weights: ReadonlyMap<PartName, readonly string[]>;
  /** Tokenizer of each text tower: a folder for CLIP, a list of words for MiniLM. */
  readonly tokenizers: ReadonlyMap<'text_encoder' | 'label_encoder', string>;
  /** Every file that decides what the model says: the name by which the sidecar lists it, and its path. */
  readonly files: ReadonlyMap<string, string>;
}
