/** @file Where in the picture a thing is and how large, over time, and what follows from it: distance, level, pan and radial speed. */
import { z } from 'zod';

/** How the label's thing moves through the picture. Plain numbers, so that it travels as JSON. */
export interface MotionCurve {
  /** [T] ascending, in seconds of the clip. */
  readonly timesSeconds: readonly number[];
  /** [T] 0..1, how surely it is seen. */
  readonly presence: readonly number[];
  /** [T] share of the picture's area that it covers, 0..1. */
  readonly size: readonly number[];
  /** [T] of its middle: -1 is the left edge of the picture, 1 the right one. */
  readonly position: readonly number[];
}

const share = z.number().min(0).max(1);
const largestCount = 200_000;

/** The same in files and requests. */
export const motionCurveSchema = z
  .strictObject({
    timesSeconds: z.array(z.number().min(0).max(1e6)).min(1).max(largestCount),
    presence: z.array(share).max(largestCount),
    size: z.array(share).max(largestCount),
    position: z.array(z.number().min(-1).max(1)).max(largestCount),
  })
  .superRefine((curve, context) => {
    const { timesSeconds } = curve;
    for (const name of ['presence', 'size', 'position'] as const) {
      if (curve[name].length === timesSeconds.length) continue;
      const message = `has ${curve[name].length} values for ${timesSeconds.length} times`;
      context.addIssue({ code: 'custom', path: [name], message });
    }
    timesSeconds.forEach((time, index) => {
      if (index > 0 && !(time > timesSeconds[index - 1]!)) {
        const path = ['timesSeconds', index];
        context.addIssue({ code: 'custom', path, message: 'does not come after the one before it' });
      }
    });
  });

/** What is assumed of the camera, and how much of the curve is taken for noise. */
export interface MotionSettings {
  /** Tangent of half the horizontal field of view; 0.5 is 53 degrees. */
  readonly halfViewTangent: number;
  /** Standard deviation of the window within which the way across the picture is taken for even. */
  readonly smoothingSeconds: number;
  /** The same of the way into the picture: sizes are told less exactly than places. */
  readonly depthSmoothingSeconds: number;
  /** Where it is seen less surely than this, place and size are interpolated between where it is. */
  readonly leastPresence: number;
  /** Whether what comes nearer while it leaves the picture goes on past the camera; else it stays where it was. */
  readonly passesCamera: boolean;
}

export const defaultMotionSettings: MotionSettings = {
  halfViewTangent: 0.5,
  smoothingSeconds: 0.5,
  depthSmoothingSeconds: 1,
  leastPresence: 0.6,
  passesCamera: false,
};

/** A smooth motion. Values are of the curve's times; between them they are interpolated, outside they are held. */
export interface MotionPath {
  /** [T] */
  readonly timesSeconds: Float64Array;
  /** [T] distance from the camera, in units of the nearest one: 1 or more. */
  readonly distance: Float64Array;
  /** [T] how fast `distance` grows, in units a second; negative while it comes nearer. */
  readonly radialSpeed: Float64Array;
  /** [T] radians to the right of where the camera looks. */
  readonly bearing: Float64Array;
  /** The nearest distance, in units of the thing's size: the root of the area it would cover in a square picture. */
  readonly nearestSizes: number;
}

/**
 * Reads a motion off a curve, with a level camera that does not turn. A thing that covers the share s of the picture is
 * 1 / (2 tan(fov / 2) sqrt(s)) of its sizes deep in it, and further away the further it stands from the middle. The
 * logarithm of the depth and the place are fitted by a line around each time (local regression), which gives their
 * slopes as well; samples count by their presence, and for little where the picture's edge cuts the thing off. Before it is
 * seen first and after it is seen last it keeps its velocity; where that would bring it nearer than it was seen, it passes
 * the camera as far to the side as the edge of the picture is, or stays (`passesCamera`).
 * @returns null when it is seen nowhere
 */
export function motionPath(
  curve: MotionCurve,
  settings: MotionSettings = defaultMotionSettings,
): MotionPath | null {
  const { halfViewTangent, smoothingSeconds, depthSmoothingSeconds, leastPresence, passesCamera } = settings;
  const times = Float64Array.from(curve.timesSeconds);
  const isSeen = curve.presence.map((value, index) => value >= leastPresence && curve.size[index]! > 0);
  const [first, last] = [isSeen.indexOf(true), isSeen.lastIndexOf(true)];
  if (first === -1) return null;
  const weights = curve.presence.map((value, index) =>
    isSeen[index] ? value * wholeness(curve.size[index]!, curve.position[index]!) : interpolatedWeight,
  );
  const smoothed = (values: readonly number[], seconds: number): LineFits =>
    localLines(times, bridged(times, values, isSeen), weights, seconds);
  const offsets = smoothed(
    curve.position.map((position) => position * halfViewTangent), // tangent of the bearing
    smoothingSeconds,
  );
  const depths = smoothed(
    curve.size.map((size) => -Math.log(2 * halfViewTangent * Math.sqrt(size))),
    depthSmoothingSeconds,
  );
  const fitted = Array.from(times, (_, index): GroundMotion => {
    const z = Math.exp(depths.values[index]!);
    const zSpeed = z * depths.slopes[index]!;
    const offset = offsets.values[index]!;
    return { x: offset * z, y: 0, z, xSpeed: offsets.slopes[index]! * z + offset * zSpeed, zSpeed };
  });
  const motions = fitted.map((motion, index) => {
    const edge = Math.min(last, Math.max(first, index));
    if (edge === index) return motion;
    const seconds = times[index]! - times[edge]!;
    if (!comesNearer(fitted[edge]!, seconds)) return carriedOn(fitted[edge]!, seconds);
    return passesCamera
      ? pastTheCamera(fitted[edge]!, seconds, halfViewTangent)
      : { ...fitted[edge]!, xSpeed: 0, zSpeed: 0 };
  });
  const distances = motions.map(({ x, y, z }) => Math.hypot(x, y, z));
  const nearest = distances.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  return {
    timesSeconds: times,
    distance: Float64Array.from(distances, (distance) => distance / nearest),
    radialSpeed: Float64Array.from(motions, ({ x, z, xSpeed, zSpeed }, index) =>
      settled((x * xSpeed + z * zSpeed) / distances[index]! / nearest),
    ),
    bearing: Float64Array.from(motions, ({ x, z }) => Math.atan2(x, z)),
    nearestSizes: nearest,
  };
}

/**
 * Where a thing is and how it moves, in its sizes and a second: x to the right, z away from the camera, and y above or
 * below it, which is not told apart from the distance while the thing is seen, and does not change.
 */
interface GroundMotion {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly xSpeed: number;
  readonly zSpeed: number;
}

/** Whether it comes nearer as time goes on (or back, where `seconds` are negative). */
function comesNearer({ x, z, xSpeed, zSpeed }: GroundMotion, seconds: number): boolean {
  return (x * xSpeed + z * zSpeed) * seconds <= 0;
}

/** The motion some seconds later (or earlier), in a straight line. */
function carriedOn(motion: GroundMotion, seconds: number): GroundMotion {
  const { x, z, xSpeed, zSpeed } = motion;
  return { ...motion, x: x + xSpeed * seconds, z: z + zSpeed * seconds };
}

/** Height of a picture by its width, which decides how far off the middle its upper edge is. */
const edgeHeight = 0.75;

/**
 * The motion carried on past the camera. What comes nearer until it is out of the picture went over its edge, so it is at
 * least as far from the line of sight as the edge is; how far it was when last seen stays as it was.
 */
function pastTheCamera(motion: GroundMotion, seconds: number, halfViewTangent: number): GroundMotion {
  const { x, z, xSpeed, zSpeed } = motion;
  const y = Math.sqrt(Math.max(0, (edgeHeight * halfViewTangent * z) ** 2 - x * x));
  const scale = Math.hypot(x, z) / Math.hypot(x, y, z);
  const scaled = { x: scale * x, y: scale * y, z: scale * z, xSpeed: scale * xSpeed, zSpeed: scale * zSpeed };
  return carriedOn(scaled, seconds);
}

/** Rounding is no movement: what stands still does so exactly. */
function settled(speed: number): number {
  return Math.abs(speed) < 1e-9 ? 0 : speed;
}

/** Half the width of a thing by the root of its area, in halves of the picture: things are rather wide than high. */
const halfWidth = 1.2;
/** A thing cut off by the picture's edge still says where it is, but not how large. */
const leastWholeness = 0.02;

/** 1 for a thing that is in the picture as a whole, falling to `leastWholeness` where its middle is half its width from the edge. */
function wholeness(size: number, position: number): number {
  const room = 1 - Math.abs(position) - halfWidth * Math.sqrt(size);
  return Math.max(leastWholeness, Math.min(1, 1 + room / roomForDoubt));
}
const roomForDoubt = 0.15;

/** The level at a time, dB below the nearest: sound falls by 6 dB with each doubling of the distance. */
export function levelDbAt(path: MotionPath, timeSeconds: number): number {
  return -20 * Math.log10(valueAt(path.timesSeconds, path.distance, timeSeconds));
}

/** -1 left, 0 middle, 1 right: the sine of the bearing. */
export function panAt(path: MotionPath, timeSeconds: number): number {
  return Math.sin(valueAt(path.timesSeconds, path.bearing, timeSeconds));
}

/** Distance in metres of a thing of this size (the root of its area) at a time. */
export function distanceMetresAt(path: MotionPath, sizeMetres: number, timeSeconds: number): number {
  return sizeMetres * path.nearestSizes * valueAt(path.timesSeconds, path.distance, timeSeconds);
}

/** m/s of a thing of this size at a time; negative while it comes nearer. */
export function radialSpeedAt(path: MotionPath, sizeMetres: number, timeSeconds: number): number {
  return sizeMetres * path.nearestSizes * valueAt(path.timesSeconds, path.radialSpeed, timeSeconds);
}

/** What a sample weighs whose value was interpolated: it only decides where nothing was seen. */
const interpolatedWeight = 1e-3;

/** Linear between the samples, held before the first and after the last. */
function valueAt(times: Float64Array, values: Float64Array, timeSeconds: number): number {
  let low = 0;
  let high = times.length - 1;
  if (timeSeconds <= times[low]!) return values[low]!;
  if (timeSeconds >= times[high]!) return values[high]!;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= timeSeconds) low = middle;
    else high = middle;
  }
  const part = (timeSeconds - times[low]!) / (times[high]! - times[low]!);
  return values[low]! + part * (values[high]! - values[low]!);
}

/** The values, those that are not known replaced by what lies between their known neighbours. */
function bridged(times: Float64Array, values: readonly number[], isKnown: readonly boolean[]): Float64Array {
  const known = times.map((_, index) => index).filter((index) => isKnown[index]);
  const knownTimes = known.map((index) => times[index]!);
  const knownValues = known.map((index) => values[index]!);
  return times.map((time, index) =>
    isKnown[index] ? values[index]! : valueAt(knownTimes, knownValues, time),
  );
}

interface LineFits {
  readonly values: Float64Array;
  /** A second. */
  readonly slopes: Float64Array;
}

/** At each time the value and slope of the line that fits the samples around it best; weights fall off as a Gaussian. */
function localLines(
  times: Float64Array,
  values: Float64Array,
  weights: readonly number[],
  deviationSeconds: number,
): LineFits {
  const reachSeconds = 3 * deviationSeconds;
  const slopes = new Float64Array(times.length);
  let first = 0;
  const fitted = times.map((centre, index) => {
    while (times[first]! < centre - reachSeconds) first++;
    let [sum, sumT, sumTT, sumV, sumTV] = [0, 0, 0, 0, 0];
    for (let at = first; at < times.length && times[at]! <= centre + reachSeconds; at++) {
      const t = times[at]! - centre;
      const bell = deviationSeconds === 0 ? 1 : Math.exp(-0.5 * (t / deviationSeconds) ** 2);
      const weight = weights[at]! * bell;
      sum += weight;
      sumT += weight * t;
      sumTT += weight * t * t;
      sumV += weight * values[at]!;
      sumTV += weight * t * values[at]!;
    }
    const spread = sum * sumTT - sumT * sumT;
    // a single sample, or samples of one time, have a mean but no slope
    if (!(spread > 1e-9 * sum * sum * deviationSeconds * deviationSeconds)) return sumV / sum;
    slopes[index] = (sum * sumTV - sumT * sumV) / spread;
    return (sumTT * sumV - sumT * sumTV) / spread;
  });
  return { values: fitted, slopes };
}
