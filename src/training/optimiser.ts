/** @file AdamW over all trainable parameters: four long vectors, updated chunk by chunk by a compiled graph. */
import { z } from 'zod';
import type { Engine, Session } from '../engine/engine.js';
import { type Tensor, tensor } from '../graph/index.js';
import {
  adamWProgram,
  nextName,
  type StateVector,
  stateVectors,
  type UpdateScalar,
  updateScalars,
} from './adamw-program.js';
import type { ParameterLayout } from './parameter-layout.js';

export const optimiserSchema = z.strictObject({
  betas: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]).default([0.9, 0.999]),
  epsilon: z.number().positive().default(1e-8),
  weightDecay: z.number().nonnegative().default(1e-2),
  /** Gradients longer than this are scaled down to it; `null` leaves them. */
  clipNorm: z.number().positive().nullable().default(1),
  /** Decay of the running average in the long run; early steps use less, see {@link averageDecayAt}. */
  averageDecay: z.number().min(0).lt(1).default(0.999),
});

export type OptimiserSettings = z.infer<typeof optimiserSchema>;

/** The decay of the running average at a step counted from 1: short memory at first, so that it forgets the start. */
export function averageDecayAt(longRunDecay: number, step: number): number {
  return Math.min(longRunDecay, (1 + step) / (10 + step));
}

/** Parameters, their gradients, moments and running average, and the program that moves them. */
export class Optimiser {
  /** The state by name; each vector is laid out by `layout`. */
  readonly state: Readonly<Record<StateVector, Float32Array>>;
  /** Where the loss program writes its gradients. */
  readonly gradient: Float32Array;
  /** Updates made so far. */
  steps = 0;

  private readonly scalars = Object.fromEntries(
    updateScalars.map((name) => [name, tensor([], new Float32Array(1))]),
  ) as Record<UpdateScalar, Tensor & { data: Float32Array }>;
  private readonly feeds: Readonly<Record<string, Tensor>>[];
  private readonly results: Readonly<Record<string, Tensor>>[];

  private constructor(
    readonly layout: ParameterLayout,
    readonly settings: OptimiserSettings,
    private readonly session: Session,
  ) {
    this.gradient = new Float32Array(layout.length);
    this.state = {
      parameter: new Float32Array(layout.length),
      firstMoment: new Float32Array(layout.length),
      secondMoment: new Float32Array(layout.length),
      average: new Float32Array(layout.length),
    };
    const starts = Array.from(
      { length: layout.length / layout.chunkLength },
      (_, i) => i * layout.chunkLength,
    );
    const chunk = (vector: Float32Array, start: number) =>
      tensor([layout.chunkLength], vector.subarray(start, start + layout.chunkLength));
    const chunks = starts.map((start) =>
      stateVectors.map((name) => [name, chunk(this.state[name], start)] as const),
    );
    this.feeds = chunks.map((parts, i) => ({
      ...Object.fromEntries(parts),
      gradient: chunk(this.gradient, starts[i]!),
      ...this.scalars,
    }));
    // Every output is written over its input: elementwise, and each output is computed after its input's last use.
    this.results = chunks.map((parts) =>
      Object.fromEntries(parts.map(([name, part]) => [nextName(name), part])),
    );
  }

  static async create(
    engine: Engine,
    layout: ParameterLayout,
    settings: OptimiserSettings,
  ): Promise<Optimiser> {
    return new Optimiser(layout, settings, await engine.compile(adamWProgram(layout.chunkLength)));
  }

  /** Length of the gradient vector, in double precision. */
  gradientNorm(): number {
    let sum = 0;
    for (let i = 0; i < this.gradient.length; i++) sum += this.gradient[i]! * this.gradient[i]!;
    return Math.sqrt(sum);
  }

  /**
   * One update from the gradients at hand.
   * @param accumulated how many batches were summed into the gradient
   * @returns the norm of the mean gradient before clipping; where it is not finite, nothing was changed.
   */
  async step(learningRate: number, accumulated = 1): Promise<{ gradientNorm: number; applied: boolean }> {
    const { betas, epsilon, weightDecay, clipNorm, averageDecay } = this.settings;
    const gradientNorm = this.gradientNorm() / accumulated;
    if (!Number.isFinite(gradientNorm)) return { gradientNorm, applied: false };
    this.steps += 1;
    // The same small constant as torch.nn.utils.clip_grad_norm_.
    const clip = clipNorm === null ? 1 : Math.min(1, clipNorm / (gradientNorm + 1e-6));
    const averageKeep = averageDecayAt(averageDecay, this.steps);
    this.setScalars({
      gradientScale: clip / accumulated,
      decayFactor: 1 - learningRate * weightDecay,
      firstKeep: betas[0],
      firstTake: 1 - betas[0],
      secondKeep: betas[1],
      secondTake: 1 - betas[1],
      stepSize: learningRate / (1 - betas[0] ** this.steps),
      secondCorrection: 1 / Math.sqrt(1 - betas[1] ** this.steps),
      epsilon,
      averageKeep,
      averageTake: 1 - averageKeep,
    });
    for (const [i, feeds] of this.feeds.entries()) await this.session.run(feeds, this.results[i]!);
    return { gradientNorm, applied: true };
  }

  async close(): Promise<void> {
    await this.session.close();
  }

  private setScalars(values: Record<UpdateScalar, number>): void {
    for (const name of updateScalars) this.scalars[name].data[0] = values[name];
  }
}
