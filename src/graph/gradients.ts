/** @file Reverse-mode differentiation as a graph transform: gradients are more graph, made by the operations' own rules. */
import { FoleyError } from '../errors/foley-error.js';
import { add } from './operations/arithmetic.js';
import { scalar, zeros } from './operations/leaves.js';
import { isRecomputed, recomputedBody } from './operations/recompute.js';
import { topologicalOrder, type Value } from './value.js';

/**
 * Gradients of a scalar by each of the given values.
 *
 * Where an operation has no rule but a decomposition, the gradient goes through the decomposition. Blocks wrapped in
 * `recompute` are written a second time, so that only their inputs are kept between the forward and the backward pass.
 *
 * @param loss shape []
 * @param by usually inputs; a value the loss does not depend on gets zeros
 * @returns one value for each of `by`, of the same shape
 * @throws FoleyError `gradient-missing` naming the operation without a rule
 */
export function gradients(loss: Value, by: readonly Value[]): Value[] {
  if (loss.shape.length !== 0)
    throw new FoleyError('graph-invalid', `gradients need a scalar loss, not [${loss.shape}]`);

  // the graph as the backward pass sees it: composite values stand for what they are made of
  const views = new Map<Value, Value>();
  const dependencies = (value: Value): readonly Value[] => {
    if (isRecomputed(value)) return [remember(views, value, recomputedBody)];
    if (value.operation.gradient === undefined && value.operation.decomposition !== undefined) {
      return [remember(views, value, (v) => v.operation.decomposition!(v, v.attributes))];
    }
    return value.inputs;
  };

  const targets = new Set(by);
  const order = topologicalOrder([loss], (value) => (targets.has(value) ? [] : dependencies(value)));
  const reaches = new Set<Value>();
  for (const value of order) {
    if (targets.has(value) || dependencies(value).some((input) => reaches.has(input))) reaches.add(value);
  }

  const adjoints = new Map<Value, Value>([[loss, scalar(1)]]);
  const accumulate = (value: Value, contribution: Value) => {
    const known = adjoints.get(value);
    adjoints.set(value, known === undefined ? contribution : add(known, contribution));
  };

  for (const value of order.reverse()) {
    const upstream = adjoints.get(value);
    if (upstream === undefined || !reaches.has(value) || targets.has(value)) continue;
    const view = views.get(value);
    if (view !== undefined) {
      accumulate(view, upstream);
      continue;
    }
    const { operation } = value;
    if (operation.gradient === undefined) {
      throw new FoleyError('gradient-missing', `the operation ${operation.name} has no gradient rule`, {
        hint: 'wrap the value in stopGradient() if no gradient should flow through it',
      });
    }
    const needed = value.inputs.map((input) => reaches.has(input));
    if (!needed.includes(true)) continue;
    const contributions = operation.gradient(value, upstream, needed, value.attributes);
    for (const [i, input] of value.inputs.entries()) {
      const contribution = contributions[i];
      if (needed[i] && contribution != null) accumulate(input, contribution);
    }
  }
  return by.map((value) => adjoints.get(value) ?? zeros(value.shape));
}

function remember(cache: Map<Value, Value>, value: Value, make: (value: Value) => Value): Value {
  let known = cache.get(value);
  if (known === undefined) {
    known = make(value);
    cache.set(value, known);
  }
  return known;
}
