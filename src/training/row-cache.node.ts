/** @file Rows of numbers that are computed once and kept in half precision: latents, text states, frame embeddings. */
import { access, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FoleyError } from '../errors/foley-error.js';
import { float32ToFloat16 } from '../graph/half-precision.js';
import { tensor } from '../graph/tensor.js';
import { openSafetensors, writeSafetensors } from '../weights/safetensors-file.node.js';
import { halfToFloatTable } from './half-table.js';

/** Rows of equal width, in memory as half-precision patterns. */
export class Rows {
  constructor(
    private readonly halves: Uint16Array,
    readonly count: number,
    readonly width: number,
  ) {}

  /** Writes one row times a factor into a place. */
  copyTo(row: number, target: Float32Array, offset: number, factor = 1): void {
    const from = row * this.width;
    for (let i = 0; i < this.width; i++)
      target[offset + i] = factor * halfToFloatTable[this.halves[from + i]!]!;
  }

  row(index: number): Float32Array {
    const values = new Float32Array(this.width);
    this.copyTo(index, values, 0);
    return values;
  }

  /** Standard deviation over every `stride`-th row. */
  deviation(stride = 1): number {
    let [sum, squares, count] = [0, 0, 0];
    for (let row = 0; row < this.count; row += stride) {
      for (let i = row * this.width; i < (row + 1) * this.width; i++) {
        const value = halfToFloatTable[this.halves[i]!]!;
        sum += value;
        squares += value * value;
        count += 1;
      }
    }
    return Math.sqrt(squares / count - (sum / count) ** 2);
  }
}

/**
 * Rows from their file, or computed and written to it.
 * @param path named after a hash of everything the rows depend on
 * @param compute fills consecutive rows from `first` on; called until all are filled
 */
export async function keepRows(
  path: string,
  count: number,
  width: number,
  compute: (first: number) => Promise<readonly Float32Array[]>,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Rows> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists) {
    const kept = await (await openSafetensors(path)).read('rows');
    if (kept.dtype !== 'float16' || kept.shape[0] !== count || kept.shape[1] !== width) {
      throw new FoleyError(
        'weights-invalid',
        `${path} holds [${kept.shape}] instead of [${count},${width}]`,
        {
          hint: 'Delete the file: it is computed again.',
        },
      );
    }
    return new Rows(kept.data as Uint16Array, count, width);
  }
  const halves = new Uint16Array(count * width);
  for (let done = 0; done < count; ) {
    const rows = await compute(done);
    for (const row of rows.slice(0, count - done)) {
      halves.set(float32ToFloat16(row), done * width);
      done += 1;
    }
    onProgress(done, count);
  }
  await mkdir(dirname(path), { recursive: true });
  await writeSafetensors(path, [['rows', tensor([count, width], halves, 'float16')]]);
  return new Rows(halves, count, width);
}
