import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTiming, serializeTiming, timingFormat } from '../../src/conditions/index.js';
import { FoleyError } from '../../src/errors/foley-error.js';

const good = {
  format: timingFormat,
  label: 'dog barking',
  durationSeconds: 2,
  spans: [
    { startSeconds: 0.5, endSeconds: 1 },
    { startSeconds: 1.5, endSeconds: 2 },
  ],
};
const rejection = (value: unknown): FoleyError => {
  try {
    parseTiming(typeof value === 'string' ? value : JSON.stringify(value), 'my.json');
  } catch (thrown) {
    if (thrown instanceof FoleyError) return thrown;
    throw thrown;
  }
  throw new Error('was accepted');
};

describe('timing files', () => {
  it('need no curve', () => {
    expect(parseTiming(JSON.stringify(good), 'my.json')).toMatchObject({
      spans: good.spans,
      similarity: [],
      timesSeconds: [],
    });
  });

  it('come back as they were written', () => {
    const timing = fc
      .uniqueArray(fc.double({ min: 0, max: 500, noNaN: true, noDefaultInfinity: true }), { maxLength: 20 })
      .chain((points) => {
        const sorted = points.map((point) => (Object.is(point, -0) ? 0 : point)).sort((a, b) => a - b);
        const pairs = Array.from({ length: Math.floor(sorted.length / 2) }, (_, index) => ({
          startSeconds: sorted[2 * index]!,
          endSeconds: sorted[2 * index + 1]!,
        })).filter((span) => span.endSeconds > span.startSeconds);
        return fc.record({
          label: fc.string({ minLength: 1 }),
          durationSeconds: fc.constant(500),
          spans: fc.constant(pairs),
          timesSeconds: fc.constant(sorted),
          similarity: fc.constant(sorted.map((value) => value / 500)),
        });
      });
    fc.assert(
      fc.property(timing, (value) => {
        expect(parseTiming(serializeTiming(value), 'x')).toEqual(value);
      }),
    );
  });

  const motion = { timesSeconds: [0, 0.5], presence: [1, 0.2], size: [0.000123, 1], position: [-1, 0.25] };
  it('keep the motion, and say where it is wrong', () => {
    const timing = { ...good, timesSeconds: [], similarity: [], motion };
    const { format: _, ...curve } = timing;
    expect(parseTiming(serializeTiming(curve), 'x')).toEqual(curve);
    const broken = (change: object) => () =>
      parseTiming(JSON.stringify({ ...timing, motion: { ...motion, ...change } }), 'my.json');
    expect(broken({ size: [1] })).toThrow('my.json: motion.size: has 1 values for 2 times');
    expect(broken({ position: [0, 2] })).toThrow('my.json: motion.position[1]: ');
    expect(broken({ sizes: [] })).toThrow('my.json: motion: ');
  });

  it.each<[string, unknown, RegExp]>([
    ['no JSON', 'spans: 1', /my\.json: is not JSON/],
    ['a list', [], /my\.json: /],
    ['another format', { ...good, format: 'srt' }, /my\.json: format/],
    ['a missing label', { ...good, label: undefined }, /my\.json: label/],
    ['an unknown field', { ...good, treshold: 1 }, /treshold/],
    [
      'text for a number',
      { ...good, spans: [{ startSeconds: '1', endSeconds: 2 }] },
      /spans\[0\]\.startSeconds/,
    ],
    [
      'a span that ends before it starts',
      { ...good, spans: [{ startSeconds: 1, endSeconds: 0.5 }] },
      /spans\[0\]\.endSeconds: must come after/,
    ],
    ['overlapping spans', { ...good, spans: [good.spans[1], good.spans[0]] }, /spans\[1\]\.startSeconds/],
    ['a span past the end', { ...good, durationSeconds: 1.8 }, /spans\[1\]\.endSeconds: lies past/],
    [
      'a negative time',
      { ...good, spans: [{ startSeconds: -1, endSeconds: 0.5 }] },
      /spans\[0\]\.startSeconds/,
    ],
    [
      'an endless number',
      '{"format":"smooth-foley.timing/1","label":"a","durationSeconds":1e999,"spans":[]}',
      /durationSeconds/,
    ],
    ['a curve without times', { ...good, similarity: [0.5] }, /similarity: has 1 values for 0 times/],
    ['a similarity above 1', { ...good, timesSeconds: [0], similarity: [1.5] }, /similarity\[0\]/],
    ['times out of order', { ...good, timesSeconds: [1, 0], similarity: [0, 0] }, /timesSeconds\[1\]/],
  ])('rejects %s by file and field', (_, value, message) => {
    const error = rejection(value);
    expect(error.code).toBe('input-rejected');
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
    expect(error.hint).toContain('--save-timing');
  });
});
