/** @file Layer and group normalisation. */
import { FoleyError } from '../../errors/foley-error.js';
import { defineOperation, type Value } from '../value.js';
import { add, div, mul, sub } from './arithmetic.js';
import { constant } from './leaves.js';
import { mean, sum, sumTo } from './reductions.js';
import { reshape } from './shape.js';
import { sqrt, square } from './unary.js';

/** Rows with mean 0 and variance 1 over the given axes, and the gradient that passes through that. */
function normalise(x: Value, axes: readonly number[], eps: number) {
  const centred = sub(x, mean(x, axes, { keepDims: true }));
  const inverseDeviation = div(1, sqrt(add(mean(square(centred), axes, { keepDims: true }), eps)));
  const normalised = mul(centred, inverseDeviation);
  const inputGradient = (upstream: Value) => {
    const along = mean(mul(upstream, normalised), axes, { keepDims: true });
    const level = mean(upstream, axes, { keepDims: true });
    return mul(sub(sub(upstream, level), mul(normalised, along)), inverseDeviation);
  };
  return { normalised, inputGradient };
}

const makeLayerNorm = defineOperation<number>({
  name: 'layerNorm',
  emit: (emitter, value, eps) =>
    emitter.node(
      'LayerNormalization',
      value.inputs.map((part) => emitter.nameOf(part)),
      { axis: { int: -1 }, epsilon: { float: eps } },
    ),
  gradient: (value, upstream, needed, eps) => {
    const [x, weight, bias] = value.inputs as [Value, Value, Value];
    const { normalised, inputGradient } = normalise(x, [-1], eps);
    return [
      needed[0] ? inputGradient(mul(upstream, weight)) : null,
      needed[1] ? sumTo(mul(upstream, normalised), weight.shape) : null,
      needed[2] ? sumTo(upstream, bias.shape) : null,
    ];
  },
});

/** Normalises the last axis to mean 0 and variance 1, then scales and shifts. */
export function layerNorm(
  x: Value,
  weight: Value | null,
  bias: Value | null,
  options: { readonly eps: number },
): Value {
  const width = x.shape.at(-1)!;
  for (const part of [weight, bias]) {
    if (part !== null && (part.shape.length !== 1 || part.shape[0] !== width)) {
      throw new FoleyError('graph-invalid', `layerNorm: [${part.shape}] does not fit [${x.shape}]`);
    }
  }
  return makeLayerNorm(
    [x, weight ?? filled(width, 1), bias ?? filled(width, 0)],
    x.shape,
    x.dtype,
    options.eps,
  );
}

interface GroupNorm {
  readonly groups: number;
  readonly eps: number;
}

const makeGroupNorm = defineOperation<GroupNorm>({
  name: 'groupNorm',
  emit: (emitter, value, { groups, eps }) => {
    const [x, weight, bias] = value.inputs as [Value, Value, Value];
    const perChannel = emitter.ints([x.shape[1]!, ...x.shape.slice(2).map(() => 1)]);
    const [ones, none] = [1, 0].map((level) =>
      emitter.constant({ dtype: 'float32', shape: [groups], data: new Float32Array(groups).fill(level) }),
    ) as [string, string];
    const grouped = emitter.node('Reshape', [emitter.nameOf(x), emitter.ints([x.shape[0]!, groups, -1])]); // [B, G, C/G*N]
    const normalised = emitter.node('InstanceNormalization', [grouped, ones, none], {
      epsilon: { float: eps },
    });
    const restored = emitter.node('Reshape', [normalised, emitter.ints(x.shape)]);
    const scaled = emitter.node('Mul', [
      restored,
      emitter.node('Reshape', [emitter.nameOf(weight), perChannel]),
    ]);
    return emitter.node('Add', [scaled, emitter.node('Reshape', [emitter.nameOf(bias), perChannel])]);
  },
  gradient: (value, upstream, needed, { groups, eps }) => {
    const [x, weight] = value.inputs as [Value, Value, Value];
    const [batch, channels, ...size] = x.shape as [number, number, ...number[]];
    const grouped = [batch, groups, -1];
    const perChannel = [channels, ...size.map(() => 1)];
    const scaled = mul(upstream, reshape(weight, perChannel));
    const { normalised, inputGradient } = normalise(reshape(x, grouped), [-1], eps);
    const others = [0, ...size.map((_, i) => i + 2)];
    return [
      needed[0] ? reshape(inputGradient(reshape(scaled, grouped)), x.shape) : null,
      needed[1] ? sum(mul(upstream, reshape(normalised, x.shape)), others) : null,
      needed[2] ? sum(upstream, others) : null,
    ];
  },
});

/** Normalises groups of channels over all positions: x [B, C, ..], weight and bias [C]. */
export function groupNorm(x: Value, weight: Value, bias: Value, options: GroupNorm): Value {
  const channels = x.shape[1];
  if (x.shape.length < 3 || channels === undefined || channels % options.groups !== 0) {
    throw new FoleyError(
      'graph-invalid',
      `groupNorm: ${options.groups} groups do not divide the channels of [${x.shape}]`,
    );
  }
  for (const part of [weight, bias]) {
    if (part.shape.length !== 1 || part.shape[0] !== channels)
      throw new FoleyError('graph-invalid', `groupNorm: [${part.shape}] does not fit [${x.shape}]`);
  }
  return makeGroupNorm([x, weight, bias], x.shape, x.dtype, options);
}

function filled(length: number, level: number): Value {
  return constant({ dtype: 'float32', shape: [length], data: new Float32Array(length).fill(level) });
}
