/** @file What the camera sees of an object: its projected box, how much of it is inside the picture, and when. */
import type { TimeSpan } from '../conditions/timeline.js';
import { type Position, positionAt, type Trajectory } from './trajectory.js';

/** A level pinhole camera at the origin, looking along +z. Lengths are shares of the picture, so any size can be drawn. */
export interface Camera {
  /** Of the eye (and the ear) above the ground. */
  readonly heightMetres: number;
  /** Focal length as a share of the picture's width; 1 is a horizontal field of view of 53 degrees. */
  readonly focalWidths: number;
  /** Where the horizon lies, as a share of the picture's height from the top. */
  readonly horizon: number;
  /** Width divided by height of the picture. */
  readonly aspect: number;
}

/** A box in shares of the picture: x of its width, y of its height, from the top left. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Nothing nearer to the camera than this is drawn, metres. */
export const nearMetres = 0.4;

/** The box of an upright picture of the given real size standing at a position (its lower edge); null behind the camera. */
export function projectBox(
  at: Position,
  widthMetres: number,
  heightMetres: number,
  camera: Camera,
): Box | null {
  if (at.z < nearMetres) return null;
  const scale = camera.focalWidths / at.z; // shares of the width per metre
  const middle = 0.5 + at.x * scale;
  const bottom = camera.horizon + (camera.heightMetres - at.y) * scale * camera.aspect;
  return {
    left: middle - 0.5 * widthMetres * scale,
    right: middle + 0.5 * widthMetres * scale,
    top: bottom - heightMetres * scale * camera.aspect,
    bottom,
  };
}

/** How much of the picture a box covers, and how much of the box lies inside the picture; both 0..1. */
export function coverage(box: Box | null): { readonly area: number; readonly insideShare: number } {
  if (box === null) return { area: 0, insideShare: 0 };
  const width = Math.min(1, box.right) - Math.max(0, box.left);
  const height = Math.min(1, box.bottom) - Math.max(0, box.top);
  if (width <= 0 || height <= 0) return { area: 0, insideShare: 0 };
  const area = width * height;
  return { area, insideShare: area / ((box.right - box.left) * (box.bottom - box.top)) };
}

/** An object is seen when this share of its box is inside, or this much of the picture is covered by it ... */
const seenInsideShare = 0.3;
const seenLargeArea = 0.08;
/** ... and it covers at least this share of the picture (9 pixels squared at 224 x 168). */
const seenArea = 0.002;

/** Whether a viewer would notice the object. */
export function isSeen(box: Box | null): boolean {
  const { area, insideShare } = coverage(box);
  return area >= seenArea && (insideShare >= seenInsideShare || area >= seenLargeArea);
}

/** When an object is seen, to 10 ms. */
export function visibleSpans(
  trajectory: Trajectory,
  widthMetres: number,
  heightMetres: number,
  camera: Camera,
  durationSeconds: number,
): TimeSpan[] {
  const steps = Math.round(durationSeconds * 100);
  const spans: TimeSpan[] = [];
  let start = -1;
  for (let step = 0; step <= steps; step++) {
    const seen =
      step < steps &&
      isSeen(projectBox(positionAt(trajectory, step / 100), widthMetres, heightMetres, camera));
    if (seen && start < 0) start = step;
    if (!seen && start >= 0) {
      spans.push({ startSeconds: start / 100, endSeconds: step / 100 });
      start = -1;
    }
  }
  return spans;
}
