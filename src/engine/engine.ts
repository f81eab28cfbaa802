/** @file What runs a program: the interface that every platform's engine implements. */
import type { Lowering } from '../graph/onnx-emitter.js';
import type { Program } from '../graph/program.js';
import type { Tensor } from '../graph/tensor.js';

export type Device = 'cpu' | 'webgpu';

/** How activations are multiplied by matrices; `int8`: in 8 bits where a product is large enough, on the CPU alone. */
export type Arithmetic = 'float32' | 'int8';

export interface CompileOptions {
  /** Follows from device and arithmetic unless given. */
  readonly lowering?: Lowering;
  /** `float32` unless given. */
  readonly arithmetic?: Arithmetic;
  /** How hard the runtime rewrites the graph; `extended` keeps large models quick to open. */
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /**
   * What becomes of working memory after a run. `kept` for the next run (unless given): quickest, and the more sessions
   * are open, the more they hold. `released`: given back to the system, which costs a few hundredths of a run; sessions
   * of large programs then hold next to nothing between runs.
   */
  readonly workingMemory?: 'kept' | 'released';
  /** For programs with `recompute`: keeps the second forward pass from being merged with the first. */
  readonly keepRecomputation?: boolean;
}

export interface Session {
  readonly program: Program;
  /**
   * Runs the program once. Runs may be asked for while others are under way; feeds must stay as they are until then.
   * @param feeds one tensor for each input, of its shape and dtype
   * @param into buffers for some or all outputs; they are written in place and returned
   * @throws FoleyError `graph-invalid` for a feed that does not fit, `engine-failed` when the runtime fails
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    into?: Readonly<Record<string, Tensor>>,
  ): Promise<Record<string, Tensor>>;
  close(): Promise<void>;
}

export interface Engine {
  readonly device: Device;
  /** So many runs truly go on at once; more wait for their turn. */
  readonly runsAtOnce: number;
  compile(program: Program, options?: CompileOptions): Promise<Session>;
  /** Closes every session that is still open. */
  close(): Promise<void>;
}
