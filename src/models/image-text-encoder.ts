/** @file A space that pictures and texts share: the interface, and how a stream of frames goes through a tower. */
import type { Session } from '../engine/engine.js';
import { floats, tensor } from '../graph/index.js';
import { type ImagePreprocessing, preprocessImage, type RgbImage } from './image-preprocessing.js';

/** One picture of a clip. */
export interface EncoderFrame extends RgbImage {
  readonly timeSeconds: number;
}

/** Embeddings of the sampled frames of one clip. */
export interface FrameEmbeddings {
  /** [T] presentation times. */
  readonly timesSeconds: Float64Array;
  /** D, the width of one embedding. */
  readonly width: number;
  /** [T, D] row by row. */
  readonly data: Float32Array;
}

/** An image tower and a text tower that share one embedding space. */
export interface ImageTextEncoder {
  /** Names the weights and the preprocessing; part of cache keys. */
  readonly id: string;
  /** Width D of the shared space. */
  readonly width: number;
  /** Side in pixels of the square the image tower sees. */
  readonly imageSize: number;
  /** Consumes the stream frame by frame. */
  embedFrames(frames: AsyncIterable<EncoderFrame>): Promise<FrameEmbeddings>;
  /** One embedding of width D for each text. */
  embedTexts(texts: readonly string[]): Promise<Float32Array[]>;
}

/**
 * Sends frames one by one through a session with the input `image` [1, 3, S, S]. On a CPU a batch is no faster.
 *
 * @param output the output [1, D] that is collected.
 */
export async function embedStream(
  session: Session,
  output: string,
  preprocessing: ImagePreprocessing,
  frames: AsyncIterable<EncoderFrame>,
): Promise<FrameEmbeddings> {
  const { imageSize } = preprocessing;
  const pixels = new Float32Array(3 * imageSize * imageSize);
  const image = tensor([1, 3, imageSize, imageSize], pixels);
  const times: number[] = [];
  const rows: Float32Array[] = [];
  for await (const frame of frames) {
    preprocessImage(frame, preprocessing, pixels);
    const results = await session.run({ image });
    times.push(frame.timeSeconds);
    rows.push(floats(results[output]!));
  }
  const width = session.program.outputs.find(({ name }) => name === output)!.shape[1]!;
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, index) => {
    data.set(row, index * width);
  });
  return { timesSeconds: Float64Array.from(times), width, data };
}
