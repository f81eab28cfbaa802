/** @file Runs small graphs for the tests: values in, tensors out. */
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { floats, type Lowering, program, type Tensor, type Value } from '../../src/graph/index.js';

/** Evaluates named values with the given feeds in one run. */
export async function evaluate(
  outputs: Readonly<Record<string, Value>>,
  inputs: readonly Value[],
  feeds: Readonly<Record<string, Tensor>>,
  options: {
    readonly lowering?: Lowering;
    readonly device?: 'cpu' | 'webgpu';
    readonly keepRecomputation?: boolean;
  } = {},
): Promise<Record<string, Tensor>> {
  const engine = createOrtEngine({ threads: 1, device: options.device ?? 'cpu' });
  try {
    const session = await engine.compile(program('test', { inputs, outputs }), {
      lowering: options.lowering ?? 'plain',
      ...(options.keepRecomputation === undefined ? {} : { keepRecomputation: options.keepRecomputation }),
    });
    return await session.run(feeds);
  } finally {
    await engine.close();
  }
}

/** Deterministic numbers in -1..1 that are neither symmetric nor close to 0, where kinks lie. */
export function sampleValues(count: number, seed = 1): Float32Array {
  let state = seed * 2654435761;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const unit = (state >>> 8) / 2 ** 24;
    return unit < 0.5 ? -0.1 - 1.6 * unit : 0.1 + 1.6 * (unit - 0.5);
  });
}

/** The largest difference between two arrays, relative to the largest absolute value of the second. */
export function relativeError(actual: Tensor | Float32Array, expected: Tensor | Float32Array): number {
  const a = actual instanceof Float32Array ? actual : floats(actual);
  const b = expected instanceof Float32Array ? expected : floats(expected);
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  const scale = b.reduce((largest, x) => Math.max(largest, Math.abs(x)), 1e-12);
  return (
    a.reduce(
      (largest, x, i) => Math.max(largest, Number.isNaN(x) ? Number.POSITIVE_INFINITY : Math.abs(x - b[i]!)),
      0,
    ) / scale
  );
}
