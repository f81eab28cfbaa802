/** @file Convolutions and transposed convolutions over one or two axes, in torch's layouts, with gradients that run at the forward's speed. */
import { FoleyError } from '../../errors/foley-error.js';
import { elementCount } from '../tensor.js';
import { defineOperation, type Value } from '../value.js';
import { int8Convolution, paysInInt8 } from './int8.js';
import { matmul } from './linear.js';
import { sum } from './reductions.js';
import { concat, flip, pad, reshape, slice, transpose } from './shape.js';

/** One entry per spatial axis. */
interface Geometry {
  readonly stride: readonly number[];
  /** [before, after] */
  readonly padding: readonly (readonly [number, number])[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

function attributes({ stride, padding, dilation, groups }: Geometry) {
  return {
    strides: { ints: stride },
    pads: { ints: [...padding.map(([before]) => before), ...padding.map(([, after]) => after)] },
    dilations: { ints: dilation },
    group: { int: groups },
  };
}

const makeConvolution = defineOperation<Geometry>({
  name: 'convolution',
  emit: (emitter, value, geometry) => {
    const [x, weight] = value.inputs as [Value, Value];
    const names = value.inputs.map((part) => emitter.nameOf(part)) as [string, string, string?];
    if (emitter.lowering === 'int8' && runsInInt8(value, geometry)) {
      return int8Convolution(
        emitter,
        { x: names[0], weight: names[1], bias: names[2] ?? null },
        { inputShape: x.shape, weightShape: weight.shape, outputShape: value.shape, ...geometry },
      );
    }
    return emitter.node('Conv', names as string[], {
      ...attributes(geometry),
      kernel_shape: { ints: weight.shape.slice(2) },
    });
  },
  gradient: (value, upstream, needed, geometry) => {
    const [x, weight] = value.inputs as [Value, Value];
    return [
      needed[0] ? convolutionInputGradient(upstream, weight, x.shape.slice(2), geometry) : null,
      needed[1] ? kernelGradient(x, upstream, weight.shape, geometry) : null,
      needed[2] ? sumOverAllButChannels(upstream) : null,
    ];
  },
});

/** One picture, two axes, at most 3 x 3, neither groups nor dilation; then as for any product. */
function runsInInt8({ inputs, shape }: Value, { dilation, groups }: Geometry): boolean {
  const [x, weight] = inputs as [Value, Value];
  if (x.shape.length !== 4 || x.shape[0] !== 1 || groups !== 1 || dilation.some((step) => step !== 1))
    return false;
  const [outputs, ...summed] = weight.shape as [number, ...number[]];
  if (elementCount(weight.shape.slice(2)) > 9) return false;
  const rows = shape[2]! * shape[3]!;
  return paysInInt8(weight, { rows, summands: elementCount(summed), outputs });
}

function convolution(x: Value, weight: Value, bias: Value | null, geometry: Geometry): Value {
  const [outChannels, groupChannels, ...kernel] = weight.shape as [number, number, ...number[]];
  const [batch, channels, ...size] = x.shape as [number, number, ...number[]];
  const { groups, stride, padding, dilation } = geometry;
  if (
    weight.shape.length !== x.shape.length ||
    channels !== groupChannels * groups ||
    outChannels % groups !== 0
  ) {
    throw new FoleyError(
      'graph-invalid',
      `convolution: weight [${weight.shape}] in ${groups} groups does not fit [${x.shape}]`,
    );
  }
  const outSize = size.map((length, i) => {
    const padded = length + padding[i]![0] + padding[i]![1];
    return Math.floor((padded - dilation[i]! * (kernel[i]! - 1) - 1) / stride[i]!) + 1;
  });
  return makeConvolution(
    bias === null ? [x, weight] : [x, weight, bias],
    [batch, outChannels, ...outSize],
    x.dtype,
    geometry,
  );
}

/** By the input: a convolution with the mirrored kernel at stride 1 (measured faster than ConvTranspose), else a transposed one. */
function convolutionInputGradient(
  upstream: Value,
  weight: Value,
  inputSize: readonly number[],
  geometry: Geometry,
): Value {
  const { stride, padding, dilation, groups } = geometry;
  const kernel = weight.shape.slice(2);
  if (stride.every((step) => step === 1)) {
    const mirrored = kernel.reduce((flipped, _, i) => flip(flipped, i + 2), swapChannels(weight, groups));
    const reach = kernel.map((length, i) => dilation[i]! * (length - 1));
    const negative = padding.some(([before, after], i) => before > reach[i]! || after > reach[i]!);
    if (!negative) {
      const outer = padding.map(([before, after], i) => [reach[i]! - before, reach[i]! - after] as const);
      return convolution(upstream, mirrored, null, { ...geometry, padding: outer });
    }
  }
  const outputPadding = inputSize.map((length, i) => {
    const covered = (upstream.shape[i + 2]! - 1) * stride[i]! + dilation[i]! * (kernel[i]! - 1) + 1;
    return length - (covered - padding[i]![0] - padding[i]![1]);
  });
  return transposedConvolution(upstream, weight, null, { ...geometry, outputPadding });
}

/** [O, C/g, k..] -> [C, O/g, k..]: input and output channels trade places within each group. */
function swapChannels(weight: Value, groups: number): Value {
  const [outChannels, groupChannels, ...kernel] = weight.shape as [number, number, ...number[]];
  const spatial = kernel.map((_, i) => i + 3);
  const grouped = reshape(weight, [groups, outChannels / groups, groupChannels, ...kernel]);
  return reshape(transpose(grouped, [0, 2, 1, ...spatial]), [
    groups * groupChannels,
    outChannels / groups,
    ...kernel,
  ]);
}

/**
 * By the kernel: one matrix product of the output's gradient with the input shifted to every kernel position
 * (measured faster than one convolution with a kernel as large as the picture).
 */
function kernelGradient(
  x: Value,
  upstream: Value,
  weightShape: readonly number[],
  geometry: Geometry,
): Value {
  const { stride, padding, dilation, groups } = geometry;
  const [outChannels, groupChannels, ...kernel] = weightShape as [number, number, ...number[]];
  const channels = groupChannels * groups;
  const outSize = upstream.shape.slice(2);
  const positions = elementCount(outSize) * upstream.shape[0]!;
  const channelsFirst = [1, 0, ...outSize.map((_, i) => i + 2)];

  const byOutput = reshape(transpose(upstream, channelsFirst), [groups, outChannels / groups, positions]); // [g, O/g, B*N]
  const padded = transpose(pad(x, [[0, 0], [0, 0], ...padding]), channelsFirst); // [C, B, size + padding..]
  const offsets = kernel.reduce<number[][]>(
    (all, length) => all.flatMap((o) => Array.from({ length }, (_, k) => [...o, k])),
    [[]],
  );
  const shifted = offsets.map((offset) => {
    const window = offset.reduce((inner, k, i) => {
      const start = k * dilation[i]!;
      return slice(inner, i + 2, start, start + (outSize[i]! - 1) * stride[i]! + 1, stride[i]!);
    }, padded);
    return reshape(window, [groups, groupChannels, positions]); // [g, C/g, B*N]
  });
  // one product for all positions while the shifted copies stay small, else one for each
  const copiesBytes = 4 * channels * positions * offsets.length;
  const products =
    copiesBytes <= maximumShiftedBytes
      ? matmul(byOutput, concat(shifted, 1), { transposeB: true }) // [g, O/g, K * C/g]
      : concat(
          shifted.map((window) => matmul(byOutput, window, { transposeB: true })),
          2,
        );
  const split = reshape(products, [outChannels, offsets.length, groupChannels]); // [O, K, C/g]
  return reshape(transpose(split, [0, 2, 1]), weightShape); // [O, C/g, k..]
}

// beyond this the gathered copies cost more in memory traffic than the larger product gains
const maximumShiftedBytes = 64 * 2 ** 20;

function sumOverAllButChannels(x: Value): Value {
  return sum(
    x,
    x.shape.map((_, axis) => axis).filter((axis) => axis !== 1),
  );
}

interface TransposedGeometry extends Geometry {
  readonly outputPadding: readonly number[];
}

const makeTransposedConvolution = defineOperation<TransposedGeometry>({
  name: 'transposedConvolution',
  emit: (emitter, value, geometry) =>
    emitter.node(
      'ConvTranspose',
      value.inputs.map((part) => emitter.nameOf(part)),
      {
        ...attributes(geometry),
        output_padding: { ints: geometry.outputPadding },
        kernel_shape: { ints: value.inputs[1]!.shape.slice(2) },
      },
    ),
  gradient: (value, upstream, needed, geometry) => {
    const [x, weight] = value.inputs as [Value, Value];
    const size = x.shape.slice(2);
    // transposed convolution is the input gradient of a convolution, so its gradients are that convolution's others
    const forward = { ...geometry, padding: geometry.padding };
    const covered = size.map((length, i) => {
      const reach = geometry.dilation[i]! * (weight.shape[i + 2]! - 1) + 1;
      return (length - 1) * geometry.stride[i]! + reach - geometry.padding[i]![0];
    });
    const usable = covered.reduce((inner, length, i) => {
      const room = upstream.shape[i + 2]!;
      const wanted = length; // elements after `before` padding is taken off
      return wanted >= room ? inner : slice(inner, i + 2, 0, wanted);
    }, upstream);
    const exact = forward.padding.map(([before], i) => [before, covered[i]! - usable.shape[i + 2]!] as const);
    return [
      needed[0] ? convolution(usable, weight, null, { ...forward, padding: exact }) : null,
      needed[1] ? kernelGradient(usable, x, weight.shape, { ...forward, padding: exact }) : null,
      needed[2] ? sumOverAllButChannels(upstream) : null,
    ];
  },
});

function transposedConvolution(
  x: Value,
  weight: Value,
  bias: Value | null,
  geometry: TransposedGeometry,
): Value {
  const [inChannels, groupOut, ...kernel] = weight.shape as [number, number, ...number[]];
  const [batch, channels, ...size] = x.shape as [number, number, ...number[]];
  const { groups, stride, padding, dilation, outputPadding } = geometry;
  if (weight.shape.length !== x.shape.length || channels !== inChannels || inChannels % groups !== 0) {
    throw new FoleyError(
      'graph-invalid',
      `transposed convolution: weight [${weight.shape}] does not fit [${x.shape}]`,
    );
  }
  const outSize = size.map(
    (length, i) =>
      (length - 1) * stride[i]! +
      dilation[i]! * (kernel[i]! - 1) +
      1 +
      outputPadding[i]! -
      padding[i]![0] -
      padding[i]![1],
  );
  const inputs = bias === null ? [x, weight] : [x, weight, bias];
  return makeTransposedConvolution(inputs, [batch, groupOut * groups, ...outSize], x.dtype, geometry);
}

export interface Conv2dOptions {
  readonly stride?: number;
  /** All sides, [vertical, horizontal], or [top, left, bottom, right]. */
  readonly padding?: number | readonly [number, number] | readonly [number, number, number, number];
  readonly dilation?: number;
  readonly groups?: number;
}

/** 2-D convolution: x [B, C, H, W], weight [O, C/groups, kH, kW], bias [O] or null. */
export function conv2d(x: Value, weight: Value, bias: Value | null, options: Conv2dOptions = {}): Value {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const sides =
    typeof padding === 'number'
      ? [padding, padding, padding, padding]
      : padding.length === 2
        ? [padding[0], padding[1], padding[0], padding[1]]
        : padding;
  const [top, left, bottom, right] = sides as [number, number, number, number];
  const geometry = {
    stride: [stride, stride],
    padding: [
      [top, bottom],
      [left, right],
    ] as const,
    dilation: [dilation, dilation],
    groups,
  };
  return convolution(x, weight, bias, geometry);
}

export interface Conv1dOptions {
  readonly stride?: number;
  /** Both ends, or [left, right]. */
  readonly padding?: number | readonly [number, number];
  readonly dilation?: number;
  readonly groups?: number;
}

/** 1-D convolution: x [B, C, T], weight [O, C/groups, K], bias [O] or null. */
export function conv1d(x: Value, weight: Value, bias: Value | null, options: Conv1dOptions = {}): Value {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const ends = typeof padding === 'number' ? ([padding, padding] as const) : padding;
  return convolution(x, weight, bias, { stride: [stride], padding: [ends], dilation: [dilation], groups });
}

export interface ConvTranspose1dOptions {
  readonly stride: number;
  readonly padding?: number;
  readonly outputPadding?: number;
}

/** 1-D transposed convolution: x [B, C, T], weight [C, O, K], bias [O] or null. */
export function convTranspose1d(
  x: Value,
  weight: Value,
  bias: Value | null,
  options: ConvTranspose1dOptions,
): Value {
  const { stride, padding = 0, outputPadding = 0 } = options;
  const geometry = {
    stride: [stride],
    padding: [[padding, padding] as const],
    dilation: [1],
    groups: 1,
    outputPadding: [outputPadding],
  };
  return transposedConvolution(x, weight, bias, geometry);
}
