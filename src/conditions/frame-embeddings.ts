/** @file What is done with frame embeddings: rows, checks, and the token sequence of a window. */
import { FoleyError } from '../errors/foley-error.js';
import type { FrameEmbeddings } from '../models/image-text-encoder.js';

export type {
  EncoderFrame,
  FrameEmbeddings,
  ImageTextEncoder,
  PictureChanges,
  PlaceEmbeddings,
} from '../models/image-text-encoder.js';

/** Row `index` of the embeddings, as a view. */
export function embeddingAt(embeddings: FrameEmbeddings, index: number): Float32Array {
  return embeddings.data.subarray(index * embeddings.width, (index + 1) * embeddings.width);
}

/** Checks that lengths agree, values are finite and times ascend. @throws input-rejected naming the fault. */
export function assertFrameEmbeddings(embeddings: FrameEmbeddings, name: string): void {
  const { timesSeconds, width, data, places, changes } = embeddings;
  assertRows(timesSeconds, width, data, name);
  if (changes !== undefined) assertRows(changes.timesSeconds, 1, changes.values, `changes of ${name}`);
  if (places === undefined) return;
  const { rows, columns } = places;
  assertRows(places.timesSeconds, rows * columns * places.width, places.values, `places of ${name}`);
}

function assertRows(timesSeconds: Float64Array, width: number, data: Float32Array, name: string): void {
  if (!Number.isInteger(width) || width <= 0 || timesSeconds.length * width !== data.length) {
    throw new FoleyError(
      'input-rejected',
      `${name}: ${timesSeconds.length} times and width ${width} do not fit ${data.length} values`,
    );
  }
  for (let index = 1; index < timesSeconds.length; index++) {
    if (!(timesSeconds[index]! > timesSeconds[index - 1]!)) {
      throw new FoleyError('input-rejected', `${name}: time ${index} does not come after the one before it`);
    }
  }
  if (!data.every(Number.isFinite))
    throw new FoleyError('input-rejected', `${name}: holds a value that is no number`);
}

/**
 * The embeddings on screen at `count` times `stepSeconds` apart: the token sequence of one window.
 * Each time takes the latest frame that is not after it; before the first frame, the first; after the clip's end, the
 * last, as a player holds it. @returns [count, D]
 */
export function embeddingsOver(
  embeddings: FrameEmbeddings,
  startSeconds: number,
  count: number,
  stepSeconds: number,
): Float32Array {
  const { timesSeconds, width } = embeddings;
  if (timesSeconds.length === 0) throw new FoleyError('input-rejected', 'there are no frame embeddings');
  const rows = new Float32Array(count * width);
  let frame = 0;
  for (let index = 0; index < count; index++) {
    const timeSeconds = startSeconds + index * stepSeconds + frameSlackSeconds;
    while (frame + 1 < timesSeconds.length && timesSeconds[frame + 1]! <= timeSeconds) frame++;
    rows.set(embeddingAt(embeddings, frame), index * width);
  }
  return rows;
}

/**
 * The embeddings at other times, each on the line between its neighbours; before the first and after the last they stay
 * what they are. Times ascend on both sides. Places keep their times.
 */
export function interpolateEmbeddings(
  embeddings: FrameEmbeddings,
  timesSeconds: Float64Array,
): FrameEmbeddings {
  const { width } = embeddings;
  const known = embeddings.timesSeconds;
  if (known.length === 0) throw new FoleyError('input-rejected', 'there are no frame embeddings');
  const data = new Float32Array(timesSeconds.length * width);
  let before = 0;
  timesSeconds.forEach((timeSeconds, index) => {
    while (before + 1 < known.length && known[before + 1]! <= timeSeconds) before++;
    const after = Math.min(before + 1, known.length - 1);
    const gap = known[after]! - known[before]!;
    const share = gap === 0 ? 0 : Math.max(0, (timeSeconds - known[before]!) / gap);
    const [left, right] = [embeddingAt(embeddings, before), embeddingAt(embeddings, after)];
    for (let at = 0; at < width; at++)
      data[index * width + at] = left[at]! + share * (right[at]! - left[at]!);
  });
  const { places } = embeddings;
  return { timesSeconds, width, data, ...(places === undefined ? {} : { places }) };
}

/** A tenth of a millisecond: frame times are sums of rounded reciprocals. */
const frameSlackSeconds = 1e-4;
