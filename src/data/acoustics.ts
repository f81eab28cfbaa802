/** @file What a listener hears of a moving point source: travel time (Doppler), 1/r gain, air absorption, panning. */
import { FoleyError } from '../errors/foley-error.js';
import {
  distanceBetween,
  type Position,
  positionAt,
  radialVelocityAt,
  type Trajectory,
} from './trajectory.js';

/** Speed of sound in air at 20 degrees, m/s. */
export const speedOfSound = 343;

export interface ListeningOptions {
  readonly sampleRateHz: number;
  readonly listener: Position;
  /** The source sits this far above the lower edge of the object. */
  readonly sourceHeightMetres: number;
  /** At this distance and nearer the gain is 1. */
  readonly referenceMetres: number;
  /** Amplitude of the copy reflected by the ground; 0 for none. */
  readonly groundReflection: number;
}

/** Truth at 100 Hz: value k belongs to time k * stepSeconds of the listener's clock. */
export interface AcousticTruth {
  readonly stepSeconds: number;
  /** Linear, of the direct sound. */
  readonly gain: Float32Array;
  /** m/s at the time of emission; positive while going away. */
  readonly radialVelocity: Float32Array;
  /** -1 (left) to 1 (right). */
  readonly pan: Float32Array;
}

export interface HeardSound {
  /** Before panning, what a mono model learns. */
  readonly mono: Float32Array;
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly truth: AcousticTruth;
}

/** The dry source at a time in seconds (not rounded to samples); must be defined before 0 for the travel time. */
export type DrySource = (timeSeconds: number) => number;

/**
 * When the sound that arrives at `timeSeconds` left the source: te = t - |p(te)|/c by fixed-point iteration, which
 * converges because objects are slower than sound.
 * @throws FoleyError `usage` for a source that is not
 */
export function emissionTime(
  trajectory: Trajectory,
  timeSeconds: number,
  listener: Position,
  lift: number,
): number {
  let emission = timeSeconds - sourceDistance(trajectory, timeSeconds, listener, lift) / speedOfSound;
  for (let step = 0; step < 200; step++) {
    const next = timeSeconds - sourceDistance(trajectory, emission, listener, lift) / speedOfSound;
    const isSettled = Math.abs(next - emission) < 1e-10;
    emission = next;
    if (isSettled) return emission;
  }
  throw new FoleyError('usage', 'the source of a scene moves as fast as sound or faster');
}

function sourceDistance(
  trajectory: Trajectory,
  timeSeconds: number,
  listener: Position,
  lift: number,
): number {
  const at = positionAt(trajectory, timeSeconds);
  return distanceBetween({ x: at.x, y: at.y + lift, z: at.z }, listener);
}

/** f'/f of a source that recedes with `radialVelocity` (m/s) from a listener at rest. */
export function dopplerFactor(radialVelocity: number): number {
  return 1 / (1 + radialVelocity / speedOfSound);
}

/** Inverse distance, 1 within the reference distance. */
export function distanceGain(distanceMetres: number, referenceMetres: number): number {
  return referenceMetres / Math.max(distanceMetres, referenceMetres);
}

/** Cut-off of the one-pole low-pass that stands for air absorption, Hz: 24 kHz near, falling with distance. */
export function airCutoffHz(distanceMetres: number): number {
  return 24000 / (1 + distanceMetres / 25);
}

/** -1 (left) to 1 (right): the sine of the azimuth, so that a source behind pans as one in front. */
export function panOf(at: Position, listener: Position): number {
  const x = at.x - listener.x;
  const flat = Math.hypot(x, at.z - listener.z);
  return flat < 1e-6 ? 0 : x / flat;
}

/** Gains of left and right whose squares sum to 1. */
export function equalPowerPan(pan: number): { readonly left: number; readonly right: number } {
  const angle = ((pan + 1) * Math.PI) / 4;
  return { left: Math.cos(angle), right: Math.sin(angle) };
}

/** What is heard for `sampleCount` samples. Geometry is solved each millisecond and interpolated between. */
export function hearMovingSource(
  source: DrySource,
  trajectory: Trajectory,
  sampleCount: number,
  options: ListeningOptions,
): HeardSound {
  const { sampleRateHz, listener } = options;
  const block = Math.max(1, Math.round(sampleRateHz / 1000));
  const points = Math.ceil(sampleCount / block) + 1;
  const direct = solvePath(trajectory, points, block / sampleRateHz, options, 1);
  const mono = new Float32Array(sampleCount);
  addPath(mono, source, direct, block, sampleRateHz, 1);
  if (options.groundReflection > 0) {
    const reflected = solvePath(trajectory, points, block / sampleRateHz, options, -1);
    addPath(mono, source, reflected, block, sampleRateHz, options.groundReflection);
  }
  const left = new Float32Array(sampleCount);
  const right = new Float32Array(sampleCount);
  for (let index = 0; index < sampleCount; index++) {
    const gains = equalPowerPan(interpolate(direct.pan, index / block));
    left[index] = mono[index]! * gains.left;
    right[index] = mono[index]! * gains.right;
  }
  return {
    mono,
    left,
    right,
    truth: truthOf(trajectory, direct, sampleCount / sampleRateHz, block / sampleRateHz, listener),
  };
}

/** Geometry of one path to the listener at regular times. */
interface Path {
  readonly emissionSeconds: Float64Array;
  readonly gain: Float64Array;
  readonly cutoffHz: Float64Array;
  readonly pan: Float64Array;
}

/** `side` 1 for the direct path, -1 for the mirror image below the ground. */
function solvePath(
  trajectory: Trajectory,
  points: number,
  stepSeconds: number,
  options: ListeningOptions,
  side: 1 | -1,
): Path {
  const path: Path = {
    emissionSeconds: new Float64Array(points),
    gain: new Float64Array(points),
    cutoffHz: new Float64Array(points),
    pan: new Float64Array(points),
  };
  // A mirrored source is the same as a mirrored listener: its height below the ground.
  const listener = { ...options.listener, y: side * options.listener.y };
  for (let point = 0; point < points; point++) {
    const emission = emissionTime(trajectory, point * stepSeconds, listener, options.sourceHeightMetres);
    const at = positionAt(trajectory, emission);
    const distance = distanceBetween({ ...at, y: at.y + options.sourceHeightMetres }, listener);
    path.emissionSeconds[point] = emission;
    path.gain[point] = distanceGain(distance, options.referenceMetres);
    path.cutoffHz[point] = airCutoffHz(distance);
    path.pan[point] = panOf(at, listener);
  }
  return path;
}

function addPath(
  out: Float32Array,
  source: DrySource,
  path: Path,
  block: number,
  sampleRateHz: number,
  amplitude: number,
): void {
  let state = 0;
  for (let index = 0; index < out.length; index++) {
    const at = index / block;
    const value = source(interpolate(path.emissionSeconds, at)) * interpolate(path.gain, at);
    const pole = Math.exp((-2 * Math.PI * path.cutoffHz[Math.floor(at)]!) / sampleRateHz);
    state = value + pole * (state - value);
    out[index]! += amplitude * state;
  }
}

function interpolate(values: Float64Array, at: number): number {
  const base = Math.floor(at);
  const low = values[base]!;
  return low + (at - base) * ((values[base + 1] ?? low) - low);
}

function truthOf(
  trajectory: Trajectory,
  path: Path,
  durationSeconds: number,
  pathStepSeconds: number,
  listener: Position,
): AcousticTruth {
  const stepSeconds = 0.01;
  const length = Math.ceil(durationSeconds / stepSeconds);
  const at = (values: Float64Array, index: number): number =>
    interpolate(values, Math.min((index * stepSeconds) / pathStepSeconds, values.length - 1));
  return {
    stepSeconds,
    gain: Float32Array.from({ length }, (_, index) => at(path.gain, index)),
    radialVelocity: Float32Array.from({ length }, (_, index) =>
      radialVelocityAt(trajectory, at(path.emissionSeconds, index), listener),
    ),
    pan: Float32Array.from({ length }, (_, index) => at(path.pan, index)),
  };
}
