/** @file A model that does not fit its weights is told of all of them at once. */
import { describe, expect, test } from 'vitest';
import { FoleyError } from '../../src/errors/foley-error.js';
import { tensor } from '../../src/graph/index.js';
import { tellEveryFault } from '../../src/weights/every-fault.js';
import { constantParameters, type Parameters } from '../../src/weights/parameters.js';

const parts = (names: readonly string[]): Parameters =>
  constantParameters(new Map(names.map((name) => [name, tensor([2], new Float32Array(2))])));
const build = ({ one, two }: { one: Parameters; two: Parameters | null }): void => {
  for (const name of ['a.weight', 'b.weight', 'c.weight']) one.get(name, [2]);
  two?.get('d.weight', [3]);
};
const faultOf = (one: Parameters, two: Parameters | null): FoleyError | null => {
  try {
    tellEveryFault({ one, two }, build);
    return null;
  } catch (error) {
    if (error instanceof FoleyError) return error;
    throw error;
  }
};

describe('what does not fit', () => {
  test('is nothing where everything is there', () => {
    expect(faultOf(parts(['a.weight', 'b.weight', 'c.weight']), null)).toBeNull();
  });

  test('is named once where it is one', () => {
    const error = faultOf(parts(['a.weight', 'c.weight']), null);
    expect(error?.message).toBe('there is no parameter b.weight');
  });

  test('is named in full over all parts, missing and misshapen alike', () => {
    const error = faultOf(parts(['b.weight']), parts(['d.weight']));
    expect(error).toMatchObject({ code: 'weights-invalid', hint: expect.stringContaining('model') });
    expect(error?.message).toBe(
      'there is no parameter a.weight; 3 parameters do not fit: a.weight, c.weight, d.weight',
    );
  });

  test('leaves errors of another kind alone', () => {
    const broken = () => {
      throw new RangeError('no');
    };
    expect(() => tellEveryFault({ one: parts([]) }, broken)).toThrow(RangeError);
  });
});
