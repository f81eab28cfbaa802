/** @file The grid of video frames that editing snaps to. */

/** Frames of a clip on time. A clip of varying rate has the grid of its average. */
export interface FrameGrid {
  readonly framesPerSecond: number;
  readonly durationSeconds: number;
}

/** The frame on screen at a time, from 0. */
export function frameAt(grid: FrameGrid, seconds: number): number {
  // a time that was made from a frame lies on that frame, whatever the division made of it
  const frame = Math.floor(seconds * grid.framesPerSecond + 1e-6);
  return Math.min(Math.max(0, frame), lastFrame(grid));
}

export function lastFrame(grid: FrameGrid): number {
  return Math.max(0, Math.ceil(grid.durationSeconds * grid.framesPerSecond - 1e-6) - 1);
}

/** When a frame begins. */
export function frameStart(grid: FrameGrid, frame: number): number {
  return Math.min(grid.durationSeconds, frame / grid.framesPerSecond);
}

/** The nearest border between two frames; the end of the clip counts as one. */
export function snapToFrame(grid: FrameGrid, seconds: number): number {
  const snapped = Math.round(seconds * grid.framesPerSecond) / grid.framesPerSecond;
  const endIsNearer =
    grid.durationSeconds - seconds < Math.abs(seconds - snapped) || snapped > grid.durationSeconds;
  return endIsNearer ? grid.durationSeconds : Math.max(0, snapped);
}

/** The time `frames` frames on, on the grid. */
export function stepFrames(grid: FrameGrid, seconds: number, frames: number): number {
  const target = frameAt(grid, seconds) + frames;
  return frameStart(grid, Math.min(Math.max(0, target), lastFrame(grid)));
}
