/** @file The compiled programs of a stage: loss with gradients for training, loss alone for validation. */
import type { Engine, Session } from '../engine/engine.js';
import { floats, gradients, type Program, program, type Tensor, tensor, type Value } from '../graph/index.js';
import { initialiseParameters } from '../weights/initialise.js';
import { collectParameters, trainableParameters } from '../weights/parameters.js';
import { Optimiser, type OptimiserSettings } from './optimiser.js';
import { layOutParameters, type ParameterLayout, type ParameterShape, viewOf } from './parameter-layout.js';
import type { LossGraph, ParameterValues, StageRun } from './stage.js';

/** A loss and the stage's own figures. */
export interface LossResult {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}

const gradientPrefix = 'gradient/';
const metricPrefix = 'metric/';

/** The parameters, the optimiser that owns them, and the programs that read them. */
export class LossSessions {
  private readonly gradientScratch: Float32Array | null;

  private constructor(
    private readonly run: StageRun,
    readonly optimiser: Optimiser,
    private readonly training: Session,
    private readonly validation: Session,
    private readonly parameterFeeds: Readonly<Record<string, Tensor>>,
    private readonly averageFeeds: Readonly<Record<string, Tensor>>,
    private readonly metricNames: readonly string[],
    accumulate: number,
  ) {
    this.gradientScratch = accumulate > 1 ? new Float32Array(optimiser.layout.length) : null;
  }

  static async create(
    engine: Engine,
    run: StageRun,
    settings: { readonly seed: number; readonly accumulate: number; readonly optimiser: OptimiserSettings },
    initialValues: ParameterValues,
  ): Promise<LossSessions> {
    const shapes = collectParameters((p) => run.buildLoss(p).loss);
    const layout = layOutParameters(shapes);
    const optimiser = await Optimiser.create(engine, layout, settings.optimiser);
    fillInitialValues(
      optimiser,
      initialValues,
      initialiseParameters(shapes, settings.seed, run.initialiserRules),
    );

    const parameters = trainableParameters();
    const graph = run.buildLoss(parameters);
    const inputs = shapes.map(({ key, shape }) => parameters.get(key, shape));
    // plain: the backward pass shares the forward's inner values, which fused operations would hide
    const options = { lowering: 'fused', optimization: 'all', keepRecomputation: run.recomputes } as const;
    const training = await engine.compile(gradientProgram(graph, shapes, inputs), options);
    const validation = await engine.compile(
      program('loss', { inputs: [...inputs, ...graph.inputs], outputs: lossOutputs(graph) }),
      options,
    );
    const feeds = (vector: Float32Array) =>
      Object.fromEntries(
        layout.entries.map((entry) => [entry.key, tensor(entry.shape, viewOf(vector, entry))]),
      );
    return new LossSessions(
      run,
      optimiser,
      training,
      validation,
      feeds(optimiser.state.parameter),
      feeds(optimiser.state.average),
      Object.keys(graph.metrics),
      settings.accumulate,
    );
  }

  /**
   * Runs `count` batches from `firstBatch` on and leaves the sum of their gradients with the optimiser.
   * @returns means over the batches, and the seconds that went into making them.
   */
  async accumulateGradients(
    firstBatch: number,
    count: number,
  ): Promise<LossResult & { dataSeconds: number }> {
    const { gradient, layout } = this.optimiser;
    const target = this.gradientScratch ?? gradient;
    const results = gradientTensors(layout, target);
    const sums = new LossSum();
    let dataSeconds = 0;
    if (this.gradientScratch !== null) gradient.fill(0);
    for (let i = 0; i < count; i++) {
      const began = performance.now();
      const batch = await this.run.batch(firstBatch + i);
      dataSeconds += (performance.now() - began) / 1000;
      const outputs = await this.training.run({ ...this.parameterFeeds, ...batch }, results);
      sums.add(this.read(outputs));
      if (this.gradientScratch !== null) {
        for (let k = 0; k < gradient.length; k++) gradient[k]! += this.gradientScratch[k]!;
      }
    }
    return { ...sums.mean(), dataSeconds };
  }

  /** Mean loss of the averaged weights over the held-out batches. */
  async validate(): Promise<LossResult> {
    const sums = new LossSum();
    for (const batch of this.run.validationBatches) {
      sums.add(this.read(await this.validation.run({ ...this.averageFeeds, ...batch })));
    }
    return sums.mean();
  }

  /** The averaged weights by key: views, which the next update changes. */
  average(): ParameterValues {
    const { layout, state } = this.optimiser;
    return new Map(layout.entries.map((entry) => [entry.key, viewOf(state.average, entry)]));
  }

  async close(): Promise<void> {
    await this.training.close();
    await this.validation.close();
    await this.optimiser.close();
  }

  private read(outputs: Readonly<Record<string, Tensor>>): LossResult {
    const figure = (name: string) => floats(outputs[name]!)[0]!;
    return {
      loss: figure('loss'),
      metrics: Object.fromEntries(this.metricNames.map((name) => [name, figure(metricPrefix + name)])),
    };
  }
}

/** The loss, its figures, and the gradient by each parameter, as one program. */
export function gradientProgram(
  graph: LossGraph,
  shapes: readonly ParameterShape[],
  inputs: readonly Value[],
): Program {
  const byParameter = gradients(graph.loss, inputs);
  return program('loss-and-gradients', {
    inputs: [...inputs, ...graph.inputs],
    outputs: {
      ...lossOutputs(graph),
      ...Object.fromEntries(shapes.map(({ key }, i) => [gradientPrefix + key, byParameter[i]!])),
    },
  });
}

function lossOutputs(graph: LossGraph): Record<string, Value> {
  const metrics = Object.entries(graph.metrics).map(([name, value]) => [metricPrefix + name, value]);
  return { loss: graph.loss, ...Object.fromEntries(metrics) };
}

function gradientTensors(layout: ParameterLayout, vector: Float32Array): Record<string, Tensor> {
  return Object.fromEntries(
    layout.entries.map((entry) => [gradientPrefix + entry.key, tensor(entry.shape, viewOf(vector, entry))]),
  );
}

function fillInitialValues(optimiser: Optimiser, given: ParameterValues, drawn: ParameterValues): void {
  for (const entry of optimiser.layout.entries) {
    const values = given.get(entry.key) ?? drawn.get(entry.key)!;
    viewOf(optimiser.state.parameter, entry).set(values);
    viewOf(optimiser.state.average, entry).set(values);
  }
}

/** Means over several batches. */
class LossSum {
  private count = 0;
  private loss = 0;
  private readonly metrics: Record<string, number> = {};

  add(result: LossResult): void {
    this.count += 1;
    this.loss += result.loss;
    for (const [name, value] of Object.entries(result.metrics)) {
      this.metrics[name] = (this.metrics[name] ?? 0) + value;
    }
  }

  mean(): LossResult {
    const metrics = Object.entries(this.metrics).map(([name, sum]) => [name, sum / this.count]);
    return { loss: this.loss / this.count, metrics: Object.fromEntries(metrics) };
  }
}
