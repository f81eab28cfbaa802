/** @file Draws a trajectory for a motion: distances from how large the object should look, speeds from what it can do. */
import type { SeededRandom } from './seeded-random.js';
import type { MotionKind, Position, Trajectory } from './trajectory.js';
import type { Camera } from './visibility.js';

export interface TrajectoryWish {
  readonly motion: MotionKind;
  readonly widthMetres: number;
  readonly heightMetres: number;
  readonly metresPerSecond: readonly [low: number, high: number];
  readonly airborne: boolean;
  readonly durationSeconds: number;
  /** At its nearest the object takes a share of the picture's width between these; chosen to suit unless given. */
  readonly nearShares?: readonly [low: number, high: number];
}

/** A camera and a path that suit each other. */
export function planTrajectory(
  wish: TrajectoryWish,
  random: SeededRandom,
): { camera: Camera; trajectory: Trajectory } {
  const aspect = 4 / 3;
  const focalWidths = random.uniform(0.9, 1.25);
  // Nearest distance: the object then takes this share of the width, and at most 0.7 of the height.
  const suiting = wish.motion === 'bounce' ? ([0.07, 0.14] as const) : ([0.24, 0.58] as const);
  const share = random.uniform(...(wish.nearShares ?? suiting));
  const near = Math.max(
    0.7,
    (focalWidths * wish.widthMetres) / share,
    (focalWidths * wish.heightMetres * aspect) / 0.7,
  );
  const horizon = wish.airborne ? random.uniform(0.55, 0.75) : random.uniform(0.42, 0.55);
  const bottom = random.uniform(0.7, 0.92);
  const heightMetres = wish.airborne
    ? 1.6
    : Math.max(0.1, ((bottom - horizon) * near) / (focalWidths * aspect));
  const camera: Camera = { heightMetres, focalWidths, horizon, aspect };
  const altitude = wish.airborne
    ? heightMetres + ((horizon - random.uniform(0.2, 0.45)) * near) / (focalWidths * aspect)
    : 0;
  const halfWidth = (0.5 * near) / focalWidths; // metres from the middle to the picture's edge at the nearest distance
  const stage: Stage = {
    ...wish,
    near,
    altitude: Math.max(0, altitude),
    halfWidth,
    side: random.chance(0.5) ? 1 : -1,
  };
  return { camera, trajectory: pathOf(stage, random) };
}

interface Stage extends TrajectoryWish {
  readonly near: number;
  readonly altitude: number;
  readonly halfWidth: number;
  /** The side of the picture that the object comes from. */
  readonly side: 1 | -1;
}

function pathOf(stage: Stage, random: SeededRandom): Trajectory {
  switch (stage.motion) {
    case 'static':
      return {
        type: 'still',
        at: { x: stage.halfWidth * random.uniform(-0.55, 0.55), y: stage.altitude, z: stage.near },
      };
    case 'pass-by':
    case 'gait':
      return passBy(stage, random);
    case 'fly-over':
      return flyOver(stage, random);
    case 'circle':
      return circle(stage, random);
    case 'bounce':
      return bounce(stage, random);
    case 'approach-and-stop':
      return approach(stage, random);
    case 'recede':
      return recede(stage, random);
    case 'enter':
    case 'leave':
    case 'stop-and-go':
      return throughTheEdge(stage, random);
  }
}

type Speeds = Extract<Trajectory, { type: 'line' }>['speeds'];

function lineBetween(start: Position, end: Position, speeds: Speeds): Trajectory {
  const length = Math.hypot(end.x - start.x, end.y - start.y, end.z - start.z);
  const direction = {
    x: (end.x - start.x) / length,
    y: (end.y - start.y) / length,
    z: (end.z - start.z) / length,
  };
  return { type: 'line', start, direction, speeds };
}

/** A speed within what the object can do, near to what covers `metres` in a time that suits a clip. */
function speedFor(metres: number, stage: Stage, random: SeededRandom): number {
  const wanted = metres / (stage.durationSeconds * random.uniform(0.25, 0.8));
  const [low, high] = stage.metresPerSecond;
  return Math.min(high, Math.max(low, wanted));
}

function passBy(stage: Stage, random: SeededRandom): Trajectory {
  const speed = speedFor(2 * stage.halfWidth + stage.widthMetres, stage, random);
  const nearestSeconds = stage.durationSeconds * random.uniform(0.35, 0.65);
  // Slanted, but never so that it would come nearer than 40 % of the nearest distance within the clip.
  const mostSine = Math.min(0.35, (0.6 * stage.near) / (speed * stage.durationSeconds * 0.65));
  const sine = random.uniform(-mostSine, mostSine);
  const direction = { x: -stage.side * Math.sqrt(1 - sine * sine), y: 0, z: sine };
  const back = speed * nearestSeconds;
  return {
    type: 'line',
    start: { x: -direction.x * back, y: stage.altitude, z: stage.near - direction.z * back },
    direction,
    speeds: [{ timeSeconds: 0, metresPerSecond: speed }],
  };
}

/** From far ahead over the camera's head, and away behind it. */
function flyOver(stage: Stage, random: SeededRandom): Trajectory {
  const overheadSeconds = stage.durationSeconds * random.uniform(0.5, 0.8);
  const speed = speedFor(3 * stage.near, stage, random);
  const x = stage.halfWidth * random.uniform(-0.5, 0.5);
  return {
    type: 'line',
    start: { x, y: Math.max(stage.altitude, 0.35 * stage.near), z: speed * overheadSeconds },
    direction: { x: 0, y: 0, z: -1 },
    speeds: [{ timeSeconds: 0, metresPerSecond: speed }],
  };
}

function circle(stage: Stage, random: SeededRandom): Trajectory {
  const radiusMetres = stage.halfWidth * random.uniform(0.5, 1.1);
  const speed = speedFor(4 * radiusMetres, stage, random);
  return {
    type: 'circle',
    centre: { x: 0, y: stage.altitude, z: stage.near + radiusMetres },
    radiusMetres,
    radiansPerSecond: (stage.side * speed) / radiusMetres,
    startRadians: random.uniform(0, 2 * Math.PI),
  };
}

function bounce(stage: Stage, random: SeededRandom): Trajectory {
  const speed = random.uniform(0.1, Math.max(0.1, Math.min(stage.metresPerSecond[1], stage.halfWidth / 4)));
  return {
    type: 'bounce',
    start: {
      x: stage.side * stage.halfWidth * random.uniform(0.2, 0.8),
      y: random.uniform(0.7, 1.8),
      z: stage.near,
    },
    velocity: { x: -stage.side * speed, y: random.uniform(-1, 1), z: 0 },
    restitution: random.uniform(0.72, 0.9),
  };
}

/** From afar to the nearest distance, where it brakes and stays. */
function approach(stage: Stage, random: SeededRandom): Trajectory {
  const stopSeconds = stage.durationSeconds * random.uniform(0.4, 0.75);
  const brakeSeconds = 0.5 * stopSeconds;
  const farther = Math.min(4 * stage.near, 0.75 * stopSeconds * stage.metresPerSecond[1]);
  const end = { x: stage.halfWidth * random.uniform(-0.4, 0.4), y: stage.altitude, z: stage.near };
  const start = {
    x: end.x + stage.side * farther * random.uniform(0, 0.4),
    y: stage.altitude,
    z: stage.near + farther,
  };
  const metres = Math.hypot(end.x - start.x, end.z - start.z);
  const speed = metres / (brakeSeconds + 0.5 * (stopSeconds - brakeSeconds));
  return lineBetween(start, end, [
    { timeSeconds: brakeSeconds, metresPerSecond: speed },
    { timeSeconds: stopSeconds, metresPerSecond: 0 },
  ]);
}

/** Stands near, starts, and goes away into the distance. */
function recede(stage: Stage, random: SeededRandom): Trajectory {
  const startSeconds = stage.durationSeconds * random.uniform(0.05, 0.3);
  const speed = speedFor(5 * stage.near, stage, random);
  const start = { x: stage.halfWidth * random.uniform(-0.4, 0.4), y: stage.altitude, z: stage.near };
  const end = {
    x: start.x + stage.side * stage.near * random.uniform(0, 1),
    y: stage.altitude,
    z: 5 * stage.near,
  };
  return lineBetween(start, end, [
    { timeSeconds: startSeconds, metresPerSecond: 0 },
    { timeSeconds: startSeconds + 1.5, metresPerSecond: speed },
  ]);
}

/** Enters and stays; stands and leaves; or enters, stops, and leaves on the other side. */
function throughTheEdge(stage: Stage, random: SeededRandom): Trajectory {
  const D = stage.durationSeconds;
  const outside = stage.side * (stage.halfWidth + 0.6 * stage.widthMetres);
  const inside = stage.halfWidth * random.uniform(-0.35, 0.35);
  const y = stage.altitude;
  const z = stage.near;
  const metres = Math.abs(outside - inside);
  const speed = speedFor(metres, stage, random);
  const cruise = (seconds: number, from: number): Speeds => [
    { timeSeconds: from, metresPerSecond: speed },
    { timeSeconds: from + seconds, metresPerSecond: speed },
  ];
  if (stage.motion === 'leave') {
    const go = D * random.uniform(0.2, 0.5);
    return lineBetween({ x: inside, y, z }, { x: -outside, y, z }, [
      { timeSeconds: go, metresPerSecond: 0 },
      { timeSeconds: go + 0.6, metresPerSecond: speed },
    ]);
  }
  // Comes in at t = enter, brakes during the last 0.8 s, and stands at `inside`.
  const enter = D * random.uniform(0.05, 0.35);
  const cruiseSeconds = Math.max(0.1, metres / speed - 0.4);
  const start = { x: outside + stage.side * speed * enter, y, z };
  const stop = enter + cruiseSeconds + 0.8;
  const arriving: Speeds = [...cruise(cruiseSeconds, enter), { timeSeconds: stop, metresPerSecond: 0 }];
  if (stage.motion === 'enter') return lineBetween(start, { x: inside, y, z }, arriving);
  const go = stop + random.uniform(0.8, 2);
  return lineBetween(start, { x: inside, y, z }, [
    ...arriving,
    { timeSeconds: go, metresPerSecond: 0 },
    { timeSeconds: go + 0.8, metresPerSecond: speed },
  ]);
}
