/** @file Draws the on spans into the picture that steers the temporal adapter. */
import { FoleyError } from '../errors/foley-error.js';
import type { Timeline, TimeSpan } from './timeline.js';

/** The values that mean sound and silence; FoleyCrafter's (inference.py:124-137), hence ours. */
export interface RasterValues {
  readonly on: number;
  readonly off: number;
}
export const defaultRasterValues: RasterValues = { on: 1, off: -1 };

/** A sound this far below its loudest is not told from silence: the level 0. */
export const levelRangeDb = 30;

/** The level 0..1 that stands for so many dB (0 or less) below the loudest. */
export function levelOfDb(db: number): number {
  return Math.min(1, Math.max(0, 1 + db / levelRangeDb));
}

/**
 * One value for each mel column of a window. A span covers the columns from the one its start belongs to up to, not
 * including, the one its end belongs to, and at least one.
 * @param spans in seconds of the clip, sorted and disjoint
 * @param windowStartSeconds where the window begins in the clip
 * @param levelAt how loud the sound is at a time of the clip, 0..1 as `levelOfDb` has it; as loud as can be unless given.
 * A soft value between off and on is our addition: the paper's track is binary.
 * @returns [columns]
 */
export function timingColumns(
  spans: readonly TimeSpan[],
  windowStartSeconds: number,
  timeline: Timeline,
  values: RasterValues = defaultRasterValues,
  levelAt: ((timeSeconds: number) => number) | null = null,
): Float32Array {
  const { columns } = timeline.spec;
  const row = new Float32Array(columns).fill(values.off);
  for (const span of spans) {
    const first = timeline.secondsToRasterColumn(span.startSeconds - windowStartSeconds);
    const end = Math.max(first + 1, timeline.secondsToRasterColumn(span.endSeconds - windowStartSeconds));
    if (end <= 0 || first >= columns) continue;
    for (let column = Math.max(0, first); column < Math.min(columns, end); column++) {
      const level =
        levelAt === null ? 1 : levelAt(windowStartSeconds + timeline.rasterColumnToSeconds(column));
      row[column] = values.off + (values.on - values.off) * level;
    }
  }
  return row;
}

/** The hint of the temporal adapter: the columns repeated over all bands. @returns [1, bands, columns] */
export function timingHint(columns: Float32Array, bands: number): Float32Array {
  const hint = new Float32Array(bands * columns.length);
  for (let band = 0; band < bands; band++) hint.set(columns, band * columns.length);
  return hint;
}

/** The reduced form: mean over the columns of each latent column. @returns [latentColumns] */
export function reduceColumns(columns: Float32Array, latentColumns: number): Float32Array {
  const factor = columns.length / latentColumns;
  if (!Number.isInteger(factor)) {
    throw new FoleyError(
      'usage',
      `${columns.length} columns are no multiple of ${latentColumns} latent columns`,
    );
  }
  return Float32Array.from({ length: latentColumns }, (_, index) => {
    const part = columns.subarray(index * factor, (index + 1) * factor);
    return part.reduce((sum, value) => sum + value, 0) / factor;
  });
}
