import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutScenery } from '../../src/conditions/scenery.js';

const settings = { backgroundLogit: -4, evenShare: 0.25, sceneryMost: 0.5 };
const grid = { rows: 4, columns: 12 };
const places = grid.rows * grid.columns;

/** Looks of background with a logit at some places each, over the 4 rows of 12 columns. */
function looksOf(...looks: readonly Readonly<Record<number, number>>[]): Float32Array {
  return Float32Array.from(
    looks.flatMap((look) => Array.from({ length: places }, (_, place) => look[place] ?? -4)),
  );
}

/** The logits of one place, look by look. */
function at(place: number, logits: Float32Array): number[] {
  return Array.from({ length: logits.length / places }, (_, look) => logits[look * places + place]!);
}

describe('withoutScenery', () => {
  const chimney = 11;

  it('takes off what a place shows while the thing is elsewhere, in looks without the thing as well', () => {
    const looks = looksOf(
      { 0: 4, [chimney]: -1 },
      { 1: 4, [chimney]: -1 },
      { 2: 4, [chimney]: -1 },
      { [chimney]: -1 }, // gone: only the chimney is left, and is the clearest place
    );
    const cleared = withoutScenery(looks, grid, settings);
    // 3 above the background, less the share that is left at no excess: 1 / (1 + e^2) of them
    const left = -4 + 3 / (1 + Math.exp(2));
    for (const logit of at(chimney, cleared)) expect(logit).toBeCloseTo(left, 5);
    expect(at(0, cleared)).toEqual(at(0, looks));
    expect(at(1, cleared)).toEqual(at(1, looks));
  });

  it('leaves the thing whole where it passes the scenery', () => {
    const looks = looksOf(
      { 0: 4, [chimney]: -1 },
      { 1: 4, [chimney]: -1 },
      { 2: 4, [chimney]: -1 },
      { [chimney]: 4 },
    );
    const left = 4 - 3 / (1 + Math.exp((8 - 3 - 1) / 0.5));
    expect(at(chimney, withoutScenery(looks, grid, settings))[3]).toBeCloseTo(left, 5);
  });

  it('takes what shows half as much as the clearest place for another of the kind', () => {
    const other = (logit: number) =>
      looksOf({ 0: 4, [chimney]: logit }, { 1: 4, [chimney]: logit }, { 2: 4, [chimney]: logit });
    expect(withoutScenery(other(0.1), grid, settings)).toEqual(other(0.1));
    expect(at(chimney, withoutScenery(other(-0.1), grid, settings))[0]).toBeLessThan(-3);
    expect(at(chimney, withoutScenery(other(0.1), grid, { ...settings, sceneryMost: 0.6 }))[0]).toBeLessThan(
      -3,
    );
    expect(withoutScenery(other(-1), grid, { ...settings, sceneryMost: 0 })).toEqual(other(-1));
  });

  it('needs three looks elsewhere', () => {
    const look = { 0: 4, [chimney]: -1 };
    expect(withoutScenery(looksOf(look, look), grid, settings)).toEqual(looksOf(look, look));
    expect(at(chimney, withoutScenery(looksOf(look, look, look), grid, settings))[0]).toBeLessThan(-3);
  });

  it('takes what hangs together with the clearest place, and what lies two places beside it, for the thing', () => {
    // places 0 to 4 of the first row are lit; 6 is two beside them, 7 is three beside them
    const look = { 0: 4, 1: 0, 2: 0, 3: 0, 4: 0, 6: -2.5, 7: -2.5 };
    const cleared = withoutScenery(looksOf(look, look, look), grid, settings);
    expect(at(6, cleared)).toEqual([-2.5, -2.5, -2.5]);
    expect(at(4, cleared)).toEqual([0, 0, 0]);
    expect(at(7, cleared)[0]).toBeLessThan(-3.5);
  });

  it('does not take a row for the end of the one above it', () => {
    // the clearest place is the last of the first row; the first of the second row is far away
    const look = { 11: 4, 12: -1.5 };
    expect(at(12, withoutScenery(looksOf(look, look, look), grid, settings))[0]).toBeLessThan(-3);
  });

  it('learns nothing from looks that show the thing nowhere', () => {
    const faint = { [chimney]: -2.5 };
    const looks = looksOf({ 0: 4 }, faint, faint, faint, faint);
    expect(withoutScenery(looks, grid, settings)).toEqual(looks);
  });

  it('leaves a clip in which nothing rises above the background as it is', () => {
    const looks = looksOf({ 3: -4.5 }, {}, {});
    expect(withoutScenery(looks, grid, settings)).toBe(looks);
    expect(withoutScenery(new Float32Array(0), grid, settings)).toHaveLength(0);
  });

  it('raises nothing, and takes off at most the share that it is told', () => {
    // a clear thing somewhere in each of six looks at a row of 24, and scenery that stays as it is
    const columns = 24;
    const scenery = fc.array(fc.float({ min: -6, max: 6, noNaN: true }), {
      minLength: columns,
      maxLength: columns,
    });
    const way = fc.array(fc.nat(columns - 1), { minLength: 6, maxLength: 6 });
    let takenOff = 0;
    fc.assert(
      fc.property(scenery, way, fc.double({ min: 0, max: 1, noNaN: true }), (row, things, sceneryMost) => {
        const looks = Float32Array.from(
          things.flatMap((thing) => row.map((logit, place) => (place === thing ? 8 : logit))),
        );
        const cleared = withoutScenery(looks, { rows: 1, columns }, { ...settings, sceneryMost });
        const most = sceneryMost * (8 - settings.backgroundLogit);
        cleared.forEach((left, index) => {
          expect(left).toBeLessThanOrEqual(looks[index]!);
          expect(left).toBeGreaterThanOrEqual(looks[index]! - most - 1e-5); // 1e-5: single precision
          if (left < looks[index]! - 0.1) takenOff++;
        });
      }),
    );
    expect(takenOff).toBeGreaterThan(0);
  });
});
