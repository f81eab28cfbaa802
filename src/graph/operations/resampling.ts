/** @file Changing the resolution of images: nearest-neighbour enlargement, average and maximum pooling, pixel (un)shuffle. */
import { FoleyError } from '../../errors/foley-error.js';
import { defineOperation, type Value } from '../value.js';
import { maximum, mul } from './arithmetic.js';
import { mean, sum } from './reductions.js';
import { pad, reshape, slice, transpose } from './shape.js';

const makeUpsample = defineOperation<number>({
  name: 'upsampleNearest2d',
  emit: (emitter, value, factor) => {
    const scales = emitter.constant({
      dtype: 'float32',
      shape: [4],
      data: Float32Array.of(1, 1, factor, factor),
    });
    return emitter.node('Resize', [emitter.nameOf(value.inputs[0]!), '', scales], {
      mode: { text: 'nearest' },
      coordinate_transformation_mode: { text: 'asymmetric' },
      nearest_mode: { text: 'floor' },
    });
  },
  gradient: (value, upstream, _needed, factor) => {
    const [batch, channels, height, width] = value.inputs[0]!.shape as [number, number, number, number];
    return [sum(reshape(upstream, [batch, channels, height, factor, width, factor]), [3, 5])];
  },
});

/** [B, C, H, W] -> [B, C, H*factor, W*factor], each pixel repeated. */
export function upsampleNearest2d(x: Value, factor: number): Value {
  const [batch, channels, height, width] = imageShape('upsampleNearest2d', x);
  return makeUpsample([x], [batch, channels, height * factor, width * factor], x.dtype, factor);
}

interface Pooling {
  readonly kernel: number;
  readonly stride: number;
}

const makeAveragePool = defineOperation<Pooling>({
  name: 'averagePool2d',
  emit: (emitter, value, { kernel, stride }) =>
    emitter.node('AveragePool', [emitter.nameOf(value.inputs[0]!)], {
      kernel_shape: { ints: [kernel, kernel] },
      strides: { ints: [stride, stride] },
    }),
  gradient: (value, upstream, _needed, { kernel, stride }) => {
    if (kernel !== stride)
      throw new FoleyError(
        'gradient-missing',
        'averagePool2d has a gradient only where kernel and stride are equal',
      );
    const [, , height, width] = value.inputs[0]!.shape as [number, number, number, number];
    const spread = mul(upsampleNearest2d(upstream, kernel), 1 / kernel ** 2);
    return [
      pad(spread, [
        [0, 0],
        [0, 0],
        [0, height - spread.shape[2]!],
        [0, width - spread.shape[3]!],
      ]),
    ];
  },
});

/** Mean over square windows, without padding: [B, C, H, W] -> [B, C, H', W']. */
export function averagePool2d(x: Value, { kernel, stride }: Pooling): Value {
  const [batch, channels, height, width] = imageShape('averagePool2d', x);
  const size = (length: number) => Math.floor((length - kernel) / stride) + 1;
  return makeAveragePool([x], [batch, channels, size(height), size(width)], x.dtype, { kernel, stride });
}

interface MaximumPooling extends Pooling {
  readonly padding: number;
}

/** Stands for what lies outside; finite, because infinity times a gradient of 0 is no number. */
const belowAll = -3e38;

const makeMaximumPool = defineOperation<MaximumPooling>({
  name: 'maxPool2d',
  emit: (emitter, value, { kernel, stride, padding }) =>
    emitter.node('MaxPool', [emitter.nameOf(value.inputs[0]!)], {
      kernel_shape: { ints: [kernel, kernel] },
      strides: { ints: [stride, stride] },
      pads: { ints: [padding, padding, padding, padding] },
    }),
  decomposition: (value, { kernel, stride, padding }) => {
    const around = [padding, padding] as const;
    const padded = pad(value.inputs[0]!, [[0, 0], [0, 0], around, around], { value: belowAll });
    // along one axis after the other: the largest of a row's largest
    return [2, 3].reduce((x, axis) => {
      const reach = (value.shape[axis]! - 1) * stride + 1;
      const shifted = Array.from({ length: kernel }, (_, k) => slice(x, axis, k, k + reach, stride));
      return shifted.reduce((a, b) => maximum(a, b));
    }, padded);
  },
});

/** Largest value of square windows, at most half of which may lie outside: [B, C, H, W] -> [B, C, H', W']. */
export function maxPool2d(
  x: Value,
  { kernel, stride, padding = 0 }: Pooling & { readonly padding?: number },
): Value {
  const [batch, channels, height, width] = imageShape('maxPool2d', x);
  if (2 * padding > kernel)
    throw new FoleyError('graph-invalid', `maxPool2d: padding ${padding} is more than half of ${kernel}`);
  const size = (length: number) => Math.floor((length + 2 * padding - kernel) / stride) + 1;
  const shape = [batch, channels, size(height), size(width)];
  return makeMaximumPool([x], shape, x.dtype, { kernel, stride, padding });
}

/** Mean over all positions: [B, C, H, W] -> [B, C]. */
export function globalAveragePool2d(x: Value): Value {
  imageShape('globalAveragePool2d', x);
  return mean(x, [2, 3]);
}

/** [B, C, H*r, W*r] -> [B, C*r*r, H, W] in torch's channel order. */
export function pixelUnshuffle(x: Value, factor: number): Value {
  const [batch, channels, height, width] = imageShape('pixelUnshuffle', x);
  const cells = reshape(x, [batch, channels, height / factor, factor, width / factor, factor]); // [B, C, H, r, W, r]
  return reshape(transpose(cells, [0, 1, 3, 5, 2, 4]), [
    batch,
    channels * factor ** 2,
    height / factor,
    width / factor,
  ]);
}

/** [B, C*r*r, H, W] -> [B, C, H*r, W*r] in torch's channel order. */
export function pixelShuffle(x: Value, factor: number): Value {
  const [batch, channels, height, width] = imageShape('pixelShuffle', x);
  const cells = reshape(x, [batch, channels / factor ** 2, factor, factor, height, width]); // [B, C, r, r, H, W]
  return reshape(transpose(cells, [0, 1, 4, 2, 5, 3]), [
    batch,
    channels / factor ** 2,
    height * factor,
    width * factor,
  ]);
}

function imageShape(name: string, x: Value): [number, number, number, number] {
  if (x.shape.length !== 4)
    throw new FoleyError('graph-invalid', `${name} needs [B, C, H, W], not [${x.shape}]`);
  return x.shape as [number, number, number, number];
}
