import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shownAs } from '../../src/training/shown-as.js';

const width = 3;
const rows = fc
  .array(fc.array(fc.integer({ min: -8, max: 8 }), { minLength: width, maxLength: width }), {
    minLength: 1,
    maxLength: 9,
  })
  .map((list) => Float32Array.from(list.flat()));

function frames(data: Float32Array): number[][] {
  return Array.from({ length: data.length / width }, (_, row) => [
    ...data.subarray(row * width, (row + 1) * width),
  ]);
}
const lengthOf = (frame: readonly number[]) => Math.hypot(...frame);

describe('shownAs', () => {
  it('takes the frame in which as much is seen', () => {
    const own = Float32Array.of(0, 5, 0, 0, 0, 1);
    const other = Float32Array.of(1, 0, 0, 4.5, 0, 0, 20, 0, 0);
    expect(frames(shownAs(own, other, width))).toEqual([
      [5, 0, 0],
      [1, 0, 0],
    ]);
  });

  it('keeps every length, and shows nothing where nothing was seen', () => {
    fc.assert(
      fc.property(rows, rows, (own, other) => {
        const shown = frames(shownAs(own, other, width));
        const blank = frames(other).every((frame) => lengthOf(frame) === 0);
        frames(own).forEach((frame, index) => {
          const length = lengthOf(shown[index]!);
          if (blank) expect(length).toBe(0);
          else if (length > 0 || lengthOf(frame) === 0) expect(length).toBeCloseTo(lengthOf(frame), 4);
          else expect(frames(other).some((one) => lengthOf(one) === 0)).toBe(true); // the nearest showed nothing
        });
      }),
    );
  });

  it('shown as itself, a scene stays what it is', () => {
    fc.assert(
      fc.property(rows, (own) => {
        const ownLengths = frames(own).map(lengthOf);
        fc.pre(new Set(ownLengths).size === ownLengths.length);
        frames(shownAs(own, own, width)).forEach((frame, index) => {
          frame.forEach((value, i) => {
            expect(value).toBeCloseTo(own[index * width + i]!, 5);
          });
        });
      }),
    );
  });
});
