import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fitStraightWay,
  type Look,
  type StraightWay,
  unexplained,
} from '../../src/conditions/straight-way.js';

const times = Array.from({ length: 21 }, (_, index) => index / 10);

interface Truth {
  readonly depth: number;
  readonly side: number;
  readonly height: number;
  readonly horizon: number;
  readonly depthRate: number;
  readonly sideRate: number;
}

/** What is seen, from 0 to 2 s, of a thing that is at `truth` at 1 s. */
function looksOf(truth: Truth, change: (look: Look, index: number) => Partial<Look> = () => ({})): Look[] {
  return times.map((timeSeconds, index) => {
    const seconds = timeSeconds - 1;
    const d = 1 + truth.depthRate * seconds;
    const look: Look = {
      timeSeconds,
      side: (truth.side + truth.sideRate * seconds) / d,
      height: truth.horizon + truth.height / d,
      logDepth: Math.log(truth.depth * d),
      weight: 1,
      wholeWide: 1,
      wholeHigh: 1,
    };
    return { ...look, ...change(look, index) };
  });
}

const truths = fc.record<Truth>({
  depth: fc.double({ min: 1, max: 100, noNaN: true }),
  side: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
  height: fc.double({ min: -0.3, max: 0.3, noNaN: true }),
  horizon: fc.double({ min: -0.15, max: 0.15, noNaN: true }),
  depthRate: fc.double({ min: -0.6, max: 0.6, noNaN: true }),
  sideRate: fc.double({ min: -1, max: 1, noNaN: true }),
});

const fitted = (looks: readonly Look[], window = 4): StraightWay => {
  const way = fitStraightWay(looks, 1, window);
  expect(way).not.toBeNull();
  return way!;
};

describe('a straight way', () => {
  it('is found again from what is seen of it', () => {
    fc.assert(
      fc.property(truths, (truth) => {
        const way = fitted(looksOf(truth));
        // what is likely before any look draws it a little towards standing still at the middle
        expect(Math.abs(way.depthRate - truth.depthRate)).toBeLessThan(0.05);
        expect(Math.abs(way.sideRate - truth.sideRate)).toBeLessThan(0.03);
        expect(Math.abs(way.side - truth.side)).toBeLessThan(0.01);
        expect(Math.abs(way.horizon + way.height! - truth.horizon - truth.height)).toBeLessThan(0.01);
        expect(way.depth / truth.depth).toBeCloseTo(1, 1);
      }),
    );
  });
  it('knows from heights how fast it comes where sizes do not tell', () => {
    const truth = { depth: 10, side: 0.1, height: 0.15, horizon: -0.05, depthRate: -0.6, sideRate: -0.06 };
    const cut = (isTold: boolean) =>
      fitted(
        looksOf(truth, ({ height }) => ({
          logDepth: Math.log(10), // it seems as large as ever ...
          wholeHigh: 0.3, // ... since the edge cuts it off
          height: isTold ? height : null,
        })),
      );
    expect(cut(true).depthRate).toBeLessThan(-0.35);
    expect(cut(false).depthRate).toBeGreaterThan(-0.2);
    expect(cut(false).height).toBeNull();
  });
  it('turns around in a mirror', () => {
    fc.assert(
      fc.property(truths, (truth) => {
        const way = fitted(looksOf(truth));
        const mirrored = fitted(looksOf(truth, ({ side }) => ({ side: -side })));
        expect(mirrored.side).toBeCloseTo(-way.side, 9);
        expect(mirrored.sideRate).toBeCloseTo(-way.sideRate, 9);
        expect(mirrored.depthRate).toBeCloseTo(way.depthRate, 9);
      }),
    );
  });
  it('rests on the looks within its window, the nearer the more, and needs one', () => {
    const looks = looksOf({ depth: 5, side: 0, height: 0, horizon: 0, depthRate: 0, sideRate: 0 });
    expect(fitted(looks, Number.POSITIVE_INFINITY).support).toBeCloseTo(21, 6);
    expect(fitted(looks, 0.05).support).toBeLessThan(1.5);
    expect(fitStraightWay(looks, 9, 1)).toBeNull();
    expect(fitStraightWay(looks, 1, 4, 2)).toBeNull();
    expect(fitted(looks.slice(10, 11))).toMatchObject({
      depth: expect.closeTo(5, 9),
      depthRate: 0,
      sideRate: 0,
    });
  });
});

describe('what a window leaves unexplained', () => {
  it('is little for a straight way, and much for a turn that the window is wider than', () => {
    const straight = looksOf({ depth: 5, side: 0.1, height: 0, horizon: 0, depthRate: 0.2, sideRate: 0.3 });
    expect(unexplained(straight, 4, 0.35, 9)).toBeLessThan(0.1);
    const turning = straight.map((look) => ({ ...look, side: 0.4 * Math.abs(look.timeSeconds - 1) }));
    expect(unexplained(turning, 4, 0.35, 9)).toBeGreaterThan(4 * unexplained(turning, 0.3, 0.15, 9));
  });
  it('counts a look that saw something else once, and not by how far off it is', () => {
    const straight = looksOf({ depth: 5, side: 0.1, height: 0, horizon: 0, depthRate: 0, sideRate: 0 });
    const odd = straight.map((look, index) => (index === 10 ? { ...look, side: 40 } : look));
    expect(unexplained(odd, 0.1, 0.05, 9)).toBeLessThanOrEqual(9);
  });
  it('is infinite where there is nothing to compare', () => {
    expect(
      unexplained(
        looksOf({ depth: 5, side: 0, height: 0, horizon: 0, depthRate: 0, sideRate: 0 }).slice(0, 1),
        1,
        0.35,
        9,
      ),
    ).toBe(Number.POSITIVE_INFINITY);
  });
});
