import { describe, expect, it } from 'vitest';
import { motionCurveSchema } from '../../src/conditions/motion-curve.js';

describe('a motion in a file', () => {
  const good = { timesSeconds: [0, 1], presence: [1, 0.5], size: [0.1, 0.2], position: [-1, 1] };
  it('is taken as it is', () => {
    expect(motionCurveSchema.parse(good)).toEqual(good);
    const withHeight = { ...good, height: [0, 0.5] };
    expect(motionCurveSchema.parse(withHeight)).toEqual(withHeight);
  });
  it.each([
    ['a missing list', { timesSeconds: [0, 1], presence: [1, 1], size: [0.1, 0.2] }],
    ['uneven lists', { ...good, size: [0.1] }],
    ['times that do not ascend', { ...good, timesSeconds: [1, 1] }],
    ['a size above the whole picture', { ...good, size: [0.1, 1.2] }],
    ['a place outside', { ...good, position: [0, -1.1] }],
    ['uneven heights', { ...good, height: [0] }],
    ['a height outside', { ...good, height: [0, 1.1] }],
    ['no times', { timesSeconds: [], presence: [], size: [], position: [] }],
    ['a field of another name', { ...good, speed: [0, 0] }],
  ])('is refused with %s', (_, curve) => {
    expect(motionCurveSchema.safeParse(curve).success).toBe(false);
  });
});
