/** @file The motion that follows from how a thing is seen: distance, level, pan and radial speed, within the picture and past it. */
import type { MotionCurve } from './motion-curve.js';
import { valueAt } from './sampled-curve.js';
import { fitStraightWay, type Look, type StraightWay, unexplained } from './straight-way.js';

/** What is assumed of the camera, and of how things move. */
export interface MotionSettings {
  /** Tangent of half the horizontal field of view; 0.5 is 53 degrees. */
  readonly halfViewTangent: number;
  /**
   * Within such windows (standard deviations) the way may be taken for straight and even: the widest that explains what is
   * seen nearly as well as the best.
   */
  readonly windowsSeconds: readonly number[];
  /** Where it is seen less surely than this, place and size say nothing. */
  readonly leastPresence: number;
  /** Whether what comes nearer while it leaves the picture goes on past the camera; else it stays where it was. */
  readonly passesCamera: boolean;
}

export const defaultMotionSettings: MotionSettings = {
  halfViewTangent: 0.5,
  windowsSeconds: [4, 2, 1, 0.5],
  leastPresence: 0.6,
  passesCamera: false,
};

/** A smooth motion. Between its times values are interpolated, outside they are held. */
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
 * 1 / (2 tan(fov / 2) sqrt(s)) of its sizes deep in it. Around each time the straight and even way is fitted that explains
 * best where it is seen and how large (straight-way.ts); looks count by their presence, and for little where the picture's
 * edge cuts the thing off. Before it is seen first and after it is seen last it keeps its velocity; where that would bring
 * it nearer than it was seen, it passes the camera, or stays (`passesCamera`).
 * @returns null when it is seen nowhere
 */
export function motionPath(
  curve: MotionCurve,
  settings: MotionSettings = defaultMotionSettings,
): MotionPath | null {
  const looks = looksOf(curve, settings);
  if (looks.length === 0) return null;
  const seen = motionsSeen(looks, settings.windowsSeconds);
  const timesSeconds = pathTimes(curve.timesSeconds);
  const motions = Array.from(timesSeconds, (time) => motionAt(seen, time, settings));
  const distances = motions.map(({ x, y, z }) => Math.hypot(x, y, z));
  const nearest = distances.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  return {
    timesSeconds,
    distance: Float64Array.from(distances, (distance) => distance / nearest),
    radialSpeed: Float64Array.from(motions, ({ x, z, xSpeed, zSpeed }, index) =>
      settled((x * xSpeed + z * zSpeed) / distances[index]! / nearest),
    ),
    bearing: Float64Array.from(motions, ({ x, z }) => Math.atan2(x, z)),
    nearestSizes: nearest,
  };
}

/** Height of a picture by its width. */
const pictureHeight = 0.75;

function looksOf(curve: MotionCurve, { halfViewTangent, leastPresence }: MotionSettings): Look[] {
  return curve.timesSeconds.flatMap((timeSeconds, index): Look[] => {
    const [presence, size, position] = [curve.presence[index]!, curve.size[index]!, curve.position[index]!];
    if (presence < leastPresence || size === 0) return [];
    const height = curve.height?.[index] ?? null;
    return [
      {
        timeSeconds,
        side: position * halfViewTangent,
        height: height === null ? null : height * halfViewTangent * pictureHeight,
        logDepth: -Math.log(2 * halfViewTangent * Math.sqrt(size)),
        weight: presence,
        wholeWide: wholeness(position, halfWidth * Math.sqrt(size)),
        wholeHigh: wholeness(height ?? 0, halfHeight * Math.sqrt(size)),
      },
    ];
  });
}

/** Half of a thing's width and height by the root of its area, in halves of the picture: things are rather wide than high. */
const halfWidth = 1.2;
const halfHeight = 0.7;
/** A thing cut off by the picture's edge still says where it is, but not how large. */
const leastWholeness = 0.05;
const roomForDoubt = 0.15;

/** 1 for a thing that is in the picture as a whole, falling to `leastWholeness` where its middle is half of it from the edge. */
function wholeness(place: number, half: number): number {
  const room = 1 - Math.abs(place) - half;
  return Math.max(leastWholeness, Math.min(1, 1 + room / roomForDoubt));
}

/**
 * Where the thing is and how it moves, in its sizes and a second: x to the right, z away from the camera, and y above or
 * below the line of sight, which does not change.
 */
interface Motion {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly xSpeed: number;
  readonly zSpeed: number;
  /** Else y is 0. */
  readonly isHeightKnown: boolean;
}

/** Motions at times from the first look to the last one, evenly spread. */
interface SeenMotions {
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  readonly motions: readonly Motion[];
}

/** A wider window is as good as the best one when it leaves less than this times as much unexplained. */
const favour = 1.3;
/** What looks so near to each other say wrongly is wrong in the same way. */
const alikeSeconds = 0.35;
/** Deviations squared: one look in which something else was taken for the thing decides nothing. */
const mostError = 9;
/** Ways so far from each other, by the window within which they were fitted, differ by little. */
const spacing = 0.1;

function motionsSeen(looks: readonly Look[], windowsSeconds: readonly number[]): SeenMotions {
  const left = windowsSeconds.map((window) => unexplained(looks, window, alikeSeconds, mostError));
  const least = left.reduce((a, b) => Math.min(a, b));
  const chosen = Math.max(
    0,
    left.findIndex((value) => value <= favour * least),
  );
  const [firstSeconds, lastSeconds] = [looks[0]!.timeSeconds, looks.at(-1)!.timeSeconds];
  const steps = stepCount(lastSeconds - firstSeconds, spacing * windowsSeconds[chosen]!);
  const windows = windowsSeconds.slice(0, chosen + 1).reverse();
  const motions = Array.from({ length: steps + 1 }, (_, step) => {
    const share = steps === 0 ? 0 : step / steps;
    return motionOf(wayAt(looks, firstSeconds + share * (lastSeconds - firstSeconds), windows));
  });
  return { firstSeconds, lastSeconds, motions };
}

/** Steps of about a length; longer ones where a curve spans hours, and what it asks for must end. */
function stepCount(spanSeconds: number, aboutSeconds: number): number {
  return Math.min(mostSteps, Math.ceil(spanSeconds / aboutSeconds));
}
const mostSteps = 20_000;

/** Less support than one look at the very time, and a wider window is asked. */
const leastSupport = 1;

/** @param windowsSeconds ascending; beyond the widest all looks count alike */
function wayAt(looks: readonly Look[], seconds: number, windowsSeconds: readonly number[]): StraightWay {
  for (const window of windowsSeconds) {
    const way = fitStraightWay(looks, seconds, window);
    if (way !== null && way.support >= leastSupport) return way;
  }
  return fitStraightWay(looks, seconds, Number.POSITIVE_INFINITY)!;
}

function motionOf({ depth, side, height, depthRate, sideRate }: StraightWay): Motion {
  return {
    x: depth * side,
    y: depth * (height ?? 0),
    z: depth,
    xSpeed: depth * sideRate,
    zSpeed: depth * depthRate,
    isHeightKnown: height !== null,
  };
}

/** The motion at a time of the clip. */
function motionAt(
  { firstSeconds, lastSeconds, motions }: SeenMotions,
  seconds: number,
  { halfViewTangent, passesCamera }: MotionSettings,
): Motion {
  const edge = Math.min(lastSeconds, Math.max(firstSeconds, seconds));
  const seen = motionBetween(
    motions,
    lastSeconds === firstSeconds ? 0 : (edge - firstSeconds) / (lastSeconds - firstSeconds),
  );
  const after = seconds - edge;
  if (after === 0) return seen;
  if (!comesNearer(seen, after)) return carriedOn(seen, after);
  return passesCamera ? pastTheCamera(seen, after, halfViewTangent) : { ...seen, xSpeed: 0, zSpeed: 0 };
}

/** @param share 0 for the first motion, 1 for the last one */
function motionBetween(motions: readonly Motion[], share: number): Motion {
  const place = share * (motions.length - 1);
  const before = Math.min(motions.length - 1, Math.floor(place));
  const [a, b] = [motions[before]!, motions[Math.min(motions.length - 1, before + 1)]!];
  const part = place - before;
  const between = (from: number, to: number): number => from + part * (to - from);
  return {
    x: between(a.x, b.x),
    y: between(a.y, b.y),
    z: between(a.z, b.z),
    xSpeed: between(a.xSpeed, b.xSpeed),
    zSpeed: between(a.zSpeed, b.zSpeed),
    isHeightKnown: a.isHeightKnown,
  };
}

/** The way between the curve's times is told so often: what leaves the picture is seen no more, but moves on. */
const stepSeconds = 0.1;

/** The curve's times, and even steps from its first to its last one. */
function pathTimes(timesSeconds: readonly number[]): Float64Array {
  const [first, last] = [timesSeconds[0]!, timesSeconds.at(-1)!];
  const steps = stepCount(last - first, stepSeconds);
  const even = Array.from({ length: steps }, (_, step) => first + (step * (last - first)) / steps);
  return Float64Array.from(new Set([...timesSeconds, ...even])).sort();
}

/** Whether it comes nearer as time goes on (or back, where `seconds` are negative). */
function comesNearer({ x, z, xSpeed, zSpeed }: Motion, seconds: number): boolean {
  return (x * xSpeed + z * zSpeed) * seconds <= 0;
}

/** The motion some seconds later (or earlier), in a straight line. */
function carriedOn(motion: Motion, seconds: number): Motion {
  const { x, z, xSpeed, zSpeed } = motion;
  return { ...motion, x: x + xSpeed * seconds, z: z + zSpeed * seconds };
}

/** What passes the camera does so at no less than this share of where the picture's edge is. */
const leastPass = 0.5;

/**
 * The motion carried on past the camera. What comes nearer until it is out of the picture went over its edge, so it is
 * about as far from the line of sight as the edge is; how far it was when last seen stays as it was.
 */
function pastTheCamera(motion: Motion, seconds: number, halfViewTangent: number): Motion {
  const { x, z, xSpeed, zSpeed, isHeightKnown } = motion;
  const edge = pictureHeight * halfViewTangent * z;
  const least = Math.sqrt(Math.max(0, ((isHeightKnown ? leastPass : 1) * edge) ** 2 - x * x));
  const y = Math.max(Math.abs(motion.y), least);
  const scale = Math.hypot(x, motion.y, z) / Math.hypot(x, y, z);
  const scaled = { x: scale * x, y: scale * y, z: scale * z, xSpeed: scale * xSpeed, zSpeed: scale * zSpeed };
  return carriedOn({ ...motion, ...scaled }, seconds);
}

/** Rounding is no movement: what stands still does so exactly. */
function settled(speed: number): number {
  return Math.abs(speed) < 1e-9 ? 0 : speed;
}

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
