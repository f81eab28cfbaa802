/** @file What is done with frame embeddings: rows, checks, and the token sequence of a window. */
import { FoleyError } from '../errors/foley-error.js';
import type { FrameEmbeddings } from '../models/image-text-encoder.js';

export type { EncoderFrame, FrameEmbeddings, ImageTextEncoder } from '../models/image-text-encoder.js';

/** Row `index` of the embeddings, as a view. */
export function embeddingAt(embeddings: FrameEmbeddings, index: number): Float32Array {
  return embeddings.data.subarray(index * embeddings.width, (index + 1) * embeddings.width);
}

/** Checks that lengths agree, values are finite and times ascend. @throws input-rejected naming the fault. */
export function assertFrameEmbeddings(embeddings: FrameEmbeddings, name: string): void {
  const { timesSeconds, width, data } = embeddings;
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

/** A tenth of a millisecond: frame times are sums of rounded reciprocals. */
const frameSlackSeconds = 1e-4;
