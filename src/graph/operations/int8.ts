/**
 * @file Products in 8 bits for the `int8` lowering: activations are quantised as they come, with one scale for all, and
 * frozen weights with a scale for each output. All that depends on weights alone is constant, so the runtime works it out
 * when the program is compiled and keeps only the 8-bit weights. No calibration is needed.
 */
import type { Emitter } from '../onnx-emitter.js';
import type { Value } from '../value.js';
import { isWeight } from './leaves.js';

const onnxInt8 = 3; // TensorProto.DataType

/** Fewer rows than this are done sooner than the weights are brought to 8 bits; shorter sums and few outputs gain nothing. */
const least = { rows: 16, summands: 64, outputs: 8 };

/** Whether a product is large enough for 8 bits, and its weights known when the program is compiled. */
export function paysInInt8(
  weight: Value,
  product: { readonly rows: number; readonly summands: number; readonly outputs: number },
): boolean {
  const isFrozen = isWeight(weight) || (weight.operation.name === 'cast' && isWeight(weight.inputs[0]!));
  const { rows, summands, outputs } = product;
  return isFrozen && rows >= least.rows && summands >= least.summands && outputs >= least.outputs;
}

/** A linear layer: x [.., in] and weight [out, in], both by name. Returns the name of the product [.., out]. */
export function int8Linear(emitter: Emitter, x: string, weight: string, outFeatures: number): string {
  const { whole, scales } = quantisedWeight(emitter, weight, outFeatures, [1]);
  const matrix = emitter.node('Transpose', [whole], { perm: { ints: [1, 0] } }); // [in, out]
  return emitter.node('DynamicQuantizeMatMul', [x, matrix, scales], {}, microsoft);
}

export interface Int8Convolution {
  /** [1, C, H, W] */
  readonly inputShape: readonly number[];
  /** [O, C, kernel height, kernel width] */
  readonly weightShape: readonly number[];
  /** [1, O, H', W'] */
  readonly outputShape: readonly number[];
  readonly stride: readonly number[];
  /** [before, after] of height and of width. */
  readonly padding: readonly (readonly [number, number])[];
}

/**
 * A convolution as one product: the shifted pictures of all places of the kernel stand side by side, 8 bits a value, and
 * are multiplied by [kernel places * C, O]. (ONNX Runtime's own 8-bit convolutions want the range of every output
 * beforehand, or are slower than float32.)
 * @param names of x, weight [O, C, ..] and bias [O] or null
 */
export function int8Convolution(
  emitter: Emitter,
  names: { readonly x: string; readonly weight: string; readonly bias: string | null },
  { inputShape, weightShape, outputShape, stride, padding }: Int8Convolution,
): string {
  const [, channels] = inputShape as [number, number];
  const [outChannels, , kernelRows, kernelColumns] = weightShape as [number, number, number, number];
  const [, , outRows, outColumns] = outputShape as [number, number, number, number];
  const { whole, scales } = quantisedWeight(emitter, names.weight, outChannels, [1, 2, 3]);
  const matrix = emitter.node('Reshape', [
    emitter.node('Transpose', [whole], { perm: { ints: [2, 3, 1, 0] } }),
    emitter.ints([kernelRows * kernelColumns * channels, outChannels]),
  ]); // [places * C, O]

  const [values, scale, zero] = emitter.nodes('DynamicQuantizeLinear', [names.x], 3) as [
    string,
    string,
    string,
  ];
  const lastChannels = emitter.node('Transpose', [values], { perm: { ints: [0, 2, 3, 1] } }); // [1, H, W, C]
  const [[top, bottom], [left, right]] = padding as readonly [
    readonly [number, number],
    readonly [number, number],
  ];
  const hasPadding = top + bottom + left + right > 0;
  const padded = hasPadding
    ? emitter.node('Pad', [lastChannels, emitter.ints([0, top, left, 0, 0, bottom, right, 0]), zero])
    : lastChannels;
  const [strideRows, strideColumns] = stride as [number, number];
  const shifted: string[] = [];
  for (let row = 0; row < kernelRows; row++) {
    for (let column = 0; column < kernelColumns; column++) {
      shifted.push(
        emitter.node('Slice', [
          padded,
          emitter.ints([row, column]),
          emitter.ints([row + (outRows - 1) * strideRows + 1, column + (outColumns - 1) * strideColumns + 1]),
          emitter.ints([1, 2]),
          emitter.ints([strideRows, strideColumns]),
        ]),
      );
    }
  }
  const together = shifted.length === 1 ? shifted[0]! : emitter.node('Concat', shifted, { axis: { int: 3 } });
  const rows = emitter.node('Reshape', [
    together,
    emitter.ints([outRows * outColumns, kernelRows * kernelColumns * channels]),
  ]);
  const bias = names.bias === null ? [] : ['', names.bias];
  const product = emitter.node(
    'MatMulIntegerToFloat',
    [rows, matrix, scale, scales, zero, ...bias],
    {},
    microsoft,
  ); // [H' * W', O]
  const firstChannels = emitter.node('Transpose', [product], { perm: { ints: [1, 0] } });
  return emitter.node('Reshape', [firstChannels, emitter.ints(outputShape)]);
}

const microsoft = { domain: 'com.microsoft' };

/**
 * Processors without 8-bit dot products (x86 before VNNI) add two products in 16 bits, which saturate: 2 * 255 * 64 is just
 * below the 32,767 that they hold. With weights up to 127, results there are wrong by a tenth and more, without a word.
 */
const largestWeight = 64;

/** Weights as whole numbers, in their own layout, with the scale of each output [out]. */
function quantisedWeight(
  emitter: Emitter,
  weight: string,
  outputs: number,
  axes: readonly number[],
): { readonly whole: string; readonly scales: string } {
  const largest = emitter.node('ReduceMax', [emitter.node('Abs', [weight]), emitter.ints(axes)], {
    keepdims: { int: 1 },
  });
  // an output whose weights are all zero has any scale
  const scale = emitter.node('Div', [
    emitter.node('Max', [largest, emitter.scalar(1e-30)]),
    emitter.scalar(largestWeight),
  ]);
  const rounded = emitter.node('Round', [emitter.node('Div', [weight, scale])]);
  return {
    whole: emitter.node('Cast', [rounded], { to: { int: onnxInt8 } }),
    scales: emitter.node('Reshape', [scale, emitter.ints([outputs])]),
  };
}
