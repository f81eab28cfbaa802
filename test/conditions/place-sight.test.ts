import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlaceEmbeddings } from '../../src/conditions/frame-embeddings.js';
import { motionOf, placeLogits, presenceAt } from '../../src/conditions/place-sight.js';

const settings = {
  areaFactor: 1,
  areaExponent: 1,
  backgroundLogit: -4,
  evenShare: 0.25,
  evenPlaceShare: 0.3,
  placeSharpness: 2,
  leastClearest: -2,
  sceneryMost: 0,
};

/** A grid of 3 x 3 with one number a place: the logit itself, with a label of 1 and a bias of 0. */
function gridsOf(...grids: readonly (readonly number[])[]): PlaceEmbeddings {
  return {
    timesSeconds: Float64Array.from(grids, (_, index) => index / 8),
    rows: 3,
    columns: 3,
    width: 1,
    values: Float32Array.from(grids.flat()),
  };
}

const label = Float32Array.of(1, 0);
const nothing = Array.from({ length: 9 }, () => -6);

describe('placeLogits', () => {
  it('is the product with the label plus its bias', () => {
    const places = { ...gridsOf(nothing), width: 3, values: Float32Array.from({ length: 27 }, (_, i) => i) };
    const logits = placeLogits(places, Float32Array.of(1, -1, 2, 0.5));
    expect([...logits.subarray(0, 2)]).toEqual([0 - 1 + 4 + 0.5, 3 - 4 + 10 + 0.5]);
    expect(logits).toHaveLength(9);
  });

  it('refuses a label of another space', () => {
    expect(() => placeLogits(gridsOf(nothing), Float32Array.of(1, 2, 3))).toThrow(/width 2 .* width 1/);
  });
});

describe('motionOf', () => {
  it('follows a thing from left to right, and knows when it is gone', () => {
    const at = (place: number) => nothing.map((value, index) => (index === place ? 3 : value));
    const motion = motionOf(gridsOf(nothing, at(3), at(4), at(5), nothing), label, settings);
    expect(motion.presence.map((value) => value > 0.5)).toEqual([false, true, true, true, false]);
    const [, left, middle, right] = motion.position as [number, number, number, number];
    expect(left).toBeLessThan(-0.5);
    expect(Math.abs(middle)).toBeLessThan(1e-6);
    expect(right).toBeGreaterThan(0.5);
  });

  it('knows how high it is', () => {
    const at = (place: number) => nothing.map((value, index) => (index === place ? 3 : value));
    const { height } = motionOf(gridsOf(at(1), at(4), at(7), nothing), label, settings);
    expect(height![0]).toBeGreaterThan(0.5);
    expect(Math.abs(height![1]!)).toBeLessThan(1e-6);
    expect(height![2]).toBeLessThan(-0.5);
  });

  it('grows with the places that are covered', () => {
    const covered = (count: number) => nothing.map((value, index) => (index < count ? 3 : value));
    const { size } = motionOf(gridsOf(covered(1), covered(3), covered(9)), label, settings);
    expect(size[0]).toBeCloseTo(1 / 9, 1);
    expect(size[1]).toBeCloseTo(3 / 9, 1);
    expect(size[2]).toBeGreaterThan(0.95);
  });

  it('takes off what background itself would count for, so that much of it does not make a thing larger', () => {
    const background = nothing.map(() => settings.backgroundLogit);
    const alone = background.map((value, index) => (index === 8 ? 3 : value));
    const { size, position } = motionOf(gridsOf(alone, background), label, settings);
    expect(size[0]).toBeCloseTo(1 / 9, 2);
    expect(position[0]).toBeCloseTo(2 / 3, 6); // the middle of the last of three columns
    expect([size[1], position[1]]).toEqual([0, 0]);
  });

  it('makes the covered area of the found one as it is told to', () => {
    const covered = (count: number) => nothing.map((value, index) => (index < count ? 3 : value));
    const grids = gridsOf(covered(1), covered(3), covered(9));
    const found = motionOf(grids, label, settings).size;
    const told = motionOf(grids, label, { ...settings, areaFactor: 4, areaExponent: 2 }).size;
    expect(told).toEqual(found.map((area) => Math.min(1, 4 * area ** 2)));
  });

  it('finds nowhere what is nowhere clear, though one picture is clearer than the others', () => {
    const faint = nothing.map((value, index) => (index === 4 ? -2.5 : value));
    const { presence } = motionOf(gridsOf(nothing, faint, nothing), label, settings);
    expect(Math.max(...presence)).toBeLessThan(0.5);
  });

  it('takes a hidden thing for gone when it is much fainter than at its clearest', () => {
    const clear = nothing.map((value, index) => (index === 4 ? 6 : value));
    const faint = nothing.map((value, index) => (index === 4 ? -1.8 : value));
    const { presence } = motionOf(gridsOf(clear, faint), label, settings);
    expect(presence[0]).toBeGreaterThan(0.9);
    expect(presence[1]).toBeLessThan(0.5);
    expect(motionOf(gridsOf(faint, faint), label, settings).presence[1]).toBeGreaterThan(0.5);
  });

  it('leaves out scenery that looks like the thing', () => {
    const row = (lit: Readonly<Record<number, number>>) =>
      Array.from({ length: 12 }, (_, place) => lit[place] ?? -6);
    const looks = [row({ 0: 3, 11: -1 }), row({ 1: 3, 11: -1 }), row({ 2: 3, 11: -1 }), row({ 11: -1 })];
    const places = { ...gridsOf(...looks), rows: 1, columns: 12 };
    const seen = (sceneryMost: number) => motionOf(places, label, { ...settings, sceneryMost });
    expect(seen(0.5).presence.map((value) => value > 0.5)).toEqual([true, true, true, false]);
    expect(seen(0).presence[3]).toBeGreaterThan(0.5);
    expect(seen(0.5).position[0]).toBeCloseTo(1 / 12 - 1, 1); // the middle of the first of twelve
    expect(seen(0).position[0]).toBeGreaterThan(-0.8);
  });

  it('stays within its ranges', () => {
    const grid = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(fc.array(grid, { minLength: 1, maxLength: 5 }), (grids) => {
        const { presence, size, position } = motionOf(gridsOf(...grids), label, settings);
        for (const share of [...presence, ...size]) {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(1);
        }
        for (const place of position) expect(Math.abs(place)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('presenceAt', () => {
  it('lies on the line between its neighbours and is held outside', () => {
    const motion = { timesSeconds: [1, 2], presence: [0.2, 0.6], size: [0.1, 0.1], position: [0, 0] };
    const found = presenceAt(motion, [0, 1, 1.25, 2, 5]);
    [0.2, 0.2, 0.3, 0.6, 0.6].forEach((value, index) => {
      expect(found[index]).toBeCloseTo(value, 6);
    });
  });
});
