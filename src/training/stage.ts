/** @file What one part of the model needs to be trained: a loss as a graph, batches by number, and where results go. */
import type { Tensor, Value } from '../graph/index.js';
import type { InitialiserRule } from '../weights/initialise.js';
import type { Parameters } from '../weights/parameters.js';

/** The loss of one batch. */
export interface LossGraph {
  /** What a batch feeds, without the parameters. */
  readonly inputs: readonly Value[];
  /** Scalar. */
  readonly loss: Value;
  /** Scalars worth logging beside the loss. */
  readonly metrics: Readonly<Record<string, Value>>;
}

/** What a batch feeds, by input name. */
export type Batch = Readonly<Record<string, Tensor>>;

/** A mel scaled to 0..1, lowest band first, and what it shows. */
export interface SampleImage {
  readonly name: string;
  readonly image: { readonly bands: number; readonly columns: number; readonly data: Float32Array };
}

/** Parameters by key, each row-major in its own shape. */
export type ParameterValues = ReadonlyMap<string, Float32Array>;

/** A stage with its data opened. */
export interface StageRun {
  /** The loss as a graph over parameters that are asked for by their published keys. */
  buildLoss(parameters: Parameters): LossGraph;
  /** Whether the loss uses `recompute`. */
  readonly recomputes: boolean;
  /** Where random first values differ from the default, such as zero convolutions. */
  readonly initialiserRules: readonly InitialiserRule[];
  /** Values to begin with in place of random ones, by key; keys that are missing are drawn. A resumed run asks for none. */
  initialValues(): Promise<ParameterValues>;
  /** Batch `index` of the endless sequence: depends on the seed and the index alone, so that a run can resume. */
  batch(index: number): Promise<Batch>;
  /** Batches of held-out data, the same at each validation. */
  readonly validationBatches: readonly Batch[];
  /** Draws what the averaged weights make, to be looked at. */
  samples(average: ParameterValues): Promise<readonly SampleImage[]>;
  /** Saves the averaged weights into the model folder; `metadata` says how they were made. */
  exportWeights(average: ParameterValues, metadata: Readonly<Record<string, string>>): Promise<string>;
  close(): Promise<void>;
}
