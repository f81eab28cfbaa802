/** @file Scenes as inputs of a training program: what is seen in every frame, when that is, and when it sounds. */
import type { Timeline } from '../conditions/timeline.js';
import { timingColumns } from '../conditions/timing-raster.js';
import { type Tensor, tensor } from '../graph/index.js';
import type { SceneSplit, SeenFrames } from './scene-dataset.node.js';
import { shownAs } from './shown-as.js';

export interface SceneTensors {
  /** Frames of one window. */
  readonly frameCount: number;
  /**
   * `[B, T, width]`: embeddings at every frame, interpolated between those that were looked at.
   * @param indices `null` is a scene without frames: zeros
   * @param sightOf the scene as which each is shown; itself unless given
   */
  frames(
    split: SceneSplit,
    indices: readonly (number | null)[],
    sightOf?: readonly (number | null)[],
  ): Tensor;
  /** `[B, T]`, seconds since the window began. */
  times(batch: number): Tensor;
  /** `[B, 1, 1, columns]`: 1 while a scene sounds. */
  hint(split: SceneSplit, indices: readonly number[]): Tensor;
}

/** @param width of an embedding @param columns of the mel image */
export function sceneTensors(
  timeline: Timeline,
  seen: SeenFrames,
  width: number,
  columns: number,
): SceneTensors {
  const frameCount = timeline.frameCount(timeline.windowSeconds);
  /** Rows at `seen.perSecond` -> rows at every frame. */
  const interpolate = (row: Float32Array, target: Float32Array, offset: number): void => {
    for (let frame = 0; frame < frameCount; frame++) {
      const place = Math.min(seen.count - 1, timeline.frameToSeconds(frame) * seen.perSecond);
      const before = Math.floor(place);
      const after = Math.min(before + 1, seen.count - 1);
      const share = place - before;
      const to = offset + frame * width;
      for (let i = 0; i < width; i++)
        target[to + i] = (1 - share) * row[before * width + i]! + share * row[after * width + i]!;
    }
  };
  return {
    frameCount,
    frames(split, indices, sightOf = indices) {
      const data = new Float32Array(indices.length * frameCount * width);
      indices.forEach((index, item) => {
        if (index === null) return;
        const own = split.embeddings.row(index);
        const other = sightOf[item]!;
        const row = other === index ? own : shownAs(own, split.embeddings.row(other), width);
        interpolate(row, data, item * frameCount * width);
      });
      return tensor([indices.length, frameCount, width], data);
    },
    times: (batch) =>
      tensor(
        [batch, frameCount],
        Float32Array.from({ length: batch * frameCount }, (_, i) => timeline.frameToSeconds(i % frameCount)),
      ),
    hint(split, indices) {
      const hint = new Float32Array(indices.length * columns);
      indices.forEach((index, item) => {
        hint.set(timingColumns(split.spans[index]!, 0, timeline), item * columns);
      });
      return tensor([indices.length, 1, 1, columns], hint);
    },
  };
}
