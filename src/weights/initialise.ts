/** @file First values of a new model's parameters, by name and shape, as torch's layers draw them by default. */
import { elementCount } from '../graph/tensor.js';
import type { ParameterShape } from './parameter-view.js';

/** Draws uniform numbers in 0..1. */
export type UniformSource = () => number;

/**
 * How one parameter begins. `fan-in` is torch's default of dense and convolution layers, uniform in
 * +-1/sqrt(inputs of one output), for weights and biases alike.
 */
export type Initialiser =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'fan-in' }
  | { readonly kind: 'xavier' }
  | { readonly kind: 'normal'; readonly deviation: number };

/** A rule says which keys begin differently from `defaultInitialiser`. */
export type InitialiserRule = (parameter: ParameterShape) => Initialiser | null;

/**
 * Normalisations begin as the identity, embeddings normal with deviation 1, everything else by its fan-in.
 * A bias has the fan-in of the weight of the same layer, so `siblings` must hold the layer's weight.
 */
export function defaultInitialiser({ key, shape }: ParameterShape): Initialiser {
  const name = key.slice(key.lastIndexOf('.') + 1);
  const isVector = shape.length <= 1;
  if (/(?:^|\.)(?:[a-z_]*norm[a-z_]*\d*|LayerNorm)(?:\.\d+)?\.(?:weight|bias)$/i.test(key) && isVector) {
    return { kind: 'constant', value: name === 'weight' ? 1 : 0 };
  }
  if (/embeddings?\.weight$/.test(key)) return { kind: 'normal', deviation: 1 };
  return { kind: 'fan-in' };
}

/** A rule for layers that must begin without effect, such as the zero convolutions of a ControlNet. */
export function zeroWhere(pattern: RegExp): InitialiserRule {
  return ({ key }) => (pattern.test(key) ? { kind: 'constant', value: 0 } : null);
}

/**
 * First values for all parameters of a model. Each parameter has its own stream of random numbers, made from
 * the seed and its key, so that adding a layer leaves the values of the others as they were.
 *
 * @param rules the first that answers decides; then `defaultInitialiser`.
 */
export function initialiseParameters(
  parameters: readonly ParameterShape[],
  seed: number,
  rules: readonly InitialiserRule[] = [],
): ReadonlyMap<string, Float32Array> {
  const shapes = new Map(parameters.map(({ key, shape }) => [key, shape]));
  return new Map(
    parameters.map((parameter) => {
      let initialiser: Initialiser | null = null;
      for (const rule of rules) initialiser ??= rule(parameter);
      initialiser ??= defaultInitialiser(parameter);
      const layerShape = shapes.get(parameter.key.replace(/bias$/, 'weight')) ?? parameter.shape;
      const random = uniformSource(`${seed}/${parameter.key}`);
      return [parameter.key, drawValues(elementCount(parameter.shape), layerShape, initialiser, random)];
    }),
  );
}

function drawValues(
  count: number,
  layerShape: readonly number[],
  initialiser: Initialiser,
  random: UniformSource,
): Float32Array {
  const values = new Float32Array(count);
  const [outputs = 1, inputs = outputs, ...kernel] = layerShape;
  const kernelSize = elementCount(kernel);
  const fillUniform = (bound: number) =>
    values.forEach((_, i) => {
      values[i] = (2 * random() - 1) * bound;
    });
  switch (initialiser.kind) {
    case 'constant':
      return values.fill(initialiser.value);
    case 'fan-in':
      fillUniform(1 / Math.sqrt(inputs * kernelSize));
      return values;
    case 'xavier':
      fillUniform(Math.sqrt(6 / ((inputs + outputs) * kernelSize)));
      return values;
    case 'normal':
      for (let i = 0; i < count; i++) {
        const radius = Math.sqrt(-2 * Math.log(1 - random())); // Box-Muller
        values[i] = initialiser.deviation * radius * Math.cos(2 * Math.PI * random());
      }
      return values;
  }
}

/** sfc32 by Chris Doty-Humphrey (PractRand), seeded by FNV-1a of the text. */
function uniformSource(text: string): UniformSource {
  const state = new Uint32Array(4);
  for (let word = 0; word < 3; word++) {
    let hash = 0x811c9dc5 ^ word;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    state[word] = hash;
  }
  state[3] = 1;
  const next = (): number => {
    const result = (state[0]! + state[1]! + state[3]!) >>> 0;
    state[3] = state[3]! + 1;
    state[0] = state[1]! ^ (state[1]! >>> 9);
    state[1] = state[2]! + (state[2]! << 3);
    state[2] = ((state[2]! << 21) | (state[2]! >>> 11)) + result;
    return result / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next(); // mixes the seed
  return next;
}
