/** @file A space that pictures and texts share: the interface, and how a stream of frames goes through a tower. */
import type { Session } from '../engine/engine.js';
import { floats, type Tensor, tensor } from '../graph/index.js';
import { type ImagePreprocessing, preprocessImage, type RgbImage } from './image-preprocessing.js';
import { openOnce } from './open-once.js';

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
  /** What is seen where, of encoders that can tell. */
  readonly places?: PlaceEmbeddings;
  /** How much each picture differs from the one before it. */
  readonly changes?: PictureChanges;
}

/** The change from picture to picture, of all that were looked at. */
export interface PictureChanges {
  /** [C] ascending. */
  readonly timesSeconds: Float64Array;
  /** [C] mean absolute difference of luma, 0..255; the first is 0. */
  readonly values: Float32Array;
}

/** Embeddings of the places of a grid over the picture, of some of a clip's frames. */
export interface PlaceEmbeddings {
  /** [P] presentation times, ascending: fewer than there are frames, since a grid holds much more than a frame. */
  readonly timesSeconds: Float64Array;
  readonly rows: number;
  readonly columns: number;
  /** W, the width of one place; another than that of the frames. */
  readonly width: number;
  /** [P, rows * columns, W], places row by row from the top left of the picture. */
  readonly values: Float32Array;
}

/**
 * Grids are kept so often at most, as long as pictures follow each other; a thing that passes is seen for longer than a
 * second, as a rule. The last picture before a pause is kept whatever its time, since it stands for all of the pause.
 */
export const placesPerSecond = 8;

/** An image tower and a text tower that share one embedding space. */
export interface ImageTextEncoder {
  /** Names the weights and the preprocessing; part of cache keys. */
  readonly id: string;
  /** Width D of the shared space. */
  readonly width: number;
  /** Side in pixels of the square the image tower sees. */
  readonly imageSize: number;
  /** The filter by which it wants pictures brought to its size beforehand; averaging unless given. */
  readonly pictureFilter?: 'area' | 'bicubic';
  /** Whether it stretches pictures to its square, so that they are best decoded to just that. */
  readonly stretchesPictures?: boolean;
  /** Consumes the stream frame by frame. */
  embedFrames(frames: AsyncIterable<EncoderFrame>): Promise<FrameEmbeddings>;
  /** One embedding of width D for each text. */
  embedTexts(texts: readonly string[]): Promise<Float32Array[]>;
  /**
   * What texts are in the space of the places, of encoders that give places: W values and a bias for each, so that the
   * product with a place plus the bias is the logit of the text being there.
   */
  embedPlaceLabels?(texts: readonly string[]): Promise<Float32Array[]>;
}

/** An image tower: one program for single pictures, and one for several at once where that is asked for. */
export interface ImageTower {
  /** The program for so many pictures, 1 or `batch`: input `image` [count, 3, S, S]. */
  opened(count: number): Promise<Session>;
  /** Pictures that go through together. */
  readonly batch: number;
  /** Groups of pictures that its engine looks at at once. */
  readonly atOnce: number;
}

/** A tower whose programs are compiled when they are first needed. */
export function openTower(
  batch: number,
  atOnce: number,
  open: (count: number) => Promise<Session>,
): ImageTower & { close(): Promise<void> } {
  const single = openOnce(() => open(1));
  const several = batch === 1 ? single : openOnce(() => open(batch));
  return {
    batch,
    atOnce,
    opened: (count) => (count === 1 ? single : several).opened(),
    close: async () => {
      await single.close();
      if (several !== single) await several.close();
    },
  };
}

/** Part of an encoder's id: another batch may sum in another order, and so differ in the last bits. */
export function batchSuffix(batch: number): string {
  return batch === 1 ? '' : `/batch-${batch}`;
}

/**
 * Sends frames through a tower, in groups where it takes groups; what is left at the end goes one by one. While the tower
 * looks at some, the next ones are decoded and prepared, as far as the tower's engine leaves this thread time to.
 *
 * @param output the output [count, D] that is collected.
 * @param grid an output [count, rows * columns, W] of which the places are collected, `placesPerSecond` at most.
 */
export async function embedStream(
  tower: ImageTower,
  output: string,
  preprocessing: ImagePreprocessing,
  frames: AsyncIterable<EncoderFrame>,
  grid?: { readonly output: string; readonly rows: number; readonly columns: number },
): Promise<FrameEmbeddings> {
  const { batch, atOnce } = tower;
  const { imageSize } = preprocessing;
  const imageValues = 3 * imageSize * imageSize;
  const times: number[] = [];
  const rows: Float32Array[] = [];
  const grids = new GridKeeper();
  const look = async (pixels: Float32Array, count: number): Promise<Record<string, Tensor>> => {
    const session = await tower.opened(count);
    return session.run({ image: tensor([count, 3, imageSize, imageSize], pixels) });
  };
  /** Under way, in order; their pixels are used again when they are done. */
  const looking: { readonly pixels: Float32Array; readonly seen: Promise<Record<string, Tensor>> }[] = [];
  const keepOldest = async (): Promise<Float32Array> => {
    const { pixels, seen } = looking[0]!;
    const results = await seen;
    looking.shift();
    const found = results[output]!; // [count, D]
    const [count, width] = found.shape as [number, number];
    const held = grid && floats(results[grid.output]!); // [count, rows * columns, W]
    for (let row = 0; row < count; row++) {
      const timeSeconds = times[rows.length]!;
      rows.push(floats(found).slice(row * width, (row + 1) * width));
      if (held === undefined) continue;
      const size = held.length / count;
      grids.note(timeSeconds, held.subarray(row * size, (row + 1) * size));
    }
    return pixels;
  };
  const begin = (pixels: Float32Array, count: number): void => {
    const seen = look(pixels, count);
    seen.catch(() => {}); // thrown where it is waited for
    looking.push({ pixels, seen });
  };
  let filled: Float32Array = new Float32Array(batch * imageValues);
  let waiting = 0;
  try {
    for await (const frame of frames) {
      preprocessImage(
        frame,
        preprocessing,
        filled.subarray(waiting * imageValues, (waiting + 1) * imageValues),
      );
      times.push(frame.timeSeconds);
      if (++waiting < batch) continue;
      begin(filled, batch);
      filled = looking.length > atOnce ? await keepOldest() : new Float32Array(batch * imageValues);
      waiting = 0;
    }
    for (let one = 0; one < waiting; one++)
      begin(filled.subarray(one * imageValues, (one + 1) * imageValues), 1);
    while (looking.length > 0) await keepOldest();
  } finally {
    // whoever closes the tower now finds it at rest
    await Promise.allSettled(looking.map(({ seen }) => seen));
  }
  const width = rows[0]?.length ?? (await widthOf(tower, output));
  const seen = { timesSeconds: Float64Array.from(times), width, data: joined(rows) };
  const { timesSeconds: placeTimes, values: places } = grids.kept();
  if (grid === undefined || places.length === 0) return seen;
  const { rows: gridRows, columns } = grid;
  return {
    ...seen,
    places: {
      timesSeconds: Float64Array.from(placeTimes),
      rows: gridRows,
      columns,
      width: places[0]!.length / (gridRows * columns),
      values: joined(places),
    },
  };
}

/** Keeps some grids of a stream: one each 1 / placesPerSecond, and the last one before every longer pause. */
class GridKeeper {
  readonly #timesSeconds: number[] = [];
  readonly #values: Float32Array[] = [];
  /** The latest grid, where it came too soon after one that is kept. */
  #skipped: { readonly timeSeconds: number; readonly values: Float32Array } | null = null;

  note(timeSeconds: number, values: Float32Array): void {
    if (this.#skipped !== null && isPause(this.#skipped.timeSeconds, timeSeconds)) this.#keepSkipped();
    const last = this.#timesSeconds.at(-1);
    const isKept = last === undefined || isPause(last, timeSeconds);
    if (isKept) this.#keep(timeSeconds, values.slice());
    this.#skipped = isKept ? null : { timeSeconds, values: values.slice() };
  }

  kept(): { readonly timesSeconds: readonly number[]; readonly values: readonly Float32Array[] } {
    this.#keepSkipped();
    return { timesSeconds: this.#timesSeconds, values: this.#values };
  }

  #keepSkipped(): void {
    if (this.#skipped !== null) this.#keep(this.#skipped.timeSeconds, this.#skipped.values);
    this.#skipped = null;
  }

  #keep(timeSeconds: number, values: Float32Array): void {
    this.#timesSeconds.push(timeSeconds);
    this.#values.push(values);
  }
}

function isPause(fromSeconds: number, toSeconds: number): boolean {
  return toSeconds - fromSeconds >= 1 / placesPerSecond - timeSlackSeconds;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Half a millisecond: frame times are sums of rounded reciprocals. */
const timeSlackSeconds = 5e-4;

/** Width of an embedding, where there was none to tell. */
async function widthOf(tower: ImageTower, output: string): Promise<number> {
  const { program } = await tower.opened(1);
  return program.outputs.find(({ name }) => name === output)!.shape[1]!;
}
