/** @file One scene shown as another: each frame becomes that one of the other scene in which as much is seen. */

/**
 * Embeddings of `own`, each replaced by the frame of `other` whose embedding is the nearest in length, brought to the same
 * length: lengths grow with the root of the area that sounds, directions say what it is.
 *
 * @param own `[frames, width]`
 * @param other `[frames, width]` of a scene of the same class
 */
export function shownAs(own: Float32Array, other: Float32Array, width: number): Float32Array {
  const lengths = lengthsOf(other, width);
  const ordered = Array.from(lengths.keys()).sort((a, b) => lengths[a]! - lengths[b]!);
  const result = new Float32Array(own.length);
  lengthsOf(own, width).forEach((length, frame) => {
    if (length === 0) return;
    const like = nearest(ordered, lengths, length);
    const factor = lengths[like] === 0 ? 0 : length / lengths[like]!;
    for (let i = 0; i < width; i++) result[frame * width + i] = factor * other[like * width + i]!;
  });
  return result;
}

function lengthsOf(rows: Float32Array, width: number): Float64Array {
  return Float64Array.from({ length: rows.length / width }, (_, row) =>
    Math.hypot(...rows.subarray(row * width, (row + 1) * width)),
  );
}

/** The frame whose length is the nearest. @param ordered by length, ascending */
function nearest(ordered: readonly number[], lengths: Float64Array, length: number): number {
  let [low, high] = [0, ordered.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lengths[ordered[middle]!]! < length) low = middle + 1;
    else high = middle;
  }
  const above = ordered[low]!;
  const below = ordered[Math.max(0, low - 1)]!;
  return length - lengths[below]! < lengths[above]! - length ? below : above;
}
