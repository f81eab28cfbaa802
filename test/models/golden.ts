/** @file Reads a golden file of the models, runs graphs against it, and measures how far the results are off. */
import { expect } from 'vitest';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import {
  add,
  type FloatTensor,
  gradients,
  input,
  type Lowering,
  mul,
  program,
  sumAll,
  type Tensor,
  type Value,
} from '../../src/graph/index.js';
import { openSafetensors } from '../../src/weights/index.node.js';
import { frozenParameters, type Parameters, trainableParameters } from '../../src/weights/parameters.js';

export const lowerings: readonly Lowering[] = ['plain', 'fused'];

export interface Golden {
  /** The parameters, frozen in the golden file itself, so that tests also cover reading in place. */
  readonly frozen: Parameters;
  /** The same as program inputs. */
  trainable(): Parameters;
  /** A program input with the shape of the stored one. */
  input(name: string): Value;
  tensor(key: string): FloatTensor;
  /** Stored names after a prefix such as `grad:`. */
  names(prefix: string): string[];
  /** Runs outputs on the stored inputs and parameters. */
  run(
    outputs: Record<string, Value>,
    inputs: readonly Value[],
    lowering: Lowering,
  ): Promise<Record<string, Tensor>>;
}

export async function openGolden(name: string): Promise<Golden> {
  const file = await openSafetensors(
    new URL(`../golden/models/${name}.safetensors`, import.meta.url).pathname,
  );
  const tensors = new Map<string, FloatTensor>();
  for (const key of file.tensors.keys()) tensors.set(key, await file.readFloat32(key));
  const isParameter = (key: string) => !/^(?:in|out|grad):/.test(key);
  const tensor = (key: string): FloatTensor => {
    const found = tensors.get(key);
    if (found === undefined) throw new Error(`${name} has no ${key}`);
    return found;
  };
  return {
    frozen: frozenParameters(file),
    trainable: () =>
      trainableParameters(
        [...tensors].filter(([key]) => isParameter(key)).map(([key, { shape }]) => ({ key, shape })),
      ),
    input: (key) => input(`in:${key}`, tensor(`in:${key}`).shape),
    tensor,
    names: (prefix) =>
      [...tensors.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)),
    async run(outputs, inputs, lowering) {
      const engine = createOrtEngine({ threads: 1 });
      try {
        const session = await engine.compile(program(name, { inputs, outputs }), { lowering });
        return await session.run(
          Object.fromEntries(session.program.inputs.map((port) => [port.name, tensor(port.name)])),
        );
      } finally {
        await engine.close();
      }
    },
  };
}

/** Largest difference over the largest wanted magnitude. */
export function relativeError(actual: Tensor | undefined, wanted: FloatTensor): number {
  expect(actual?.shape).toEqual(wanted.shape);
  let difference = 0;
  let magnitude = 0;
  wanted.data.forEach((value, i) => {
    difference = Math.max(difference, Math.abs(value - Number(actual!.data[i])));
    magnitude = Math.max(magnitude, Math.abs(value));
  });
  return difference / magnitude;
}

/** sum(output * stored cotangent): the scalar whose gradients the golden files hold. */
export function projected(golden: Golden, outputs: Record<string, Value>): { loss: Value; inputs: Value[] } {
  const inputs = Object.keys(outputs).map((name) => golden.input(name));
  const terms = Object.values(outputs).map((output, i) => sumAll(mul(output, inputs[i]!)));
  return { loss: terms.reduce(add), inputs };
}

/** Gradients for every stored `grad:` key, by parameters and by inputs (`in:` names). */
export async function gradientErrors(
  golden: Golden,
  parameters: Parameters,
  loss: Value,
  inputs: readonly Value[],
): Promise<Record<string, number>> {
  const fed = new Map([...parameters.used().map(({ key, value }): [string, Value] => [key, value])]);
  for (const value of inputs) fed.set(String(value.attributes), value);
  const names = golden.names('grad:');
  const values = gradients(
    loss,
    names.map((key) => fed.get(key)!),
  );
  const outputs = Object.fromEntries(names.map((key, i) => [`grad:${key}`, values[i]!]));
  const found = await golden.run(
    outputs,
    [...parameters.used().map(({ value }) => value), ...inputs],
    'plain',
  );
  return Object.fromEntries(
    names.map((key) => [key, relativeError(found[`grad:${key}`], golden.tensor(`grad:${key}`))]),
  );
}

/** Float32 sums in another order than torch's differ in the sixth digit; deep graphs lose one more. */
export const tolerance = 1e-4;

export function expectAllWithin(errors: Record<string, number>, limit = tolerance): void {
  expect(Object.keys(errors).length).toBeGreaterThan(0);
  const exceeding = Object.entries(errors).filter(([, error]) => !(error < limit));
  expect(exceeding).toEqual([]);
}
