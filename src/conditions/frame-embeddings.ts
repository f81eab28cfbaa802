/** @file What the image encoder says about each sampled frame, and the interface of an encoder that can say it. */
import { FoleyError } from '../errors/foley-error.js';

/** Embeddings of the sampled frames of one clip. */
export interface FrameEmbeddings {
  /** [T] presentation times, ascending. */
  readonly timesSeconds: Float64Array;
  /** D, the width of one embedding. */
  readonly width: number;
  /** [T, D] row by row. */
  readonly data: Float32Array;
}

/** One picture of a clip as the encoder takes it: 8-bit RGB, rows from the top. */
export interface EncoderFrame {
  readonly timeSeconds: number;
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** An image tower and a text tower that share one embedding space. */
export interface ImageTextEncoder {
  /** Names the weights and the preprocessing; part of the cache key. */
  readonly id: string;
  /** Width D of the shared space. */
  readonly width: number;
  /** Side in pixels of the square the image tower sees. */
  readonly imageSize: number;
  /** Consumes the stream frame by frame; never holds more than a batch. */
  embedFrames(frames: AsyncIterable<EncoderFrame>): Promise<FrameEmbeddings>;
  /** One embedding of width D for each text. */
  embedTexts(texts: readonly string[]): Promise<Float32Array[]>;
}

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
 * Each time takes the latest frame that is not after it (the first frame before the clip starts). Times at or past
 * `clipEndSeconds` have nothing to show and get zeros, the value the adapter knows as "no picture".
 * @returns [count, D]
 */
export function embeddingsOver(
  embeddings: FrameEmbeddings,
  startSeconds: number,
  count: number,
  stepSeconds: number,
  clipEndSeconds: number,
): Float32Array {
  const { timesSeconds, width } = embeddings;
  if (timesSeconds.length === 0) throw new FoleyError('input-rejected', 'there are no frame embeddings');
  const rows = new Float32Array(count * width);
  let frame = 0;
  for (let index = 0; index < count; index++) {
    const timeSeconds = startSeconds + index * stepSeconds + frameSlackSeconds;
    if (timeSeconds >= clipEndSeconds) break;
    while (frame + 1 < timesSeconds.length && timesSeconds[frame + 1]! <= timeSeconds) frame++;
    rows.set(embeddingAt(embeddings, frame), index * width);
  }
  return rows;
}

/** A tenth of a millisecond: frame times are sums of rounded reciprocals. */
const frameSlackSeconds = 1e-4;
