/** @file Where a moving object is at a time: paths in metres before a camera at the origin (x right, y up, z ahead). */
import { z } from 'zod';

/** Metres; y is the height of the object's lower edge above the ground. */
export interface Position {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** A place in the scene. The eye is above x = z = 0. */
const position = z.strictObject({ x: z.number(), y: z.number(), z: z.number() });

/** What a person would call the motion; scores are given by it. */
export const motionKinds = [
  ...['pass-by', 'approach-and-stop', 'recede', 'circle', 'fly-over', 'bounce', 'gait', 'enter', 'leave'],
  ...['stop-and-go', 'static'],
] as const;
export type MotionKind = (typeof motionKinds)[number];

/** A straight line at a speed that changes linearly between given times, and is constant before and after them. */
const line = z.strictObject({
  type: z.literal('line'),
  /** Where the object is at time 0. */
  start: position,
  /** Unit vector. */
  direction: position,
  speeds: z
    .array(z.strictObject({ timeSeconds: z.number(), metresPerSecond: z.number().min(0).max(300) }))
    .min(1),
});
/** A horizontal circle at constant speed. */
const circle = z.strictObject({
  type: z.literal('circle'),
  centre: position,
  radiusMetres: z.number().positive(),
  radiansPerSecond: z.number(),
  startRadians: z.number(),
});
/** A ball thrown with a horizontal velocity: it falls, rebounds with `restitution`, and rests. */
const bounce = z.strictObject({
  type: z.literal('bounce'),
  /** Where it is let go at time 0; y is the height of its lowest point. */
  start: position,
  velocity: position,
  restitution: z.number().min(0).max(0.95),
});
const still = z.strictObject({ type: z.literal('still'), at: position });

export const trajectorySchema = z.discriminatedUnion('type', [line, circle, bounce, still]);
export type Trajectory = z.infer<typeof trajectorySchema>;

/** Gravity on Earth, m/s2. */
export const gravity = 9.81;
/** Below this upward speed a ball stays down. */
const restingSpeed = 0.35;

/** The position at a time. Pure: any time may be asked in any order. */
export function positionAt(trajectory: Trajectory, timeSeconds: number): Position {
  switch (trajectory.type) {
    case 'still':
      return trajectory.at;
    case 'circle': {
      const angle = trajectory.startRadians + trajectory.radiansPerSecond * timeSeconds;
      const { centre, radiusMetres } = trajectory;
      return {
        x: centre.x + radiusMetres * Math.cos(angle),
        y: centre.y,
        z: centre.z + radiusMetres * Math.sin(angle),
      };
    }
    case 'line': {
      const { start, direction, speeds } = trajectory;
      const distance = distanceTravelled(speeds, timeSeconds);
      return {
        x: start.x + direction.x * distance,
        y: start.y + direction.y * distance,
        z: start.z + direction.z * distance,
      };
    }
    case 'bounce':
      return bouncePosition(trajectory, timeSeconds);
  }
}

/** Speed towards growing distance from a listener, m/s (negative while approaching), by central difference over 2 ms. */
export function radialVelocityAt(trajectory: Trajectory, timeSeconds: number, listener: Position): number {
  const step = 1e-3;
  const before = distanceBetween(positionAt(trajectory, timeSeconds - step), listener);
  const after = distanceBetween(positionAt(trajectory, timeSeconds + step), listener);
  return (after - before) / (2 * step);
}

export function distanceBetween(a: Position, b: Position): number {
  return Math.hypot(a.x - b.x, a.y - b.y, a.z - b.z);
}

/** Integral of a piecewise-linear speed from 0 to a time (negative for times before 0), in metres. */
function distanceTravelled(
  speeds: readonly { readonly timeSeconds: number; readonly metresPerSecond: number }[],
  timeSeconds: number,
): number {
  return integralTo(speeds, timeSeconds) - integralTo(speeds, 0);
}

function integralTo(
  speeds: readonly { readonly timeSeconds: number; readonly metresPerSecond: number }[],
  timeSeconds: number,
): number {
  const first = speeds[0]!;
  if (timeSeconds <= first.timeSeconds) return (timeSeconds - first.timeSeconds) * first.metresPerSecond;
  let total = 0;
  for (let index = 0; index < speeds.length; index++) {
    const from = speeds[index]!;
    const to = speeds[index + 1];
    if (to === undefined) return total + (timeSeconds - from.timeSeconds) * from.metresPerSecond;
    const length = to.timeSeconds - from.timeSeconds;
    const part = Math.min(timeSeconds, to.timeSeconds) - from.timeSeconds;
    const endSpeed = from.metresPerSecond + ((to.metresPerSecond - from.metresPerSecond) * part) / length;
    total += (part * (from.metresPerSecond + endSpeed)) / 2;
    if (timeSeconds <= to.timeSeconds) return total;
  }
  return total;
}

/** One flight of a ball: from the ground (or the hand) until it lands. */
interface Flight {
  readonly startSeconds: number;
  readonly landsSeconds: number;
  readonly startHeight: number;
  readonly upSpeed: number;
}

function flightsOf(trajectory: Extract<Trajectory, { type: 'bounce' }>): Flight[] {
  const { start, velocity, restitution } = trajectory;
  const land = (height: number, up: number): number =>
    (up + Math.sqrt(up * up + 2 * gravity * height)) / gravity;
  const flights: Flight[] = [];
  let startSeconds = 0;
  let startHeight = start.y;
  let upSpeed = velocity.y;
  while (flights.length < 200) {
    const airSeconds = land(startHeight, upSpeed);
    flights.push({ startSeconds, landsSeconds: startSeconds + airSeconds, startHeight, upSpeed });
    startSeconds += airSeconds;
    upSpeed = restitution * (gravity * airSeconds - upSpeed);
    startHeight = 0;
    if (upSpeed < restingSpeed) break;
  }
  return flights;
}

function bouncePosition(trajectory: Extract<Trajectory, { type: 'bounce' }>, timeSeconds: number): Position {
  const flights = flightsOf(trajectory);
  const flight = flights.find((candidate) => timeSeconds < candidate.landsSeconds);
  const rollingSeconds = Math.min(Math.max(0, timeSeconds), flights.at(-1)!.landsSeconds + 0.5);
  const x = trajectory.start.x + trajectory.velocity.x * rollingSeconds;
  const z = trajectory.start.z + trajectory.velocity.z * rollingSeconds;
  if (flight === undefined) return { x, y: 0, z };
  const t = Math.max(0, timeSeconds - flight.startSeconds);
  return { x, y: Math.max(0, flight.startHeight + flight.upSpeed * t - 0.5 * gravity * t * t), z };
}

/** When a ball touches the ground, with the speed it lands with (m/s), which decides how loud it is. */
export function impactsOf(
  trajectory: Extract<Trajectory, { type: 'bounce' }>,
): { readonly timeSeconds: number; readonly metresPerSecond: number }[] {
  return flightsOf(trajectory).map((flight) => ({
    timeSeconds: flight.landsSeconds,
    metresPerSecond: gravity * (flight.landsSeconds - flight.startSeconds) - flight.upSpeed,
  }));
}

/** The nearest that the object comes to the ear during the clip, at least 0.5 m. */
export function nearestMetres(trajectory: Trajectory, earMetres: number, durationSeconds: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (let step = 0; step <= durationSeconds * 50; step++) {
    nearest = Math.min(
      nearest,
      distanceBetween(positionAt(trajectory, step / 50), { x: 0, y: earMetres, z: 0 }),
    );
  }
  return Math.max(0.5, nearest);
}
