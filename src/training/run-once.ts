/** @file A program over weights that are fed: compiled, run a few times with the same weights, closed. */
import type { Engine } from '../engine/engine.js';
import { program, type Tensor, tensor, type Value } from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import type { ParameterValues } from './stage.js';

export interface FedProgram {
  once(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  close(): Promise<void>;
}

/**
 * Compiles outputs that were built over trainable parameters.
 * @param parameters the view they were built with: it knows which parameters are needed
 * @param inputs what each run feeds
 */
export async function runOnce(
  engine: Engine,
  parameters: Parameters,
  inputs: readonly Value[],
  outputs: Readonly<Record<string, Value>>,
  values: ParameterValues,
): Promise<FedProgram> {
  const used = parameters.used();
  const session = await engine.compile(
    program('sample', { inputs: [...used.map((parameter) => parameter.value), ...inputs], outputs }),
  );
  const weights = Object.fromEntries(used.map(({ key, shape }) => [key, tensor(shape, values.get(key)!)]));
  return {
    once: (feeds) => session.run({ ...weights, ...feeds }),
    close: () => session.close(),
  };
}
