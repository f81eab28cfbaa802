/** @file What a job needs from outside: a clip, an encoder, a model. Each can be replaced, so each can be tested alone. */
import type { MelImage } from '../audio/mel-image.js';
import type { MelSpec } from '../audio/mel-spectrogram.js';
import type { Wave } from '../audio/wave.js';
import type { EmbeddingCache } from '../conditions/embedding-cache.node.js';
import type { ImageTextEncoder } from '../conditions/frame-embeddings.js';
import type { TimelineSpec } from '../conditions/timeline.js';
import type { ConditionSet, StepPosition } from '../diffusion/guidance.js';
import type { ModelDefaults } from '../models/model-config.js';
import type { MediaFacts } from '../video/media-facts.js';
import type { FrameFit, RgbFrame } from '../video/rgb-frame.js';
import type { SpeedSettings } from './speed.js';
import type { StepEconomy } from './step-economy.js';

/** An open clip. */
export interface Clip {
  readonly path: string;
  readonly facts: MediaFacts;
  /** Its own sound, from clip time 0; null when it has none. */
  soundtrack(signal?: AbortSignal): Promise<Wave | null>;
  /** SHA-256 of the file, hex. */
  contentHash(): Promise<string>;
  /** Frames at a fixed rate over a stretch, by presentation time. */
  frames(options: {
    readonly startSeconds: number;
    readonly endSeconds: number;
    readonly framesPerSecond: number;
    readonly fit: FrameFit;
    readonly signal?: AbortSignal;
  }): AsyncIterable<RgbFrame>;
  close(): void;
}

/** Token states of one text, `[tokens, width]`. */
export type TextStates = Float32Array;

/** What steers one window. */
export interface WindowConditions {
  readonly prompt: TextStates;
  readonly negative: TextStates;
  /** Null when the frame branch is off. */
  readonly frames: {
    readonly scale: number;
    /** `[count, width]` */
    readonly embeddings: Float32Array;
    /** `[count]` seconds since the window began. */
    readonly timesSeconds: Float32Array;
  } | null;
  /** Null when the timing branch is off. */
  readonly timing: {
    readonly scale: number /** `[1, bands, columns]` */;
    readonly hint: Float32Array;
  } | null;
}

/** A network that has been given its conditions. */
export interface Denoiser {
  /** One evaluation; `latents` are `[C, H, W]` flat. Conforms to diffusion's `Predict`. */
  predict(
    latents: Float32Array,
    timestep: number,
    conditions: ConditionSet,
    step: StepPosition,
  ): Promise<Float32Array>;
}

/** The generative half of a model: from conditions to samples. */
export interface Synthesizer {
  /** `[C, H, W]` of the latents of one window. */
  readonly latentShape: readonly [number, number, number];
  readonly bands: number;
  /** Frames become one mean, to which only those of the clip itself belong; else each keeps its place in the window. */
  readonly poolsFrames: boolean;
  readonly noiseSchedule: {
    readonly trainSteps: number;
    readonly betaStart: number;
    readonly betaEnd: number;
  };
  readonly prediction: 'epsilon' | 'v_prediction';
  textStates(texts: readonly string[]): Promise<TextStates[]>;
  /** Everything that does not depend on the step is computed here, once. */
  denoiser(conditions: WindowConditions, economy?: StepEconomy): Promise<Denoiser>;
  /** Latents -> mel image in 0..1, lowest band first. */
  decode(latents: Float32Array): Promise<MelImage>;
  /** Mel image -> samples at the mel's rate. */
  vocode(image: MelImage): Promise<Float32Array>;
}

/** Which model made a result. */
export interface ModelProvenance {
  readonly name: string;
  readonly files: readonly { readonly file: string; readonly sha256: string; readonly bytes: number }[];
  /** Terms of files that came from the hub. */
  readonly licences?: readonly {
    readonly repository: string;
    readonly commit: string;
    readonly licence: string;
    readonly note: string | null;
  }[];
}

/** What it takes to see a clip: enough for `inspect`. */
export interface SeeingStations {
  readonly timeline: TimelineSpec;
  readonly encoder: ImageTextEncoder;
  /** Whether the encoder can find labels among the frames; a model may have been opened for its frames alone. */
  readonly readsLabels: boolean;
  readonly embeddingCache: EmbeddingCache | null;
  /** What the model does where a request says nothing. */
  readonly defaults: ModelDefaults;
  /** The same about speed. */
  readonly speedDefaults: SpeedSettings;
}

/** The whole model and what surrounds it, opened for one request. */
export interface FoleyStations extends SeeingStations {
  readonly provenance: ModelProvenance;
  readonly mel: MelSpec;
  readonly synthesizer: Synthesizer;
}
