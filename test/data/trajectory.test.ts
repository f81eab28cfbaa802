import { describe, expect, it } from 'vitest';
import {
  gravity,
  impactsOf,
  positionAt,
  type Trajectory,
  trajectorySchema,
} from '../../src/data/trajectory.js';
import { type Camera, coverage, isSeen, projectBox, visibleSpans } from '../../src/data/visibility.js';

const camera: Camera = { heightMetres: 1.6, focalWidths: 1, horizon: 0.5, aspect: 4 / 3 };

describe('positionAt', () => {
  it('integrates a speed that changes linearly', () => {
    const braking: Trajectory = {
      type: 'line',
      start: { x: 0, y: 0, z: 5 },
      direction: { x: 1, y: 0, z: 0 },
      speeds: [
        { timeSeconds: 2, metresPerSecond: 10 },
        { timeSeconds: 4, metresPerSecond: 0 },
      ],
    };
    expect(positionAt(braking, 0).x).toBe(0);
    expect(positionAt(braking, 2).x).toBeCloseTo(20, 9);
    expect(positionAt(braking, 3).x).toBeCloseTo(27.5, 9);
    expect(positionAt(braking, 4).x).toBeCloseTo(30, 9);
    expect(positionAt(braking, 9).x).toBeCloseTo(30, 9);
    expect(positionAt(braking, -1).x).toBeCloseTo(-10, 9); // sound of before the clip is still on its way
  });

  it('keeps a circle at its radius', () => {
    const circle: Trajectory = {
      type: 'circle',
      centre: { x: 3, y: 20, z: 60 },
      radiusMetres: 25,
      radiansPerSecond: 0.7,
      startRadians: 1,
    };
    for (let time = 0; time < 10; time += 0.37) {
      const at = positionAt(circle, time);
      expect(Math.hypot(at.x - 3, at.z - 60)).toBeCloseTo(25, 9);
      expect(at.y).toBe(20);
    }
  });
});

describe('a bounce', () => {
  const ball: Extract<Trajectory, { type: 'bounce' }> = {
    type: 'bounce',
    start: { x: 0, y: 2, z: 3 },
    velocity: { x: 0.5, y: 0, z: 0 },
    restitution: 0.7,
  };

  it('lands when the fall from its height says, then by the restitution', () => {
    const impacts = impactsOf(ball);
    const fall = Math.sqrt((2 * 2) / gravity);
    expect(impacts[0]!.timeSeconds).toBeCloseTo(fall, 9);
    expect(impacts[0]!.metresPerSecond).toBeCloseTo(gravity * fall, 9);
    // Each flight after the first lasts restitution times the one before; the first is half a flight.
    expect(impacts[1]!.timeSeconds - impacts[0]!.timeSeconds).toBeCloseTo(2 * 0.7 * fall, 9);
    expect(impacts[2]!.timeSeconds - impacts[1]!.timeSeconds).toBeCloseTo(2 * 0.49 * fall, 9);
  });

  it('touches the ground at its impacts and nowhere goes below', () => {
    for (const { timeSeconds } of impactsOf(ball)) expect(positionAt(ball, timeSeconds).y).toBeCloseTo(0, 9);
    for (let time = 0; time < 12; time += 0.013) expect(positionAt(ball, time).y).toBeGreaterThanOrEqual(0);
    expect(positionAt(ball, 12).y).toBe(0);
  });
});

describe('trajectorySchema', () => {
  it('refuses what is not a trajectory', () => {
    expect(trajectorySchema.safeParse({ type: 'still', at: { x: 0, y: 0 } }).success).toBe(false);
    expect(trajectorySchema.safeParse({ type: 'teleport' }).success).toBe(false);
  });
});

describe('visibility', () => {
  it('projects by the pinhole formula', () => {
    const box = projectBox({ x: 2, y: 0, z: 8 }, 4, 1.6, camera)!;
    expect(box.left).toBeCloseTo(0.5, 9); // (2 - 2) / 8
    expect(box.right).toBeCloseTo(1, 9); // (2 + 2) / 8
    expect(box.bottom).toBeCloseTo(0.5 + (1.6 / 8) * (4 / 3), 9);
    expect(box.top).toBeCloseTo(0.5, 9); // as high as the eye: on the horizon
    expect(projectBox({ x: 0, y: 0, z: -3 }, 1, 1, camera)).toBeNull();
  });

  it('counts what is inside the picture', () => {
    expect(coverage({ left: -0.1, right: 0.1, top: 0.5, bottom: 0.7 })).toEqual({
      area: expect.closeTo(0.02, 9) as number,
      insideShare: expect.closeTo(0.5, 9) as number,
    });
    expect(coverage({ left: 1.1, right: 1.4, top: 0, bottom: 1 })).toEqual({ area: 0, insideShare: 0 });
    expect(isSeen(null)).toBe(false);
  });

  it('gives the spans in which the projected box is seen', () => {
    const pass: Trajectory = {
      type: 'line',
      start: { x: -20, y: 0, z: 8 },
      direction: { x: 1, y: 0, z: 0 },
      speeds: [{ timeSeconds: 0, metresPerSecond: 4 }],
    };
    const spans = visibleSpans(pass, 4, 1.5, camera, 10);
    expect(spans).toHaveLength(1);
    // Seen while 30 % of the 4 m lie within the 8 m that the picture is wide at 8 m: middle from -4.8 to 4.8 m.
    expect(spans[0]!.startSeconds).toBeCloseTo((20 - 4.8) / 4, 1);
    expect(spans[0]!.endSeconds).toBeCloseTo((20 + 4.8) / 4, 1);
    for (let step = 0; step < 1000; step++) {
      const seen = isSeen(projectBox(positionAt(pass, step / 100), 4, 1.5, camera));
      const inside = spans.some((span) => step / 100 >= span.startSeconds && step / 100 < span.endSeconds);
      expect(inside).toBe(seen);
    }
  });
});
