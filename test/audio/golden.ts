/** @file Golden arrays of test/golden/audio, made by reference/audio/*.py. */
import { openSafetensors } from '../../src/weights/safetensors-file.node.js';

/** Reads arrays of `test/golden/audio/<name>.safetensors` by key. */
export async function golden(
  name: string,
): Promise<(key: string) => Promise<{ shape: readonly number[]; data: Float32Array }>> {
  const file = await openSafetensors(`test/golden/audio/${name}.safetensors`);
  return async (key) => {
    const { shape, data } = await file.readFloat32(key);
    return { shape, data };
  };
}

/** Largest absolute difference; NaN when either holds one. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`lengths differ: ${a.length} and ${b.length}`);
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}

export function sine(hz: number, rate: number, length: number, amplitude = 1): Float32Array {
  return Float32Array.from({ length }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / rate));
}
