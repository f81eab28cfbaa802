/** @file One AdamW update as a graph: parameter, gradient and moments in; the same and the running average out. */
import {
  add,
  div,
  input,
  mul,
  type Program,
  program,
  sqrt,
  square,
  sub,
  type Value,
} from '../graph/index.js';

/** What the update needs beside the vectors; all scalars, because they change from step to step. */
export const updateScalars = [
  'gradientScale', // the clipping factor, over the number of accumulated batches
  'decayFactor', // 1 - rate * weight decay
  'firstKeep', // beta 1
  'firstTake', // 1 - beta 1
  'secondKeep', // beta 2
  'secondTake', // 1 - beta 2
  'stepSize', // rate / (1 - beta1^t)
  'secondCorrection', // 1 / sqrt(1 - beta2^t)
  'epsilon',
  'averageKeep', // EMA decay of this step
  'averageTake', // 1 - averageKeep
] as const;

export type UpdateScalar = (typeof updateScalars)[number];

/** The vectors that an update reads and replaces, each `[length]`. */
export const stateVectors = ['parameter', 'firstMoment', 'secondMoment', 'average'] as const;

export type StateVector = (typeof stateVectors)[number];

/** What the program calls the replaced vector. */
export function nextName(vector: StateVector): string {
  return `${vector}.next`;
}

/**
 * AdamW with decoupled weight decay (Loshchilov and Hutter 2019), in the order of operations of torch.optim.AdamW,
 * followed by the exponential moving average of the parameter. Elementwise, so it serves any length, and each output
 * may be written over its input.
 */
export function adamWProgram(length: number): Program {
  const scalars = Object.fromEntries(updateScalars.map((name) => [name, input(name, [])])) as Record<
    UpdateScalar,
    Value
  >;
  const [parameter, gradient, firstMoment, secondMoment, average] = [
    'parameter',
    'gradient',
    'firstMoment',
    'secondMoment',
    'average',
  ].map((name) => input(name, [length])) as [Value, Value, Value, Value, Value];

  const scaled = mul(gradient, scalars.gradientScale);
  const newFirst = add(mul(firstMoment, scalars.firstKeep), mul(scaled, scalars.firstTake));
  const newSecond = add(mul(secondMoment, scalars.secondKeep), mul(square(scaled), scalars.secondTake));
  const denominator = add(mul(sqrt(newSecond), scalars.secondCorrection), scalars.epsilon);
  const newParameter = sub(
    mul(parameter, scalars.decayFactor),
    mul(div(newFirst, denominator), scalars.stepSize),
  );
  const newAverage = add(mul(average, scalars.averageKeep), mul(newParameter, scalars.averageTake));
  return program(`adamw-${length}`, {
    inputs: [parameter, gradient, firstMoment, secondMoment, average, ...Object.values(scalars)],
    outputs: {
      [nextName('parameter')]: newParameter,
      [nextName('firstMoment')]: newFirst,
      [nextName('secondMoment')]: newSecond,
      [nextName('average')]: newAverage,
    },
  });
}
