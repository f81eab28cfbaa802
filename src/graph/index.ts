/** @file The graph language: symbolic values, the operations on them, gradients, and programs. */
export * from './gradients.js';
export * from './half-precision.js';
export type { Lowering, WeightLocator, WeightReference } from './onnx-emitter.js';
export * from './operations/arithmetic.js';
export * from './operations/attention.js';
export * from './operations/convolution.js';
export * from './operations/leaves.js';
export * from './operations/linear.js';
export * from './operations/normalisation.js';
export { recompute } from './operations/recompute.js';
export * from './operations/reductions.js';
export * from './operations/resampling.js';
export * from './operations/selection.js';
export * from './operations/shape.js';
export * from './operations/unary.js';
export * from './program.js';
export * from './tensor.js';
export type { Operation, Value } from './value.js';
