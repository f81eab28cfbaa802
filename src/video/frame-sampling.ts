/** @file Picks, for each sampling time, the picture that a player would be showing then. */

/** A decoded picture that has to be given back. */
export interface TimedPicture {
  readonly timeSeconds: number;
  close(): void;
}

/** Sampling times of the window `[startSeconds, endSeconds)`: `startSeconds + k / framesPerSecond`. */
export function samplingTimes(
  startSeconds: number,
  endSeconds: number,
  framesPerSecond: number,
): Float64Array {
  // A millionth of a frame: 10.24 s at 30 fps is 307.2 frames, and 0.1 s is 3, not 4 because 0.1 * 30 > 3.
  const count = Math.max(0, Math.ceil((endSeconds - startSeconds) * framesPerSecond - 1e-6));
  return Float64Array.from({ length: count }, (_, index) => startSeconds + index / framesPerSecond);
}

/**
 * Yields one entry per sampling time: the last picture whose time is not later, or the first picture for times
 * before it. A picture belongs to the generator and is closed when the next one is taken or the generator ends.
 *
 * @param pictures in presentation order, from at or before the first time.
 * @param times ascending.
 * @param toleranceSeconds how far a stored time may be rounded up (half a tick of the container's clock).
 */
export async function* sampleByPresentationTime<P extends TimedPicture>(
  pictures: AsyncIterable<P>,
  times: Iterable<number>,
  toleranceSeconds: number,
): AsyncGenerator<{ readonly timeSeconds: number; readonly picture: P }> {
  const source = pictures[Symbol.asyncIterator]();
  let current: P | undefined;
  let next: P | undefined;
  let isOver = false;
  const advance = async () => {
    const result = await source.next();
    isOver = result.done === true;
    next = result.done === true ? undefined : result.value;
  };
  try {
    for (const timeSeconds of times) {
      if (next === undefined && !isOver) await advance();
      while (
        next !== undefined &&
        (current === undefined || next.timeSeconds <= timeSeconds + toleranceSeconds)
      ) {
        current?.close();
        current = next;
        await advance();
      }
      if (current === undefined) return; // no pictures at all
      yield { timeSeconds, picture: current };
    }
  } finally {
    current?.close();
    next?.close();
    await source.return?.();
  }
}
